"""What a unit cost on a span of days, by day and category, and how that compares with another span."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property, reduce
from typing import Any

from contracts.values.calendar import Period, period_of
from contracts.values.money import EXACT

Days = tuple[date, date]
"""Use days, half-open."""

_CATEGORIES = {
    "call": "Calls",
    "message": "Messages",
    "detection": "Answering machine detection",
    "recording": "Recording",
    "analytics": "Speech analytics",
    "metered": "Metered use",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Uses (of calls and all else), billed seconds and money at six decimals; all signed."""

    calls: int = 0
    billed_s: int = 0
    amount: Decimal = Decimal(0)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            calls=self.calls + other.calls,
            billed_s=self.billed_s + other.billed_s,
            amount=EXACT.add(self.amount, other.amount),
        )

    @property
    def minutes(self) -> int:
        """Billed minutes, to the nearest."""
        return (self.billed_s + 30) // 60


@dataclass(frozen=True, kw_only=True)
class Costs:
    """A unit's costs on use days; a day and category without any is not there. currency: None for none at all."""

    days: Days
    currency: str | None
    cells: Mapping[tuple[date, str], Figures]

    @cached_property
    def total(self) -> Figures:
        """Of all days and categories."""
        return _sum(self.cells.values())

    @cached_property
    def categories(self) -> Mapping[str, Figures]:
        """The kinds of use, dearest first."""
        names = {category for _, category in self.cells}
        sums = {name: _sum(cell for (_, of), cell in self.cells.items() if of == name) for name in names}
        return dict(sorted(sums.items(), key=lambda one: (-one[1].amount, one[0])))

    def amount_of(self, day: date, category: str) -> Decimal:
        """What a category cost on a day."""
        return self.cells.get((day, category), Figures()).amount

    @cached_property
    def by_day(self) -> Mapping[date, Figures]:
        """Every day of the span, those without costs too."""
        sums = dict.fromkeys(days_of(self.days), Figures())
        for (day, _), cell in self.cells.items():
            sums[day] += cell
        return sums


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSoFar:
    """A unit's costs of a period until now, beside the same days of the period before.

    percent: how much more, less where negative, its complete days cost; None where there is nothing to compare.
    """

    figures: Figures
    currency: str
    percent: int | None


def read_costs(rows: Iterable[Mapping[str, Any]], days: Days) -> Costs:
    """One unit's costs as reporting lists them by day and category."""
    cells: dict[tuple[date, str], Figures] = {}
    currency = None
    for row in rows:
        currency = row["currency"]
        cells[date.fromisoformat(row["use_on"]), row["category"]] = read_figures(row)
    return Costs(days=days, currency=currency, cells=cells)


def read_figures(row: Mapping[str, Any]) -> Figures:
    """A line's figures."""
    return Figures(calls=row["calls"], billed_s=row["billed_s"], amount=Decimal(row["amount"]))


def compared(now: Decimal, before: Decimal) -> int | None:
    """By how many percent `now` is more than `before`; None where `before` is not above zero."""
    if before <= 0:
        return None
    more = EXACT.divide(EXACT.subtract(now, before) * 100, before)
    return int(more.to_integral_value(ROUND_HALF_EVEN))


def days_of(days: Days) -> list[date]:
    """Each day of a half-open span."""
    return [days[0] + timedelta(days=place) for place in range((days[1] - days[0]).days)]


def same_days_before(period: Period, until: date, anchor_day: int) -> tuple[Days, Days]:
    """The complete days of a period before `until`, and as many of the period before it."""
    before = period_of(period.start_on - timedelta(days=1), anchor_day=anchor_day)
    done = min(until, period.end_on)
    end = min(before.start_on + (done - period.start_on), before.end_on)
    return (period.start_on, done), (before.start_on, end)


def period_name(period: Period) -> str:
    """`June 2026`, or its first and last day where it is no calendar month."""
    if period.start_on.day == 1:
        return period.start_on.strftime("%B %Y")
    last = period.end_on - timedelta(days=1)
    return f"{period.start_on.isoformat()} to {last.isoformat()}"


def category_name(category: str) -> str:
    """What people call a kind of use."""
    return _CATEGORIES.get(category, category.replace("_", " ").capitalize())


def _sum(figures: Iterable[Figures]) -> Figures:
    return reduce(Figures.__add__, figures, Figures())
