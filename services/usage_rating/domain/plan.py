"""Rate plans: the prices of calls, found by the longest destination prefix valid at an instant."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from contracts.values.money import CHARGE_SCALE, EXACT, Rounding
from services.usage_rating.domain.reading import PRICE_SCALE

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a call costs once it is known which price applies; shared by all rates that cost the same.

    per_minute, connection_fee (added once to every chargeable call), minimum_charge: money before rounding,
    at most 12 decimals. Seconds: the first `initial_increment_s` are billed whole, then every begun
    `increment_s`; a shorter call counts as `minimum_s` before increments are laid.
    """

    per_minute: Decimal
    increment_s: int = 1
    initial_increment_s: int = 1
    connection_fee: Decimal = _ZERO
    minimum_charge: Decimal = _ZERO
    minimum_s: int = 0
    minute_atoms: int = field(init=False, repr=False, compare=False)
    """per_minute in units of 10⁻¹²: a charge is then a sum of integers, and exact without further thought."""
    fee_atoms: int = field(init=False, repr=False, compare=False)
    minimum_atoms: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.increment_s < 1 or self.initial_increment_s < 1 or self.minimum_s < 0:
            raise ValueError("increments are at least one second and a minimum is not negative")
        object.__setattr__(self, "minute_atoms", _atoms(self.per_minute))
        object.__setattr__(self, "fee_atoms", _atoms(self.connection_fee))
        object.__setattr__(self, "minimum_atoms", _atoms(self.minimum_charge))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """The price of one destination prefix, valid in the half-open interval [valid_from, valid_until).

    prefix: digits of E.164 without `+`. country: ISO 3166-1 alpha-2. An open end is None.
    """

    prefix: str
    destination: str
    price: Price
    country: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePlan:
    """One version of a price list. Effective from an instant; each amount is rounded once, as it says.

    inbound: the price of every inbound call, None when the plan states none. scale: decimals of an amount,
    at most 6. Raises ValueError when two rates of one prefix are valid at the same time.
    """

    plan_id: str
    version: int
    name: str
    currency: str
    effective_from: datetime
    rates: tuple[Rate, ...]
    inbound: Price | None = None
    rounding: Rounding = Rounding.HALF_UP
    scale: int = CHARGE_SCALE
    _by_prefix: dict[str, tuple[Rate, ...]] = field(init=False, repr=False, compare=False)
    _lengths: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.scale <= CHARGE_SCALE:
            raise ValueError(f"a charge has 0 to {CHARGE_SCALE} decimals, not {self.scale}")
        if overlaps := overlapping(self.rates):
            raise ValueError(f"prefix {self.rates[overlaps[0][1]].prefix} has two rates at the same time")
        by_prefix: dict[str, tuple[Rate, ...]] = {}
        for rate in self.rates:
            by_prefix[rate.prefix] = (*by_prefix.get(rate.prefix, ()), rate)
        object.__setattr__(self, "_by_prefix", by_prefix)
        object.__setattr__(self, "_lengths", tuple(sorted({len(prefix) for prefix in by_prefix}, reverse=True)))

    def rate_for(self, number: str, at: datetime) -> Rate | None:
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


def _atoms(price: Decimal) -> int:
    scaled = price.scaleb(PRICE_SCALE, context=EXACT)
    if not price.is_finite() or price < 0 or scaled != scaled.to_integral_value():
        raise ValueError(f"{price} is not a price: at least 0, at most {PRICE_SCALE} decimals")
    return int(scaled)
