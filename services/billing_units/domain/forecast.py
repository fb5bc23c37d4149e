"""What a unit will have spent when the period ends: what is spent, and what the days left are expected to cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from contracts.values.calendar import Period
from contracts.values.money import EXACT, round_amount, total_amount

LOOK_BACK_DAYS = 28
"""Four of each weekday."""

WEEKDAYS_KNOWN_FROM = 14
"""Complete days from which on each weekday is known at least twice."""

Basis = Literal["weekdays", "days", "too_early", "over", "not_begun"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The amount expected at the period's end, rounded once at 6 decimals; None where nothing can be said.

    basis: `weekdays` (each day left costs the mean of its weekday), `days` (each costs the mean of all), or why
    there is none. days: the complete days it rests on, the use days [from_on, until_on). says: that in a sentence.
    """

    basis: Basis
    amount: Decimal | None
    says: str
    days: int = 0
    from_on: date | None = None
    until_on: date | None = None


def forecast(
    period: Period, today: date, *, spent: Decimal, by_day: Mapping[date, Decimal], first_on: date | None
) -> Forecast:
    """Forecast a period from what is booked in it and from what the last days cost.

    spent: booked in the period so far. by_day: spent on use days, at least the last 28 and today; what is missing
    is zero. first_on: the unit's first use day ever; before it nothing is known. Today is expected to become as
    dear as its mean, and never cheaper than it is.
    """
    if today >= period.end_on:
        return Forecast(basis="over", amount=spent, says="The period is over.")
    if today < period.start_on:
        return Forecast(basis="not_begun", amount=None, says="The period has not begun.")
    since = today if first_on is None else max(first_on, today - LOOK_BACK_DAYS * _DAY)
    complete = [since + number * _DAY for number in range((today - since).days)]
    if not complete:
        return Forecast(basis="too_early", amount=None, says="Too early to say: no complete day is known yet.")
    by_weekday = len(complete) >= WEEKDAYS_KNOWN_FROM
    means = _means(complete, by_day, by_weekday=by_weekday)
    to_come = [today + number * _DAY for number in range(1, (period.end_on - today).days)]
    expected = sum((means[day.weekday()] for day in to_come), Fraction(0))
    expected += max(Fraction(0), means[today.weekday()] - Fraction(by_day.get(today, Decimal(0))))
    return Forecast(
        basis="weekdays" if by_weekday else "days",
        amount=_rounded(Fraction(spent) + expected),
        says=_sentence(complete, by_weekday=by_weekday),
        days=len(complete),
        from_on=since,
        until_on=today,
    )


def _means(complete: list[date], by_day: Mapping[date, Decimal], *, by_weekday: bool) -> list[Fraction]:
    """What a day of each weekday is expected to cost, Monday first."""
    groups = [[day for day in complete if not by_weekday or day.weekday() == weekday] for weekday in range(7)]
    return [Fraction(total_amount([by_day.get(day, Decimal(0)) for day in group])) / len(group) for group in groups]


def _rounded(exact: Fraction) -> Decimal:
    return round_amount(EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator)))


def _sentence(complete: list[date], *, by_weekday: bool) -> str:
    until = f"{complete[0].isoformat()} to {complete[-1].isoformat()}"
    if by_weekday:
        return f"What is spent so far, and for each day left the mean of the same weekday from {until}."
    if len(complete) == 1:
        return f"What is spent so far, and for each day left what {complete[0].isoformat()} cost."
    return f"What is spent so far, and for each day left the mean of the {len(complete)} days from {until}."
