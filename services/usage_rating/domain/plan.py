"""Rate plans: the prices of calls, found by direction, number and the longest prefix valid at an instant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from contracts.values.calendar import zone_of
from contracts.values.money import CHARGE_SCALE, Rounding
from services.usage_rating.domain.prices import AnyPrice, ChannelPrice, TimedPrice
from services.usage_rating.domain.use_prices import NO_USES, UsePrices
from services.usage_rating.domain.windows import Holidays, Timetable, Window

NumberKind = Literal["local", "national", "toll_free", "mobile"]
NO_HOLIDAYS = Holidays()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The price of one prefix of numbers, valid in the half-open interval [valid_from, valid_until).

    prefix: digits of E.164 without `+`. price: None where calls are refused. country: ISO 3166-1 alpha-2. An open
    end is None.
    """

    prefix: str
    destination: str
    price: AnyPrice | None
    country: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


class RatesByPrefix:
    """Rates, found by the longest prefix of a number that is valid at an instant."""

    __slots__ = ("_by_prefix", "_lengths")

    def __init__(self, rates: Sequence[Rate]) -> None:
        if overlaps := overlapping(rates):
            raise ValueError(f"prefix {rates[overlaps[0][1]].prefix} has two rates at the same time")
        self._by_prefix: dict[str, tuple[Rate, ...]] = {}
        for rate in rates:
            self._by_prefix[rate.prefix] = (*self._by_prefix.get(rate.prefix, ()), rate)
        self._lengths = tuple(sorted({len(prefix) for prefix in self._by_prefix}, reverse=True))

    def find(self, number: str, at: datetime) -> Rate | None:
        """The rate of the longest prefix of an E.164 number (`+…`) that is valid at the instant, if any.

        A longer prefix that is not valid then does not match: the next shorter one is tried.
        """
        digits = number[1:]
        find = self._by_prefix.get
        for length in self._lengths:
            rates = find(digits[:length])
            if rates is not None:
                for rate in rates:
                    if (rate.valid_from is None or rate.valid_from <= at) and (
                        rate.valid_until is None or at < rate.valid_until
                    ):
                        return rate
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallersPrices:
    """Prices of inbound calls: by the longest prefix of the caller, else `price`; None where neither says one."""

    price: AnyPrice | None = None
    by_caller: tuple[Rate, ...] = ()
    callers: RatesByPrefix = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "callers", RatesByPrefix(self.by_caller))


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundPrices:
    """Prices of inbound calls by the type of the own number dialled; what a type does not say, `usual` does."""

    usual: CallersPrices
    by_number_type: tuple[tuple[NumberKind, CallersPrices], ...] = ()

    def of(self, kind: NumberKind | None) -> Iterator[CallersPrices]:
        """Where to look for the price of a call to a number of this type, in order."""
        yield from (prices for name, prices in self.by_number_type if name == kind)
        yield self.usual

    def all_prices(self) -> Iterator[AnyPrice]:
        """Every price an inbound call may have, the usual one first."""
        for prices in (self.usual, *(prices for _, prices in self.by_number_type)):
            yield from () if prices.price is None else (prices.price,)
            yield from (rate.price for rate in prices.by_caller if rate.price is not None)


def inbound_at(price: AnyPrice | None) -> InboundPrices | None:
    """One price for every inbound call, or none at all."""
    return None if price is None else InboundPrices(usual=CallersPrices(price=price))


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePlan:
    """One version of a price list. Effective from an instant; each amount is rounded once, as it says.

    rates: of outbound calls. inbound: None when the plan states no price of them. internal: the price of calls
    between numbers or extensions of the account; None when they cost nothing. time_zone, holidays: of all windows.
    scale: decimals of an amount, at most 6. Raises ValueError when two rates of one prefix are valid at the same
    time, or two windows share a name.
    """

    plan_id: str
    version: int
    name: str
    currency: str
    effective_from: datetime
    rates: tuple[Rate, ...]
    inbound: InboundPrices | None = None
    internal: AnyPrice | None = None
    time_zone: str = "UTC"
    holidays: Holidays = NO_HOLIDAYS
    rounding: Rounding = Rounding.HALF_UP
    scale: int = CHARGE_SCALE
    uses: UsePrices = NO_USES
    asks_numbers: bool = field(init=False, repr=False, compare=False)
    """Whether a price depends on what is known of the account's own numbers."""
    _outbound: RatesByPrefix = field(init=False, repr=False, compare=False)
    _timetables: dict[int, Timetable] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.scale <= CHARGE_SCALE:
            raise ValueError(f"a charge has 0 to {CHARGE_SCALE} decimals, not {self.scale}")
        asks = self.internal is not None or (self.inbound is not None and bool(self.inbound.by_number_type))
        object.__setattr__(self, "asks_numbers", asks)
        object.__setattr__(self, "_outbound", RatesByPrefix(self.rates))
        object.__setattr__(self, "_timetables", self._read_windows())

    def _read_windows(self) -> dict[int, Timetable]:
        """A timetable for each price by time. Raises ValueError when two windows share a name."""
        zone = zone_of(self.time_zone)
        named: dict[str, Window] = {}
        timetables = {}
        for timed in timed_among(self.all_prices()):
            windows = [window for window, _ in timed.windows]
            for window in windows:
                if named.setdefault(window.name, window) != window:
                    raise ValueError(f"two windows are called {window.name}")
            timetables[id(timed)] = Timetable(windows, zone, self.holidays)
        return timetables

    def rate_for(self, number: str, at: datetime) -> Rate | None:
        """The rate of the longest prefix of an E.164 number (`+…`) that is valid at the instant, if any."""
        return self._outbound.find(number, at)

    def timetable_of(self, timed: TimedPrice) -> Timetable:
        """When the windows of one of this plan's prices are open."""
        return self._timetables[id(timed)]

    def all_prices(self) -> Iterator[AnyPrice]:
        """Every price as rates and sections name it: inbound, internal, then outbound in the order of rates."""
        if self.inbound is not None:
            yield from self.inbound.all_prices()
        if self.internal is not None:
            yield self.internal
        yield from (rate.price for rate in self.rates if rate.price is not None)


def timed_among(prices: Iterable[AnyPrice]) -> Iterator[TimedPrice]:
    """The prices by time that these are, or choose among by channel; each once."""
    seen: set[int] = set()
    for price in prices:
        if id(price) in seen:
            continue
        seen.add(id(price))
        if isinstance(price, ChannelPrice):
            yield from timed_among((price.otherwise, *(one for _, one in price.by_channel)))
        elif isinstance(price, TimedPrice):
            yield price


def overlapping(rates: Sequence[Rate]) -> list[tuple[int, int]]:
    """Pairs of positions of rates that have one prefix and are valid at the same time (earlier, later)."""
    positions: dict[str, list[int]] = {}
    for position, rate in enumerate(rates):
        positions.setdefault(rate.prefix, []).append(position)
    pairs = []
    for same in positions.values():
        if len(same) > 1:
            pairs += [(a, b) for n, b in enumerate(same) for a in same[:n] if _meet(rates[a], rates[b])]
    return pairs


def _meet(one: Rate, other: Rate) -> bool:
    return (one.valid_until is None or other.valid_from is None or other.valid_from < one.valid_until) and (
        other.valid_until is None or one.valid_from is None or one.valid_from < other.valid_until
    )
