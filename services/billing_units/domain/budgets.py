"""Budgets of units: which holds for a period, which of its stages are reached; and the threshold of Unassigned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from contracts.values.money import EXACT, round_amount

STAGES_MAX = 10
STAGE_PERCENT_MAX = 1000
DEFAULT_STAGES = (50, 80, 100)
DEFAULT_THRESHOLD_PERCENT = Decimal("5.00")
DEFAULT_MINIMUM_AMOUNT = Decimal("0.000000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An amount for each period that begins in [from_period, until_period); until_period None: and ever after.

    amount: None where it says that there is no budget. stages: percentages at which somebody is told, ascending.
    """

    from_period: date
    until_period: date | None
    amount: Decimal | None
    currency: str
    stages: tuple[int, ...]

    def holds(self, period: date) -> bool:
        """Whether it speaks of the period that begins on this day."""
        return self.from_period <= period and (self.until_period is None or period < self.until_period)


def budget_in(said: Sequence[Budget], period: date) -> Budget | None:
    """The budget of the period: what was said last of it, in order of saying; None where that is none."""
    last = next((budget for budget in reversed(said) if budget.holds(period)), None)
    return None if last is None or last.amount is None else last


def plan_of(said: Sequence[Budget]) -> list[Budget]:
    """All that was said as spans in order of time, none over another; where there is no budget is no span."""
    days = {budget.from_period for budget in said} | {budget.until_period for budget in said if budget.until_period}
    spans: list[Budget] = []
    for begin, end in pairwise([*sorted(days), None]):
        assert begin is not None, "only the last end is open"
        found = budget_in(said, begin)
        if found is None:
            continue
        if spans and spans[-1].until_period == begin and _same(spans[-1], found):
            spans[-1] = replace(spans[-1], until_period=end)
        else:
            spans.append(replace(found, from_period=begin, until_period=end))
    return spans


def _same(one: Budget, other: Budget) -> bool:
    return (one.amount, one.currency, one.stages) == (other.amount, other.currency, other.stages)


def stages_refusal(stages: Sequence[int]) -> str | None:
    """Why nobody can be told at these stages, in a sentence; None when they can."""
    if not 1 <= len(stages) <= STAGES_MAX:
        return f"stages: a budget has 1 to {STAGES_MAX} stages, not {len(stages)}"
    wrong = [stage for stage in stages if not 1 <= stage <= STAGE_PERCENT_MAX]
    if wrong:
        return f"stages: {wrong[0]} is not a whole percentage from 1 to {STAGE_PERCENT_MAX}"
    if any(later <= earlier for earlier, later in pairwise(stages)):
        return "stages: they ascend, each larger than the one before"
    return None


def reached(stages: Sequence[int], spent: Decimal, amount: Decimal) -> tuple[int, ...]:
    """The stages that are reached when so much of the amount is spent."""
    of_hundred = EXACT.multiply(spent, Decimal(100))
    return tuple(stage for stage in stages if of_hundred >= EXACT.multiply(amount, Decimal(stage)))


def percent_of(part: Decimal, whole: Decimal) -> Decimal:
    """The part in percent of the whole, rounded half away from zero to 2 decimals; 0 of nothing."""
    if not whole:
        return Decimal("0.00")
    return round_amount(EXACT.divide(EXACT.multiply(part, Decimal(100)), whole), scale=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """The share of everything charged, in percent, above which *Unassigned* is announced.

    minimum_amount: less than this on *Unassigned* is announced by no share.
    """

    percent: Decimal = DEFAULT_THRESHOLD_PERCENT
    minimum_amount: Decimal = DEFAULT_MINIMUM_AMOUNT

    def is_passed(self, unassigned: Decimal, total: Decimal) -> bool:
        """Whether so much of the total is more than the threshold lets through."""
        share = EXACT.multiply(unassigned, Decimal(100))
        return total > 0 and share > EXACT.multiply(total, self.percent) and unassigned >= self.minimum_amount
