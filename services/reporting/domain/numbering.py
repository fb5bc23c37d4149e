"""Numbers a unit's costs without gaps and carries its running total of each booked period."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from contracts.values.money import EXACT

PeriodKey = tuple[date, str]
"""A booked period's first day and the currency of its total."""

ZERO = Decimal("0.000000")


class Cost(Protocol):
    """What numbering needs of a charge."""

    @property
    def booked_period(self) -> date:
        """First day of the period it is booked in."""

    @property
    def currency(self) -> str:
        """ISO 4217."""

    @property
    def amount(self) -> Decimal:
        """Signed: a reversal is negative."""


AnyCost = TypeVar("AnyCost", bound=Cost)


@dataclass(frozen=True, slots=True)
class Numbered(Generic[AnyCost]):
    """A cost with its number in its unit's topic and the unit's total in its period after it."""

    cost: AnyCost
    seq: int
    running_total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a unit's topic stands: its last number, 0 at first, and its totals; a missing total is zero."""

    last_seq: int
    totals: Mapping[PeriodKey, Decimal]


def number_costs(costs: Iterable[AnyCost], standing: Standing) -> tuple[Sequence[Numbered[AnyCost]], Standing]:
    """One unit's costs numbered in the order given, and where the unit's topic stands after them.

    Amounts are signed and only added, so a reversal may come before its original.
    """
    totals = dict(standing.totals)
    seq = standing.last_seq
    numbered: list[Numbered[AnyCost]] = []
    for cost in costs:
        seq += 1
        key = (cost.booked_period, cost.currency)
        total = totals[key] = EXACT.add(totals.get(key, ZERO), cost.amount)
        numbered.append(Numbered(cost, seq, total))
    return numbered, Standing(last_seq=seq, totals=totals)
