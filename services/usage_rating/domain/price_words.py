"""Prices and settings of a plan in words that a billing clerk reads."""

import json

from services.usage_rating.domain.document import to_document
from services.usage_rating.domain.plan import CallersPrices, InboundPrices, RatePlan
from services.usage_rating.domain.prices import AnyPrice, ChannelPrice, Price, TimedPrice
from services.usage_rating.domain.reading import write_instant

REFUSED = "calls are refused"


def price_words(price: AnyPrice | None) -> str:
    """A price as one line; None is a refused destination."""
    match price:
        case None:
            return REFUSED
        case Price():
            return _simple(price)
        case TimedPrice(windows=windows, otherwise=otherwise):
            parts = [f"{window.name}: {_simple(one)}" for window, one in windows]
            return "; ".join(parts if otherwise is None else [*parts, f"otherwise: {_simple(otherwise)}"])
        case ChannelPrice(otherwise=usual, by_channel=by_channel):
            parts = [f"{channel}: {price_words(one)}" for channel, one in by_channel]
            return " | ".join([*parts, f"otherwise: {price_words(usual)}"])


def _simple(price: Price) -> str:
    said = [f"{price.per_minute:f}/min"]
    for band in price.later_bands:
        steps = "" if band.increment_s == price.increment_s else f" by {band.increment_s} s"
        said.append(f"{band.per_minute:f}/min from second {band.from_s}{steps}")
    said.append(f"{price.initial_increment_s}/{price.increment_s} s")
    if price.connection_fee and price.fee_as == "addition":
        said.append(f"{price.connection_fee:f} a call")
    elif price.connection_fee:
        said.append(f"use costs at least {price.connection_fee:f}")
    if price.minimum_s:
        said.append(f"at least {price.minimum_s} s")
    if price.minimum_charge:
        said.append(f"at least {price.minimum_charge:f}")
    if price.cost_cap is not None:
        said.append(f"at most {price.cost_cap.amount:f} ({price.cost_cap.strategy})")
    return ", ".join(said)


def settings_words(plan: RatePlan) -> dict[str, str]:
    """What a plan says besides the rates of outbound calls, by name; what it does not say is `none`."""
    document = to_document(plan)
    return {
        "name": plan.name,
        "currency": plan.currency,
        "effective_from": write_instant(plan.effective_from),
        "rounding": f"{plan.rounding.value} at {plan.scale} decimals",
        "time_zone": plan.time_zone,
        "holidays": ", ".join(document.get("holidays", ())) or "none",
        "windows": json.dumps(document["windows"], sort_keys=True) if "windows" in document else "none",
        "inbound": "none" if plan.inbound is None else _inbound(plan.inbound),
        "internal": "none" if plan.internal is None else price_words(plan.internal),
    }


def _inbound(inbound: InboundPrices) -> str:
    usual = [] if inbound.usual == CallersPrices() else [f"usual: {_callers(inbound.usual)}"]
    return " | ".join([*usual, *(f"{kind}: {_callers(prices)}" for kind, prices in inbound.by_number_type)])


def _callers(prices: CallersPrices) -> str:
    named = [f"from {rate.prefix} {price_words(rate.price)}" for rate in prices.by_caller]
    return "; ".join([*(() if prices.price is None else (price_words(prices.price),)), *named]) or "none"
