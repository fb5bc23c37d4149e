"""Writes a plan as a document in its one canonical form, and the digest of it."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from services.usage_rating.domain.document.parsing import SCHEMA
from services.usage_rating.domain.plan import CallersPrices, InboundPrices, Rate, RatePlan, timed_among
from services.usage_rating.domain.prices import AnyPrice, ChannelPrice, Price, TimedPrice
from services.usage_rating.domain.reading import write_instant, write_minute
from services.usage_rating.domain.use_sections import write_uses
from services.usage_rating.domain.windows import HOLIDAY, WEEKDAYS, Window

_DAY_ORDER = [*WEEKDAYS, HOLIDAY]


def to_document(plan: RatePlan) -> dict[str, Any]:
    """The document of a plan in its one canonical form.

    Rates stand in the order of (prefix, valid_from); prices are named p1, p2, … in the order of their first
    use, inbound first; a field at its default is not written, so that a later field with a default does not
    change the digest of the plans that came before it.
    """
    rates = _ordered(plan.rates)
    names = _Names()
    for price in _used(plan, rates):
        names.add(price)
    calls: dict[str, Any] = {
        "prices": {name: _price_document(price, names) for name, price in names.named()},
        "outbound": {"rates": [_rate_document(rate, names) for rate in rates]},
    }
    if plan.inbound is not None:
        calls["inbound"] = _inbound_document(plan.inbound, names)
    if plan.internal is not None:
        calls["internal"] = {"price": names.of(plan.internal)}
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "plan_id": plan.plan_id,
        "version": plan.version,
        "name": plan.name,
        "currency": plan.currency,
        "effective_from": write_instant(plan.effective_from),
        "rounding": {"mode": plan.rounding.value, "scale": plan.scale},
        "calls": calls,
        **write_uses(plan.uses),
    }
    return document | _time_document(plan)


def canonical_text(plan: RatePlan) -> str:
    """The canonical document as compact JSON with sorted keys."""
    return json.dumps(to_document(plan), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    """SHA-256 of a canonical text in hexadecimal: what a plan fact names."""
    return hashlib.sha256(text.encode()).hexdigest()


class _Names:
    """Names of prices, p1 onwards as they are added; equal prices share one."""

    def __init__(self) -> None:
        self._names: dict[AnyPrice, str] = {}

    def add(self, price: AnyPrice) -> None:
        """Name a price, then those it chooses among."""
        if price in self._names:
            return
        self._names[price] = f"p{len(self._names) + 1}"
        for part in _parts(price):
            self.add(part)

    def of(self, price: AnyPrice) -> str:
        return self._names[price]

    def named(self) -> Iterable[tuple[str, AnyPrice]]:
        return [(name, price) for price, name in self._names.items()]


def _parts(price: AnyPrice) -> list[Price | TimedPrice]:
    match price:
        case TimedPrice(windows=windows, otherwise=otherwise):
            return [*(one for _, one in windows), *(() if otherwise is None else (otherwise,))]
        case ChannelPrice(otherwise=usual, by_channel=by_channel):
            return [usual, *(one for _, one in by_channel)]
        case Price():
            return []


def _used(plan: RatePlan, rates: list[Rate]) -> Iterable[AnyPrice]:
    if plan.inbound is not None:
        for prices in (plan.inbound.usual, *(prices for _, prices in plan.inbound.by_number_type)):
            yield from () if prices.price is None else (prices.price,)
            yield from (rate.price for rate in _ordered(prices.by_caller) if rate.price is not None)
    if plan.internal is not None:
        yield plan.internal
    yield from (rate.price for rate in rates if rate.price is not None)


def _ordered(rates: Iterable[Rate]) -> list[Rate]:
    return sorted(rates, key=lambda rate: (rate.prefix, str(rate.valid_from or "")))


def _time_document(plan: RatePlan) -> dict[str, Any]:
    """Zone, holidays and windows, where the plan has any."""
    document: dict[str, Any] = {}
    windows = {window.name: window for timed in timed_among(plan.all_prices()) for window, _ in timed.windows}
    if windows:
        document["windows"] = {name: _window_document(window) for name, window in windows.items()}
    if windows or plan.time_zone != "UTC":
        document["time_zone"] = plan.time_zone
    days = [day.isoformat() for day in sorted(plan.holidays.dates)]
    if days or plan.holidays.yearly:
        document["holidays"] = days + [f"{month:02}-{day:02}" for month, day in sorted(plan.holidays.yearly)]
    return document


def _window_document(window: Window) -> dict[str, Any]:
    spans = [
        {
            "days": sorted(span.days, key=_DAY_ORDER.index),
            "from": write_minute(span.from_minute),
            "until": write_minute(span.until_minute),
        }
        for span in window.spans
    ]
    return {"spans": spans, **({"weight": window.weight} if window.weight else {})}


def _price_document(price: AnyPrice, names: _Names) -> dict[str, Any]:
    match price:
        case Price():
            return _simple_document(price)
        case TimedPrice(windows=windows, otherwise=otherwise):
            document: dict[str, Any] = {
                "windows": [{"window": window.name, "price": names.of(one)} for window, one in windows]
            }
            return document if otherwise is None else document | {"otherwise": names.of(otherwise)}
        case ChannelPrice(otherwise=usual, by_channel=by_channel):
            chosen = {channel: names.of(one) for channel, one in by_channel}
            return {"by_channel": chosen, "otherwise": names.of(usual)}


def _simple_document(price: Price) -> dict[str, Any]:
    bands: list[dict[str, Any]] = [{"from_s": 0, "per_minute": format(price.per_minute, "f")}]
    for band in price.later_bands:
        bands.append({"from_s": band.from_s, "per_minute": format(band.per_minute, "f")})
        if band.increment_s != price.increment_s:
            bands[-1]["increment_s"] = band.increment_s
    document: dict[str, Any] = {"bands": bands, "increment_s": price.increment_s}
    if price.initial_increment_s != price.increment_s:
        document["initial_increment_s"] = price.initial_increment_s
    if price.connection_fee:
        document["connection_fee"] = format(price.connection_fee, "f")
    if price.fee_as != "addition":
        document["connection_fee_as"] = price.fee_as
    if price.minimum_s:
        document["minimum_s"] = price.minimum_s
    if price.minimum_charge:
        document["minimum_charge"] = format(price.minimum_charge, "f")
    if price.cost_cap is not None:
        cap = price.cost_cap
        document["cost_cap"] = {"amount": format(cap.amount, "f"), "strategy": cap.strategy}
    return document


def _inbound_document(inbound: InboundPrices, names: _Names) -> dict[str, Any]:
    document = _callers_document(inbound.usual, names)
    if inbound.by_number_type:
        document["by_number_type"] = {
            kind: _callers_document(prices, names) for kind, prices in inbound.by_number_type
        }
    return document


def _callers_document(prices: CallersPrices, names: _Names) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if prices.price is not None:
        document["price"] = names.of(prices.price)
    if prices.by_caller:
        document["by_caller_prefix"] = [_rate_document(rate, names) for rate in _ordered(prices.by_caller)]
    return document


def _rate_document(rate: Rate, names: _Names) -> dict[str, Any]:
    document: dict[str, Any] = {"prefix": rate.prefix, "destination": rate.destination}
    if rate.price is None:
        document["refused"] = True
    else:
        document["price"] = names.of(rate.price)
    if rate.country is not None:
        document["country"] = rate.country
    if rate.valid_from is not None:
        document["valid_from"] = write_instant(rate.valid_from)
    if rate.valid_until is not None:
        document["valid_until"] = write_instant(rate.valid_until)
    return document
