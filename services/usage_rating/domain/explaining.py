"""Says in words how a call got its price, from the certificate alone; for people who check a bill.

Each explanation is a list of steps: what was looked at, a sentence, and the amount it came to where there is one.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from contracts.values.money import EXACT
from services.usage_rating.domain.rating import UnrateableReason
from services.usage_rating.domain.rating_uses import NoPriceReason

_DIRECTIONS = {"outbound": "Outbound call", "inbound": "Inbound call", "internal": "Call between own extensions"}
_CHANNELS = {
    "manual": "dialled by hand",
    "click_to_call": "dialled by a click",
    "dialer": "dialled by the dialer",
    "queue_callback": "a callback from a queue",
    "inbound": "",
}
_ROUNDING = {
    "half_up": "rounded half away from zero",
    "half_even": "rounded half to even",
    "up": "rounded up",
    "down": "rounded down",
}
_NUMBER_TYPES = {
    "local": "a local number",
    "national": "a national number",
    "toll_free": "a toll-free number",
    "mobile": "a mobile number",
}
_SHOWN_DECIMALS = 12

WAITS: Mapping[str, str] = {
    "unknown_account": "The account is not known here yet: its directory must be imported first.",
    "plan_in_another_currency": "Its plan is in another currency than the account: activate one in the account's.",
    UnrateableReason.NO_PLAN: "No plan was active for the account when the call was answered: activate one.",
    UnrateableReason.PLAN_NOT_EFFECTIVE: "The plan was not in force yet when the call was answered.",
    UnrateableReason.NO_PREFIX: "The plan has no price for the number called: add its prefix in a new version.",
    UnrateableReason.NO_INBOUND_PRICE: "The plan has no price for this inbound call: add one in a new version.",
    UnrateableReason.DESTINATION_REFUSED: "The plan refuses calls to this number, and here is one: find out why it "
    "was let through, and give it a price or void it.",
    UnrateableReason.NO_WINDOW: "The price is one by time of day, and none was set for a part of the call.",
    NoPriceReason.NO_CHANNEL: "The plan has no price for messages of this channel: add it in a new version.",
    NoPriceReason.NO_PREFIX: "The plan has no price for messages to this number: add its prefix in a new version.",
    NoPriceReason.NO_INBOUND_PRICE: "The plan has no price for messages that come in: add one in a new version.",
    NoPriceReason.NO_DETECTION_PRICE: "The plan has no price for machine detection: add one in a new version.",
    NoPriceReason.NO_RECORDING_PRICE: "The plan has no price for recordings: add one in a new version.",
    NoPriceReason.NO_ANALYTICS_PRICE: "The plan has no price for speech analytics: add one in a new version.",
    NoPriceReason.NO_METER: "The plan has no price for this meter: add it in a new version.",
    UnrateableReason.OTHER_PARTY_WITHHELD: "The number called is not in the record, so that no price can be found.",
    UnrateableReason.OTHER_PARTY_INTERNAL: "The number called is an extension, though the call is said to go out.",
}
"""What a reason to wait means, and what to do."""


class Explained(NamedTuple):
    """One step. value: the amount it came to, as text; None where it is no amount."""

    step: str
    says: str
    value: str | None = None


def explain_call(data: Mapping[str, Any], zone: ZoneInfo) -> list[Explained]:
    """The steps from a call to its amount. data: of a rated use, as published; zone: in which times are told."""
    certificate, currency = data["certificate"], data["currency"]
    steps = [_the_call(data, zone)]
    if "plan_id" not in certificate:
        return [*steps, _free(data, currency)]
    steps.append(the_plan(certificate))
    steps.append(_the_price(certificate, data, currency))
    steps.extend(_the_seconds(certificate, currency))
    steps.extend(_additions(certificate, currency))
    steps.append(the_rounding(certificate, data["amount"], currency))
    return steps


def seconds_in_words(seconds: int) -> str:
    """`1 h 2 min 5 s`, without what is zero; `0 s` for nothing."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "min"), (left, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"


def _the_call(data: Mapping[str, Any], zone: ZoneInfo) -> Explained:
    at = datetime.fromisoformat(data["occurred_at"]).astimezone(zone)
    how = _CHANNELS.get(data["channel"], data["channel"])
    kind = ", ".join(part for part in (_DIRECTIONS[data["direction"]], how) if part)
    answered = data["certificate"]["charged_duration"] != "none"
    began = "answered" if answered else "begun"
    duration_ms = abs(data["duration_ms"])
    lasted = f", {_exact_seconds(duration_ms)} to be charged" if answered else ", answered by nobody"
    by = " (as the platform says)" if data["certificate"]["charged_duration"] == "billable_duration" else ""
    return Explained("call", f"{kind}, {began} on {at:%d %B %Y at %H:%M:%S} ({zone.key}){lasted}{by}.")


