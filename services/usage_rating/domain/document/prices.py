"""Reads the named prices of a document: bands, prices by window, prices by channel."""

from collections.abc import Mapping
from decimal import Decimal
from typing import get_args

from services.usage_rating.domain.fields import Fields
from services.usage_rating.domain.prices import (
    AnyPrice,
    Band,
    CapStrategy,
    Channel,
    ChannelPrice,
    CostCap,
    FeeAs,
    Price,
    TimedPrice,
)
from services.usage_rating.domain.reading import write_minute
from services.usage_rating.domain.windows import Window, contested, gaps

_CHANNELS: tuple[Channel, ...] = get_args(Channel)
_FEES: tuple[FeeAs, ...] = get_args(FeeAs)
_STRATEGIES: tuple[CapStrategy, ...] = get_args(CapStrategy)


def read_prices(named: Fields, windows: Mapping[str, Window]) -> dict[str, AnyPrice]:
    """Every price under its name. A price by time chooses among prices, one by channel among both."""
    simple: dict[str, Price] = {}
    timed: dict[str, TimedPrice] = {}
    by_channel: dict[str, ChannelPrice] = {}
    objects = list(named.objects())
    for name, fields in objects:
        if "windows" not in fields and "by_channel" not in fields:
            simple[name] = _price(fields)
    for name, fields in objects:
        if "windows" in fields:
            timed[name] = _timed(fields, simple, windows)
    for name, fields in objects:
        if "by_channel" in fields and name not in timed:
            by_channel[name] = _by_channel(fields, {**simple, **timed})
    return {name: price for group in (simple, timed, by_channel) for name, price in group.items()}


def _price(fields: Fields) -> Price:
    fields.only(
        "bands",
        "connection_fee",
        "connection_fee_as",
        "initial_increment_s",
        "increment_s",
        "minimum_s",
        "minimum_charge",
        "cost_cap",
    )
    increment_s = fields.seconds("increment_s", least=1)
    per_minute, later = _bands(fields, increment_s)
    minimum = fields.price("minimum_charge", default="0")
    cap = _cost_cap(fields)
    if cap is not None and cap.amount < minimum:
        fields.refuse("cost_cap", "is less than minimum_charge: no call could cost both")
    fee_as = fields.choice("connection_fee_as", _FEES, default="addition")
    return Price(
        per_minute=per_minute,
        increment_s=increment_s,
        initial_increment_s=fields.seconds("initial_increment_s", least=1, default=increment_s),
        connection_fee=fields.price("connection_fee", default="0"),
        minimum_charge=minimum,
        minimum_s=fields.seconds("minimum_s", default=0),
        later_bands=later,
        fee_as="minimum_cost" if fee_as == "minimum_cost" else "addition",
        cost_cap=cap,
    )


def _bands(price: Fields, increment_s: int) -> tuple[Decimal, tuple[Band, ...]]:
    """What a minute costs at first, and the bands after it."""
    bands = price.items("bands")
    if not bands:
        price.refuse("bands", "is empty: write at least the band from second 0")
        return Decimal(0), ()
    first, *others = bands
    first.only("from_s", "per_minute")
    first.whole("from_s", most=0)
    later: list[Band] = []
    reached = 0
    for fields in others:
        fields.only("from_s", "per_minute", "increment_s")
        from_s = fields.seconds("from_s", least=1)
        if from_s <= reached:
            fields.refuse("from_s", "does not lie after the band before it")
        reached = max(reached, from_s)
        per_minute = fields.price("per_minute")
        step = fields.seconds("increment_s", least=1, default=increment_s)
        later.append(Band(from_s=from_s, per_minute=per_minute, increment_s=step))
    # Bands that do not ascend have left a problem, and make no price.
    return first.price("per_minute"), () if price.problems else tuple(later)


def _cost_cap(price: Fields) -> CostCap | None:
    if "cost_cap" not in price:
        return None
    fields = price.nested("cost_cap")
    fields.only("amount", "strategy")
    strategy = fields.choice("strategy", _STRATEGIES, default="free")
    return CostCap(amount=fields.price("amount"), strategy="disconnect" if strategy == "disconnect" else "free")


def _timed(fields: Fields, simple: Mapping[str, Price], windows: Mapping[str, Window]) -> TimedPrice:
    fields.only("windows", "otherwise")
    chosen: list[tuple[Window, Price]] = []
    items = fields.items("windows")
    if not items:
        fields.refuse("windows", "names no window: write at least one, or a price without windows")
    for item in items:
        item.only("window", "price")
        window = windows.get(item.choice("window", windows))
        price = simple.get(item.choice("price", simple))
        if window is not None and price is not None:
            chosen.append((window, price))
    otherwise = simple.get(fields.choice("otherwise", simple)) if "otherwise" in fields else None
    named = [window for window, _ in chosen]
    for one, other, day in contested(named):
        fields.refuse(
            "windows",
            f"{one.name} and {other.name} have one weight and are both open on some {day}: give one more weight",
            value=other.name,
        )
    if otherwise is None and named:
        for day, start, end in gaps(named):
            fields.refuse(
                "windows",
                f"no window is open on {day} from {write_minute(start)} to {write_minute(end)}: "
                "add one, or say a price otherwise",
                value=day,
            )
    return TimedPrice(windows=tuple(chosen), otherwise=otherwise)


def _by_channel(fields: Fields, known: Mapping[str, Price | TimedPrice]) -> ChannelPrice:
    fields.only("by_channel", "otherwise")
    named = fields.nested("by_channel")
    named.only(*_CHANNELS)
    chosen = tuple(
        (channel, known[name])
        for channel in _CHANNELS
        if channel in named and (name := named.choice(channel, known)) in known
    )
    otherwise = known.get(fields.choice("otherwise", known))
    return ChannelPrice(otherwise=otherwise or Price(per_minute=Decimal(0)), by_channel=chosen)
