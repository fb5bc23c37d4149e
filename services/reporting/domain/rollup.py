"""Adds one unit's costs up by day of use, booked period and category."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from contracts.values.money import EXACT


class UsedCost(Protocol):
    """What a rollup needs of a charge; every quantity is signed."""

    @property
    def use_on(self) -> date:
        """The local day of the use."""

    @property
    def booked_period(self) -> date:
        """First day of the period it is booked in."""

    @property
    def category(self) -> str:
        """Kind of use, such as `call`."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    @property
    def calls(self) -> int:
        """This unit's share of the call."""

    @property
    def duration_ms(self) -> int:
        """Milliseconds that were charged, before increments."""

    @property
    def billed_s(self) -> int:
        """Whole seconds after increments."""

    @property
    def amount(self) -> Decimal:
        """Money at six decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayKey:
    """What a row of the rollup is about, within one unit."""

    booked_period: date
    use_on: date
    category: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantities:
    """Signed sums: calls, charged milliseconds, billed seconds, and money at six decimals."""

    calls: int
    duration_ms: int
    billed_s: int
    amount: Decimal

    def __add__(self, other: "Quantities") -> "Quantities":
        return Quantities(
            calls=self.calls + other.calls,
            duration_ms=self.duration_ms + other.duration_ms,
            billed_s=self.billed_s + other.billed_s,
            amount=EXACT.add(self.amount, other.amount),
        )


NOTHING = Quantities(calls=0, duration_ms=0, billed_s=0, amount=Decimal("0.000000"))


def roll_up(costs: Iterable[UsedCost]) -> dict[DayKey, Quantities]:
    """The sums of one unit's costs by day; what cancels out stays as a row of zeros.

    Adds in lists because this runs for every charge: a frozen sum each time took three times as long.
    """
    sums: dict[tuple[date, date, str, str], list[int]] = {}
    amounts: dict[tuple[date, date, str, str], Decimal] = {}
    for cost in costs:
        key = (cost.booked_period, cost.use_on, cost.category, cost.currency)
        found = sums.get(key)
        if found is None:
            sums[key] = [cost.calls, cost.duration_ms, cost.billed_s]
            amounts[key] = cost.amount
        else:
            found[0] += cost.calls
            found[1] += cost.duration_ms
            found[2] += cost.billed_s
            amounts[key] = EXACT.add(amounts[key], cost.amount)
    return {
        DayKey(booked_period=key[0], use_on=key[1], category=key[2], currency=key[3]): Quantities(
            calls=found[0], duration_ms=found[1], billed_s=found[2], amount=amounts[key]
        )
        for key, found in sums.items()
    }