def _exact_seconds(duration_ms: int) -> str:
    words = seconds_in_words(-(-duration_ms // 1000))
    return words if duration_ms % 1000 == 0 else f"{words} (from {duration_ms:,} ms, begun seconds count whole)"


def _free(data: Mapping[str, Any], currency: str) -> Explained:
    if data["certificate"]["charged_duration"] == "none":
        says = "A call that nobody answered costs nothing."
    elif data["direction"] == "internal":
        says = "A call between own extensions costs nothing: the plan states no price of such calls."
    else:
        says = "A call of no duration costs nothing."
    return Explained("free", says, f"{data['amount']} {currency}")


def the_plan(certificate: Mapping[str, Any]) -> Explained:
    """Which plan version priced it."""
    return Explained("plan", f"Priced by plan {certificate['plan_id']}, version {certificate['plan_version']}.")


def _the_price(certificate: Mapping[str, Any], data: Mapping[str, Any], currency: str) -> Explained:
    price = f"{plain(certificate['per_minute'])} {currency} a minute"
    prefix, destination = certificate.get("prefix"), certificate.get("destination")
    dialled = _NUMBER_TYPES.get(certificate.get("number_type", ""))
    if data["direction"] == "internal" or certificate.get("to_own_number"):
        found = "Calls between own numbers have a price of their own"
    elif data["direction"] == "outbound":
        found = f"The number called begins with {prefix} ({destination}), the longest prefix that fits"
    elif prefix is not None:
        found = f"The caller's number begins with {prefix} ({destination})"
    else:
        found = "Inbound calls have one price"
    if dialled is not None and data["direction"] == "inbound":
        found += f"; the number dialled is {dialled}"
    windows = [step["window"] for step in certificate.get("steps", ()) if "window" in step]
    first = certificate["steps"][0].get("window") if certificate.get("steps") else None
    at = f" in {first!r}, when it was answered" if windows and first else ""
    return Explained("price", f"{found}: {price}{at}.")


def _the_seconds(certificate: Mapping[str, Any], currency: str) -> Iterator[Explained]:
    billed_s = abs(certificate["billed_s"])
    initial, increment = certificate["initial_increment_s"], certificate["increment_s"]
    how = "every begun second" if increment == 1 else f"every begun {increment} s"
    first = "" if initial == increment else f"the first {initial} s whole, then "
    least = certificate["minimum_s"]
    minimum = f" A call counts as {least} s at least." if least else ""
    yield Explained("increments", f"Billed {first}{how}: {seconds_in_words(billed_s)}.{minimum}")
    steps = certificate.get("steps") or [{"seconds": billed_s, "per_minute": certificate["per_minute"]}]
    for step in steps:
        cost = EXACT.divide(Decimal(step["per_minute"]) * step["seconds"], Decimal(60))
        window = f" in {step['window']!r}" if "window" in step else ""
        after = f" from {seconds_in_words(step['from_s'])} on" if step.get("from_s") else ""
        price = f"{plain(step['per_minute'])} {currency} a minute"
        says = f"{seconds_in_words(step['seconds'])}{after}{window} at {price}."
        yield Explained("use", says, f"{_cut(cost)} {currency}")


def _additions(certificate: Mapping[str, Any], currency: str) -> Iterator[Explained]:
    fee, minimum = Decimal(certificate["connection_fee"]), Decimal(certificate["minimum_charge"])
    if fee and certificate.get("connection_fee_as") == "minimum_cost":
        yield Explained("fee", "The connection fee is the least that the use costs.", f"{plain(fee)} {currency}")
    elif fee:
        yield Explained("fee", "The connection fee is added, once a call.", f"{plain(fee)} {currency}")
    if minimum:
        yield Explained("minimum", "A call costs at least the minimum charge.", f"{plain(minimum)} {currency}")
    if certificate.get("capped"):
        says = "A call costs at most the cap of its price: beyond it, it went on for nothing."
        yield Explained("cap", says, f"{plain(certificate['cost_cap'])} {currency}")


def the_rounding(certificate: Mapping[str, Any], amount: str, currency: str) -> Explained:
    """What it came to before its one rounding, and after."""
    exact = _cut(Decimal(certificate["exact"]))
    how = _ROUNDING[certificate["rounding"]]
    says = f"Together {exact} {currency}, {how} once, at {certificate['scale']} decimals."
    return Explained("amount", says, f"{amount} {currency}")


def _cut(value: Decimal) -> str:
    """A value with at most 12 decimals shown; `…` where there are more."""
    shown = value.quantize(Decimal(1).scaleb(-_SHOWN_DECIMALS), context=EXACT)
    return plain(shown) if shown == value else f"{format(shown, 'f')}…"


def plain(value: Decimal | str) -> str:
    """Without trailing zeros beyond two decimals."""
    text = format(Decimal(value), "f")
    if "." not in text:
        return text
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals.ljust(2, '0')}" if decimals else whole
