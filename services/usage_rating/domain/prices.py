"""Prices: what a call costs once it is known which price applies, and how one is chosen by channel and by time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from contracts.values.money import EXACT
from services.usage_rating.domain.reading import PRICE_SCALE
from services.usage_rating.domain.windows import Window

NEVER = 2**63
"""A second that no call reaches."""

_ZERO = Decimal(0)

FeeAs = Literal["addition", "minimum_cost"]
CapStrategy = Literal["free", "disconnect"]
Channel = Literal["manual", "click_to_call", "dialer", "queue_callback", "inbound"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What a minute costs from a second of the call on, and in what increments.

    from_s: whole seconds since the answer. per_minute: money before rounding, at most 12 decimals.
    """

    from_s: int
    per_minute: Decimal
    increment_s: int = 1
    minute_atoms: int = field(init=False, repr=False, compare=False)
    """per_minute in units of 10⁻¹²: a charge is then a sum of integers, and exact without further thought."""

    def __post_init__(self) -> None:
        if self.from_s < 1 or self.increment_s < 1:
            raise ValueError("a later band begins after second 0, and its increments are at least one second")
        object.__setattr__(self, "minute_atoms", atoms_of(self.per_minute))


class BandUntil(NamedTuple):
    """What counts up to a second of the call: money per minute (also in atoms, and as text) and the increment."""

    until_s: int
    per_minute: Decimal
    minute_atoms: int
    increment_s: int
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCap:
    """The most a call may cost, fee and minimum included.

    `free`: beyond it the call goes on for nothing. `disconnect`: the platform ends a live call when it reaches the
    cap; a call that has ended is charged for what it lasted.
    """

    amount: Decimal
    strategy: CapStrategy = "free"
    atoms: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "atoms", atoms_of(self.amount))


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a call costs; shared by all rates that cost the same.

    per_minute, connection_fee, minimum_charge: money before rounding, at most 12 decimals. The fee is added once to
    every chargeable call, or is the least that its use costs. Seconds: the first `initial_increment_s` are billed
    whole, then every begun `increment_s`; a shorter call counts as `minimum_s` before increments are laid.
    later_bands: other prices from a second of the call on, ascending.
    """

    per_minute: Decimal
    increment_s: int = 1
    initial_increment_s: int = 1
    connection_fee: Decimal = _ZERO
    minimum_charge: Decimal = _ZERO
    minimum_s: int = 0
    later_bands: tuple[Band, ...] = ()
    fee_as: FeeAs = "addition"
    cost_cap: CostCap | None = None
    minute_atoms: int = field(init=False, repr=False, compare=False)
    """per_minute in units of 10⁻¹²."""
    fee_atoms: int = field(init=False, repr=False, compare=False)
    minimum_atoms: int = field(init=False, repr=False, compare=False)
    bands: tuple[BandUntil, ...] = field(init=False, repr=False, compare=False)
    """All bands from second 0 on, as laying reads them."""

    def __post_init__(self) -> None:
        if self.increment_s < 1 or self.initial_increment_s < 1 or self.minimum_s < 0:
            raise ValueError("increments are at least one second and a minimum is not negative")
        starts = [band.from_s for band in self.later_bands]
        if starts != sorted(set(starts)):
            raise ValueError("bands begin at ascending seconds")
        object.__setattr__(self, "minute_atoms", atoms_of(self.per_minute))
        object.__setattr__(self, "fee_atoms", atoms_of(self.connection_fee))
        object.__setattr__(self, "minimum_atoms", atoms_of(self.minimum_charge))
        object.__setattr__(self, "bands", tuple(self._bands()))

    def _bands(self) -> Iterator[BandUntil]:
        """Each band with the second at which the next begins."""
        ends = [*(band.from_s for band in self.later_bands), NEVER]
        text = format(self.per_minute, "f").encode()
        yield BandUntil(ends[0], self.per_minute, self.minute_atoms, self.increment_s, text)
        for band, until_s in zip(self.later_bands, ends[1:], strict=True):
            text = format(band.per_minute, "f").encode()
            yield BandUntil(until_s, band.per_minute, band.minute_atoms, band.increment_s, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedPrice:
    """Prices by the day and the time of day; where several windows are open the one of the greatest weight counts.

    otherwise: the price while no window is open; None where the windows cover the whole week.
    """

    windows: tuple[tuple[Window, Price], ...]
    otherwise: Price | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPrice:
    """Prices by how the call was made; `otherwise` for every channel that is not named."""

    otherwise: Price | TimedPrice
    by_channel: tuple[tuple[Channel, Price | TimedPrice], ...]

    def of(self, channel: Channel) -> Price | TimedPrice:
        """The price for calls of a channel."""
        return next((price for name, price in self.by_channel if name == channel), self.otherwise)


AnyPrice: TypeAlias = Price | TimedPrice | ChannelPrice


def all_of(price: AnyPrice) -> Iterator[Price]:
    """Every price that a call may come to cost by this one."""
    match price:
        case Price():
            yield price
        case TimedPrice(windows=windows, otherwise=otherwise):
            yield from (one for _, one in windows)
            if otherwise is not None:
                yield otherwise
        case ChannelPrice(otherwise=usual, by_channel=by_channel):
            yield from all_of(usual)
            for _, one in by_channel:
                yield from all_of(one)


def atoms_of(price: Decimal) -> int:
    """A price in units of 10⁻¹². Raises ValueError when it is negative or has more than 12 decimals."""
    scaled = price.scaleb(PRICE_SCALE, context=EXACT)
    if not price.is_finite() or price < 0 or scaled != scaled.to_integral_value():
        raise ValueError(f"{price} is not a price: at least 0, at most {PRICE_SCALE} decimals")
    return int(scaled)
