"""Reads a plan document: the plan it states, or everything that is wrong with it."""

from collections.abc import Mapping
from typing import Any, get_args

from contracts.values.money import CHARGE_SCALE, MINOR_UNITS, Rounding
from services.usage_rating.domain.document.prices import read_prices
from services.usage_rating.domain.document.windows import read_holidays, read_time_zone, read_windows
from services.usage_rating.domain.fields import Fields
from services.usage_rating.domain.plan import (
    CallersPrices,
    InboundPrices,
    NumberKind,
    Rate,
    RatePlan,
    overlapping,
)
from services.usage_rating.domain.prices import AnyPrice
from services.usage_rating.domain.problems import Problems
from services.usage_rating.domain.use_sections import USE_SECTIONS, read_uses

SCHEMA = 1

_MODES = tuple(mode.value for mode in Rounding)
_NUMBER_KINDS: tuple[NumberKind, ...] = get_args(NumberKind)


def parse_document(document: Mapping[str, Any]) -> RatePlan | Problems:
    """The plan a document states, or everything that is wrong with it."""
    top = Fields(document)
    if document.get("schema") != SCHEMA or type(document["schema"]) is not int:
        top.refuse("schema", f"is not the schema known here: write {SCHEMA}")
        return Problems(items=tuple(top.problems))
    top.only(
        *("schema", "plan_id", "version", "name", "currency", "effective_from", "rounding"),
        *("time_zone", "holidays", "windows", "calls", *USE_SECTIONS),
    )
    time_zone, holidays = read_time_zone(top), read_holidays(top)
    calls = top.nested("calls")
    calls.only("prices", "outbound", "inbound", "internal")
    prices = read_prices(calls.nested("prices", optional=True), read_windows(top))
    inbound, internal = _inbound(calls, prices), _internal(calls, prices)
    rates = _outbound(calls, prices)
    uses = read_uses(top)
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
        internal=internal,
        time_zone=time_zone,
        holidays=holidays,
        rounding=Rounding(mode),
        scale=scale,
        uses=uses,
    )


def _inbound(calls: Fields, prices: Mapping[str, AnyPrice]) -> InboundPrices | None:
    if "inbound" not in calls:
        return None
    inbound = calls.nested("inbound")
    inbound.only("price", "by_caller_prefix", "by_number_type")
    by_type = inbound.nested("by_number_type", optional=True)
    by_type.only(*_NUMBER_KINDS)
    typed = tuple((kind, _callers(by_type.nested(kind), prices)) for kind in _NUMBER_KINDS if kind in by_type)
    for _, fields in by_type.objects():
        fields.only("price", "by_caller_prefix")
    if not any(key in inbound for key in ("price", "by_caller_prefix", "by_number_type")):
        inbound.refuse("price", "is missing: say what inbound calls cost, or leave inbound out")
    return InboundPrices(usual=_callers(inbound, prices), by_number_type=typed)


def _callers(fields: Fields, prices: Mapping[str, AnyPrice]) -> CallersPrices:
    price = prices.get(fields.choice("price", prices)) if "price" in fields else None
    rates = _rates(fields, "by_caller_prefix", prices) if "by_caller_prefix" in fields else ()
    return CallersPrices(price=price, by_caller=() if fields.problems else rates)


def _internal(calls: Fields, prices: Mapping[str, AnyPrice]) -> AnyPrice | None:
    if "internal" not in calls:
        return None
    internal = calls.nested("internal")
    internal.only("price")
    return prices.get(internal.choice("price", prices))


def _outbound(calls: Fields, prices: Mapping[str, AnyPrice]) -> tuple[Rate, ...]:
    if "outbound" not in calls:
        return ()
    outbound = calls.nested("outbound")
    outbound.only("rates")
    return _rates(outbound, "rates", prices)


def _rates(above: Fields, key: str, prices: Mapping[str, AnyPrice]) -> tuple[Rate, ...]:
    rates = [rate for fields in above.items(key) if (rate := _rate(fields, prices)) is not None]
    for earlier, later in overlapping(rates):
        above.refuse(
            key,
            f"has two rates at the same time ({rates[earlier].destination}, {rates[later].destination}): "
            "remove one, or end one with valid_until before the other begins",
            value=rates[later].prefix,
        )
    return tuple(rates)


def _rate(fields: Fields, prices: Mapping[str, AnyPrice]) -> Rate | None:
    fields.only("prefix", "destination", "country", "price", "refused", "valid_from", "valid_until")
    refused = fields.flag("refused")
    price = None if refused else prices.get(fields.choice("price", prices))
    if refused and "price" in fields:
        fields.refuse("price", "stands beside refused: calls are refused or have a price")
    valid_from = fields.instant("valid_from", optional=True)
    valid_until = fields.instant("valid_until", optional=True)
    if valid_from is not None and valid_until is not None and valid_until <= valid_from:
        fields.refuse("valid_until", "is not after valid_from")
    prefix, destination, country = fields.prefix("prefix"), fields.name("destination"), fields.country("country")
    if not prefix or (price is None and not refused):
        return None
    return Rate(
        prefix=prefix,
        destination=destination,
        country=country,
        price=price,
        valid_from=valid_from,
        valid_until=valid_until,
    )
