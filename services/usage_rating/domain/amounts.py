"""From billed seconds to money: fee, minimum and cap in whole atoms, then one rounding."""

from decimal import Decimal

from contracts.values.money import EXACT, Rounding, round_amount
from services.usage_rating.domain.prices import Price
from services.usage_rating.domain.reading import PRICE_SCALE

EXACT_SCALE = 24
"""Decimals of the exact value in a certificate when it does not terminate (a minute has 60 seconds)."""

_SIXTIETHS = Decimal(60 * 10**PRICE_SCALE)
_EXACT_QUANTUM = Decimal(1).scaleb(-EXACT_SCALE)


def billed_seconds(price: Price, duration_ms: int) -> int:
    """The seconds billed for a duration above 0.

    Milliseconds are raised to whole seconds, then to `minimum_s`; then the initial increment is billed
    whole and after it every begun increment. So a minimum never leaves a broken increment behind it.
    """
    seconds = max(-(-duration_ms // 1000), price.minimum_s)
    initial = price.initial_increment_s
    if seconds <= initial:
        return initial
    return initial - (initial - seconds) // price.increment_s * price.increment_s


def amount_of(price: Price, billed_s: int, *, scale: int, rounding: Rounding) -> tuple[Decimal, Decimal]:
    """(exact value, amount rounded once) for seconds billed at the price's first band."""
    sixtieths, _ = cost_of(price, price.minute_atoms * billed_s)
    return rounded(sixtieths, scale=scale, rounding=rounding)


def cost_of(price: Price, use_sixtieths: int) -> tuple[int, bool]:
    """What the use costs with fee, minimum and cap, in sixtieths of 10⁻¹², and whether the cap decided."""
    fee = 60 * price.fee_atoms
    sixtieths = use_sixtieths + fee if price.fee_as == "addition" else max(use_sixtieths, fee)
    if sixtieths < 60 * price.minimum_atoms:
        sixtieths = 60 * price.minimum_atoms
    cap = price.cost_cap
    if cap is not None and cap.strategy == "free" and sixtieths > 60 * cap.atoms:
        return 60 * cap.atoms, True
    return sixtieths, False


def rounded(sixtieths: int, *, scale: int, rounding: Rounding) -> tuple[Decimal, Decimal]:
    """(exact value, amount rounded once) of sixtieths of 10⁻¹².

    Divided out to the 60 digits of EXACT the value either terminates, and is held whole (at most 14 decimals), or
    ends in 3s or 6s for ever (the divisor left is 3): then it lies at least 10⁻¹⁴ from every rounding
    boundary, while the division errs by less than 10⁻⁴⁰. So the one rounding of the quotient is the rounding of
    the true value.
    """
    quotient = EXACT.divide(Decimal(sixtieths), _SIXTIETHS)
    exact = EXACT.quantize(quotient, _EXACT_QUANTUM) if sixtieths % 3 else quotient
    return exact, round_amount(quotient, scale=scale, mode=rounding)
