"""The forms of a budget and of the threshold of Unassigned: read from what was typed, or refused in a sentence."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.values.calendar import Period, period_of

_AMOUNT = re.compile(r"[0-9]{1,14}(\.[0-9]{1,6})?")
_PERCENT = re.compile(r"100(\.0{1,2})?|[0-9]{1,2}(\.[0-9]{1,2})?")
_STAGE = re.compile(r"[0-9]{1,4}")
NO_AMOUNT = "Say the amount in digits, with a point before the decimals, such as 1500 or 1500.50."
NO_PERCENT = "Say the share in percent from 0 to 100, with at most two decimals, such as 5 or 2.5."
NO_STAGES = "Say the stages as whole percentages that ascend, such as 50, 80, 100."
NO_PERIOD = "Choose the period from the list."
PERIODS_OFFERED = 12
BAR_WIDTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Why a form cannot be read."""

    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetForm:
    """What the fields of a budget's form say, as typed; only: for that period alone."""

    amount: str
    stages: str
    from_period: str
    only: bool

    def read(self) -> Mapping[str, Any] | Unreadable:
        """As the API takes it."""
        begin = self.begin()
        if isinstance(begin, Unreadable):
            return begin
        amount = self.amount.replace(" ", "").replace("\u00a0", "")
        if not _AMOUNT.fullmatch(amount):
            return Unreadable(says=NO_AMOUNT)
        stages = [stage.strip(" %") for stage in re.split(r"[,;]", self.stages) if stage.strip(" %")]
        if not stages or not all(_STAGE.fullmatch(stage) for stage in stages):
            return Unreadable(says=NO_STAGES)
        return {
            "amount": amount,
            "stages": [int(stage) for stage in stages],
            "from_period": begin.isoformat(),
            "only": self.only,
        }

    def begin(self) -> date | Unreadable:
        """The first day of the period from which on it is to be."""
        try:
            return date.fromisoformat(self.from_period)
        except ValueError:
            return Unreadable(says=NO_PERIOD)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdForm:
    """What the fields of the threshold's form say, as typed."""

    percent: str
    minimum: str

    def read(self) -> Mapping[str, Any] | Unreadable:
        """As the API takes it."""
        percent, minimum = self.percent.strip(" %"), self.minimum.replace(" ", "") or "0"
        if not _PERCENT.fullmatch(percent):
            return Unreadable(says=NO_PERCENT)
        if not _AMOUNT.fullmatch(minimum):
            return Unreadable(says=NO_AMOUNT)
        return {"threshold_percent": percent, "minimum_amount": minimum}


def periods_from(start_on: date) -> list[Period]:
    """The period that begins on this day, and those after it that a budget may begin with."""
    periods = [period_of(start_on, anchor_day=start_on.day)]
    while len(periods) < PERIODS_OFFERED:
        periods.append(period_of(periods[-1].end_on, anchor_day=start_on.day))
    return periods


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A budget as a bar of BAR_WIDTH: how far it is filled, how far it is expected to be, where its stages are.

    used_up: whether all of the budget is spent.
    """

    filled: int
    expected: int | None
    stages: Sequence[int]
    used_up: bool


def bar_of(percent: Decimal, expected: Decimal | None, stages: Sequence[int]) -> Bar:
    """Scaled so that all is seen: what is spent, what is expected, the stages, and the whole budget."""
    most = max(Decimal(100), percent, expected or Decimal(0), *map(Decimal, stages))

    def place(value: Decimal) -> int:
        return max(0, int(value * BAR_WIDTH / most))

    return Bar(
        filled=place(percent),
        expected=None if expected is None else place(expected),
        stages=[place(Decimal(stage)) for stage in stages],
        used_up=percent >= 100,
    )
