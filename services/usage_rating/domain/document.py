"""The plan document: one JSON shape, schema 1, in which a rate plan is stored, published and reviewed.

    {"schema": 1, "plan_id": "retail", "version": 1, "name": "Retail", "currency": "EUR",
     "effective_from": "2026-01-01T00:00:00Z", "rounding": {"mode": "half_up", "scale": 6},
     "calls": {
       "prices": {"p1": {"bands": [{"from_s": 0, "per_minute": "0.2"}], "connection_fee": "0.1",
                         "initial_increment_s": 30, "increment_s": 6, "minimum_s": 0, "minimum_charge": "0"}},
       "outbound": {"rates": [{"prefix": "49", "destination": "Germany", "country": "DE", "price": "p1",
                               "valid_from": "…", "valid_until": "…"}]},
       "inbound": {"price": "p1"}}}

Money is text, seconds are whole numbers. Prices are named and rates point to them, so that what a price can
say may grow (more bands, windows, caps) without touching 36,000 rates. The shape grows by new keys only, and
a reader refuses every key it does not know by name: a price with more to it is never rated as if it had less.
Keys that begin with `x-` are notes and are ignored.
"""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from contracts.values.money import CHARGE_SCALE, MINOR_UNITS, Rounding
from services.usage_rating.domain.fields import Fields
from services.usage_rating.domain.plan import Price, Rate, RatePlan, overlapping
from services.usage_rating.domain.problems import Problems
from services.usage_rating.domain.reading import write_instant

SCHEMA = 1

_MODES = tuple(mode.value for mode in Rounding)


def parse_document(document: Mapping[str, Any]) -> RatePlan | Problems:
    """The plan a document states, or everything that is wrong with it."""
    top = Fields(document)
    if document.get("schema") != SCHEMA or type(document["schema"]) is not int:
        top.refuse("schema", f"is not the schema known here: write {SCHEMA}")
        return Problems(items=tuple(top.problems))
    top.only("schema", "plan_id", "version", "name", "currency", "effective_from", "rounding", "calls")
    calls = top.nested("calls")
    calls.only("prices", "outbound", "inbound")
    prices = {name: _price(fields) for name, fields in calls.nested("prices", optional=True).objects()}
    inbound = _inbound(calls, prices)
    rates = _rates(calls, prices)
    rounding = top.nested("rounding", optional=True)
    rounding.only("mode", "scale")
    mode = rounding.choice("mode", _MODES, default=Rounding.HALF_UP.value)
    scale = rounding.whole("scale", most=CHARGE_SCALE, default=CHARGE_SCALE)
    plan_id, name = top.plan_id("plan_id"), top.name("name")
    version = top.whole("version", least=1, most=2**31 - 1)
    currency = top.choice("currency", MINOR_UNITS)
    effective_from = top.instant("effective_from")
    if top.problems or effective_from is None:
        return Problems(items=tuple(top.problems))
    return RatePlan(
        plan_id=plan_id,
        version=version,
        name=name,
        currency=currency,
        effective_from=effective_from,
        rates=rates,
        inbound=inbound,
        rounding=Rounding(mode),
        scale=scale,
    )


def to_document(plan: RatePlan) -> dict[str, Any]:
    """The document of a plan in its one canonical form.

    Rates stand in the order of (prefix, valid_from); prices are named p1, p2, … in the order of their first
    use, inbound first; a field at its default is not written, so that a later field with a default does not
    change the digest of the plans that came before it.
    """
    rates = sorted(plan.rates, key=lambda rate: (rate.prefix, str(rate.valid_from or "")))
    names: dict[Price, str] = {}
    for price in ([plan.inbound] if plan.inbound else []) + [rate.price for rate in rates]:
        names.setdefault(price, f"p{len(names) + 1}")
    calls: dict[str, Any] = {
        "prices": {name: _price_document(price) for price, name in names.items()},
        "outbound": {"rates": [_rate_document(rate, names[rate.price]) for rate in rates]},
    }
    if plan.inbound is not None:
        calls["inbound"] = {"price": names[plan.inbound]}
    return {
        "schema": SCHEMA,
        "plan_id": plan.plan_id,
        "version": plan.version,
        "name": plan.name,
        "currency": plan.currency,
        "effective_from": write_instant(plan.effective_from),
        "rounding": {"mode": plan.rounding.value, "scale": plan.scale},
        "calls": calls,
    }


