"""What a recording or its analysis costs: per minute, laid into increments as a call is."""

from dataclasses import dataclass
from decimal import Decimal

from contracts.values.money import EXACT

EXACT_QUANTUM = Decimal(1).scaleb(-24)
"""An exact value that does not terminate (a minute has 60 seconds) is shown to 24 decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutePrice:
    """per_minute: money before rounding. A duration counts as `minimum_s` at least; the first
    `initial_increment_s` are billed whole, then every begun `increment_s`."""

    per_minute: Decimal
    increment_s: int = 1
    initial_increment_s: int = 1
    minimum_s: int = 0

    def __post_init__(self) -> None:
        if self.increment_s < 1 or self.initial_increment_s < 1 or self.minimum_s < 0:
            raise ValueError("increments are at least one second and a minimum is not negative")

    def billed_seconds(self, duration_ms: int) -> int:
        """The seconds billed; none for a duration of 0. Milliseconds are raised to whole seconds first."""
        if duration_ms == 0:
            return 0
        seconds = max(-(-duration_ms // 1000), self.minimum_s)
        beyond = max(0, seconds - self.initial_increment_s)
        return self.initial_increment_s - (-beyond // self.increment_s) * self.increment_s

    def cost_of(self, billed_s: int) -> tuple[Decimal, Decimal]:
        """(the value to be rounded once, the value as a certificate shows it).

        Divided out to the 60 digits of EXACT a value terminates or ends in 3s or 6s for ever, far from every
        boundary of rounding, so that rounding the quotient is rounding the true value.
        """
        quotient = EXACT.divide(EXACT.multiply(self.per_minute, billed_s), 60)
        places = -int(quotient.as_tuple().exponent)
        return quotient, EXACT.quantize(quotient, EXACT_QUANTUM) if places > -EXACT_QUANTUM.adjusted() else quotient
