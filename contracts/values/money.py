"""Money as an exact decimal amount in a currency, with the one way to round it and the one way to split it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    localcontext,
)
from enum import StrEnum
from types import MappingProxyType

CHARGE_SCALE = 6
"""Decimals of a charge (`numeric(20,6)`), DESIGN §3."""

WHOLE_DIGITS = 14
"""Digits before the decimal point of the same `numeric(20,6)`."""

_TWO_DECIMALS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
    CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
    JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD
    NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN
    SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"

MINOR_UNITS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(_TWO_DECIMALS.split(), 2)
    | dict.fromkeys(_NO_DECIMALS.split(), 0)
    | dict.fromkeys(_THREE_DECIMALS.split(), 3)
)
"""Currency code → decimals of its minor unit (ISO 4217, list one)."""

EXACT = Context(prec=60)
"""Arithmetic wide enough that no product or quotient of ours is rounded before its one rounding."""


class Rounding(StrEnum):
    """How an exact value becomes a charge; a plan may say another than the default."""

    HALF_UP = "half_up"
    """Half away from zero: the default, because a reversal then mirrors its original."""
    HALF_EVEN = "half_even"
    UP = "up"
    """Away from zero."""
    DOWN = "down"
    """Towards zero."""


_DECIMAL_MODE = {
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.UP: ROUND_CEILING,
    Rounding.DOWN: ROUND_FLOOR,
}
_QUANTUM = tuple(Decimal(1).scaleb(-scale) for scale in range(13))


class MoneyError(ValueError):
    """An amount that is not exact money: a float, an excess scale, an unknown currency, or two currencies mixed."""


def round_amount(exact: Decimal, *, scale: int = CHARGE_SCALE, mode: Rounding = Rounding.HALF_UP) -> Decimal:
    """`exact` rounded once to `scale` decimals (0–12); mirrors: `round(-x) == -round(x)` in every mode."""
    if exact >= 0:
        return exact.quantize(_QUANTUM[scale], rounding=_DECIMAL_MODE[mode], context=EXACT)
    mirrored = exact.copy_negate().quantize(_QUANTUM[scale], rounding=_DECIMAL_MODE[mode], context=EXACT)
    return EXACT.minus(mirrored)


def split_amount(total: Decimal, weights: Mapping[str, int], *, scale: int = CHARGE_SCALE) -> dict[str, Decimal]:
    """`total` shared over the keys of `weights` so that the shares sum to it exactly at `scale`.

    Largest remainder; ties go to the smaller key, so the result does not depend on order; mirror-exact for
    negative totals (DESIGN §3). Weights are positive integers. Raises MoneyError when `total` has more
    decimals than `scale` or there is nobody to share it.
    """
    if not weights or any(weight <= 0 for weight in weights.values()):
        raise MoneyError("a split needs at least one share, each with a positive weight")
    units = total.copy_abs().scaleb(scale, context=EXACT)
    if units != units.to_integral_value():
        raise MoneyError(f"{total} has more than {scale} decimals")
    shares = split_units(int(units), weights)
    sign = -1 if total < 0 else 1
    return {key: Decimal(sign * share).scaleb(-scale, context=EXACT) for key, share in shares.items()}


def split_units(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """A whole number of indivisible units shared by largest remainder, ties by key; mirror-exact for negatives."""
    if total < 0:
        return {key: -share for key, share in split_units(-total, weights).items()}
    whole = sum(weights.values())
    shares = {key: total * weight // whole for key, weight in weights.items()}
    left = total - sum(shares.values())
    by_remainder = sorted(weights, key=lambda key: (-(total * weights[key] % whole), key))
    for key in by_remainder[:left]:
        shares[key] += 1
    return shares


@dataclass(frozen=True, slots=True, kw_only=True, order=False)
class Money:
    """An exact amount in one currency.

    `amount` has at most 14 digits and 6 decimals (the scale of charges); on the wire it is a string. Adding two
    currencies, a float or an excess scale raises MoneyError.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise MoneyError(f"money is a Decimal, not {type(self.amount).__name__}")
        if not self.amount.is_finite():
            raise MoneyError(f"{self.amount} is not an amount")
        exponent = self.amount.as_tuple().exponent
        if isinstance(exponent, int) and -exponent > CHARGE_SCALE:
            raise MoneyError(f"{self.amount} has more than {CHARGE_SCALE} decimals")
        if self.amount.adjusted() >= WHOLE_DIGITS:
            raise MoneyError(f"{self.amount:E} has more than {WHOLE_DIGITS} digits before the decimal point")
        if self.currency not in MINOR_UNITS:
            raise MoneyError(f"{self.currency!r} is not a currency of ISO 4217")

    def __add__(self, other: "Money") -> "Money":
        self._same_currency(other)
        return Money(amount=EXACT.add(self.amount, other.amount), currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return self + -other

    def __neg__(self) -> "Money":
        return Money(amount=EXACT.minus(self.amount), currency=self.currency)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def rounded_to_minor_unit(self) -> "Money":
        """The amount at the currency's own minor unit, half away from zero: what an invoice line carries."""
        return Money(amount=round_amount(self.amount, scale=MINOR_UNITS[self.currency]), currency=self.currency)

    def split(self, weights: Mapping[str, int], *, scale: int = CHARGE_SCALE) -> dict[str, "Money"]:
        """Shares that sum to this amount exactly; see `split_amount`."""
        shares = split_amount(self.amount, weights, scale=scale)
        return {key: Money(amount=share, currency=self.currency) for key, share in shares.items()}

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise MoneyError(f"cannot add {other.currency} to {self.currency}")


def total_amount(amounts: Sequence[Decimal]) -> Decimal:
    """The exact sum of amounts, zero for none."""
    with localcontext(EXACT):
        return sum(amounts, Decimal(0))


def negated(amount: Decimal) -> Decimal:
    """The amount with its sign turned, except that zero has none: reversals of free calls are `0.000000`."""
    return amount.copy_negate() if amount else amount.copy_abs()