def canonical_text(plan: RatePlan) -> str:
    """The canonical document as compact JSON with sorted keys."""
    return json.dumps(to_document(plan), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    """SHA-256 of a canonical text in hexadecimal: what a plan fact names."""
    return hashlib.sha256(text.encode()).hexdigest()


def _price(fields: Fields) -> Price:
    fields.only("bands", "connection_fee", "initial_increment_s", "increment_s", "minimum_s", "minimum_charge")
    increment_s = fields.seconds("increment_s", least=1)
    return Price(
        per_minute=_per_minute(fields),
        increment_s=increment_s,
        initial_increment_s=fields.seconds("initial_increment_s", least=1, default=increment_s),
        connection_fee=fields.price("connection_fee", default="0"),
        minimum_charge=fields.price("minimum_charge", default="0"),
        minimum_s=fields.seconds("minimum_s", default=0),
    )


def _per_minute(price: Fields) -> Decimal:
    bands = price.items("bands")
    if len(bands) != 1:
        price.refuse(
            "bands", "bands stand here: this version rates exactly one, from second 0 on", value=len(bands)
        )
        return Decimal(0)
    (band,) = bands
    band.only("from_s", "per_minute")
    band.whole("from_s", most=0)
    return band.price("per_minute")


def _inbound(calls: Fields, prices: Mapping[str, Price]) -> Price | None:
    if "inbound" not in calls:
        return None
    inbound = calls.nested("inbound")
    inbound.only("price")
    return prices.get(inbound.choice("price", prices))


def _rates(calls: Fields, prices: Mapping[str, Price]) -> tuple[Rate, ...]:
    if "outbound" not in calls:
        return ()
    outbound = calls.nested("outbound")
    outbound.only("rates")
    rates = [rate for fields in outbound.items("rates") if (rate := _rate(fields, prices)) is not None]
    for earlier, later in overlapping(rates):
        outbound.refuse(
            "rates",
            f"has two rates at the same time ({rates[earlier].destination}, {rates[later].destination}): "
            "remove one, or end one with valid_until before the other begins",
            value=rates[later].prefix,
        )
    return tuple(rates)


def _rate(fields: Fields, prices: Mapping[str, Price]) -> Rate | None:
    fields.only("prefix", "destination", "country", "price", "valid_from", "valid_until")
    price = prices.get(fields.choice("price", prices))
    valid_from = fields.instant("valid_from", optional=True)
    valid_until = fields.instant("valid_until", optional=True)
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        fields.refuse("valid_until", "is not after valid_from")
    prefix, destination, country = fields.prefix("prefix"), fields.name("destination"), fields.country("country")
    if price is None or not prefix:
        return None
    return Rate(
        prefix=prefix,
        destination=destination,
        country=country,
        price=price,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def _price_document(price: Price) -> dict[str, Any]:
    document: dict[str, Any] = {
        "bands": [{"from_s": 0, "per_minute": format(price.per_minute, "f")}],
        "increment_s": price.increment_s,
    }
    if price.initial_increment_s != price.increment_s:
        document["initial_increment_s"] = price.initial_increment_s
    if price.connection_fee:
        document["connection_fee"] = format(price.connection_fee, "f")
    if price.minimum_s:
        document["minimum_s"] = price.minimum_s
    if price.minimum_charge:
        document["minimum_charge"] = format(price.minimum_charge, "f")
    return document


def _rate_document(rate: Rate, price: str) -> dict[str, Any]:
    document: dict[str, Any] = {"prefix": rate.prefix, "destination": rate.destination, "price": price}
    if rate.country is not None:
        document["country"] = rate.country
    if rate.valid_from is not None:
        document["valid_from"] = write_instant(rate.valid_from)
    if rate.valid_until is not None:
        document["valid_until"] = write_instant(rate.valid_until)
    return document
