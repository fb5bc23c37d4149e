"""Says in words how a use that is no call got its price, from the certificate alone."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from services.usage_rating.domain.explaining import (
    Explained,
    explain_call,
    plain,
    seconds_in_words,
    the_plan,
    the_rounding,
)

_CALLED = {
    "message": "Message",
    "detection": "Answering machine detection",
    "recording": "Recording",
    "analytics": "Speech analytics",
    "metered": "Use of the meter",
}


def explain(data: Mapping[str, Any], zone: ZoneInfo) -> list[Explained]:
    """The steps from any use to its amount. data: of a rated use, as published; zone: in which times are told."""
    return explain_call(data, zone) if data["category"] == "call" else _explain_use(data, zone)


def _explain_use(data: Mapping[str, Any], zone: ZoneInfo) -> list[Explained]:
    certificate, currency = data["certificate"], data["currency"]
    price = _by_quantity if "unit_price" in certificate else _by_minutes
    return [
        _the_use(data, zone),
        the_plan(certificate),
        price(data, currency),
        the_rounding(certificate, data["amount"], currency),
    ]


def _the_use(data: Mapping[str, Any], zone: ZoneInfo) -> Explained:
    at = datetime.fromisoformat(data["occurred_at"]).astimezone(zone)
    called = _CALLED[data["category"]]
    of = {"message": data.get("channel"), "metered": data.get("meter")}.get(data["category"])
    named = f"{called} {of}" if of else called
    return Explained("use", f"{named}, on {at:%d %B %Y at %H:%M:%S} ({zone.key}).")


def _by_quantity(data: Mapping[str, Any], currency: str) -> Explained:
    certificate = data["certificate"]
    quantity, price = certificate["quantity"], f"{plain(certificate['unit_price'])} {currency}"
    if "segments" in certificate:
        counted = f"{certificate['segments']} segments of text"
    elif data["category"] == "metered":
        counted = f"{plain_quantity(quantity)} units"
    else:
        counted = f"{plain_quantity(quantity)} counted"
    found = ""
    if certificate.get("prefix") is not None:
        found = f"The number begins with {certificate['prefix']} ({certificate['destination']}): "
    return Explained("price", f"{found}{counted} at {price} each.")


def _by_minutes(data: Mapping[str, Any], currency: str) -> Explained:
    price = f"{plain(data['certificate']['per_minute'])} {currency} a minute"
    return Explained("price", f"{seconds_in_words(abs(data['billed_s']))} billed at {price}.")


def plain_quantity(quantity: str) -> str:
    """Without trailing zeros."""
    text = format(Decimal(quantity), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
