"""A forecast rests on complete days, is exact until its one rounding, and says what it rests on."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from contracts.values.calendar import Period, period_of
from services.billing_units.domain.forecast import LOOK_BACK_DAYS, forecast

DAY = timedelta(days=1)
JUNE = period_of(date(2026, 6, 1))

micros = st.integers(-(10**9), 10**11)
days_in_june = st.integers(0, 29).map(lambda number: JUNE.start_on + number * DAY)


def days_until(today: date, costs: list[int]) -> dict[date, Decimal]:
    """The costs of the days before today and of today, the last of them, in millionths."""
    days = [today - number * DAY for number in range(len(costs))]
    return {day: Decimal(cost).scaleb(-6) for day, cost in zip(days, reversed(costs), strict=True)}


def in_period(by_day: dict[date, Decimal], period: Period) -> Decimal:
    return sum((cost for day, cost in by_day.items() if day in period), Decimal(0))


@given(days_in_june, st.lists(micros, min_size=15, max_size=29))
def test_each_day_left_costs_the_mean_of_its_weekday(today: date, costs: list[int]) -> None:
    by_day = days_until(today, costs)
    found = forecast(JUNE, today, spent=Decimal("7.000001"), by_day=by_day, first_on=min(by_day))
    expected = Fraction(Decimal("7.000001"))
    day = today
    while day < JUNE.end_on:
        same = [Fraction(by_day[past]) for past in by_day if past < today and past.weekday() == day.weekday()]
        assert 2 <= len(same) <= 4
        mean = sum(same, Fraction(0)) / len(same)
        expected += max(Fraction(0), mean - Fraction(by_day[today])) if day == today else mean
        day += DAY
    assert found.amount is not None
    assert abs(Fraction(found.amount) - expected) <= Fraction(1, 2 * 10**6)
    assert (found.basis, found.days, found.from_on, found.until_on) == (
        "weekdays", len(costs) - 1, min(by_day), today,
    )  # fmt: skip
    assert "the mean of the same weekday" in found.says


@given(days_in_june, st.lists(micros, min_size=2, max_size=14))
def test_with_few_days_each_day_left_costs_the_mean_of_all(today: date, costs: list[int]) -> None:
    by_day = days_until(today, costs)
    found = forecast(JUNE, today, spent=Decimal(0), by_day=by_day, first_on=min(by_day))
    complete = [Fraction(by_day[day]) for day in by_day if day < today]
    mean = sum(complete, Fraction(0)) / len(complete)
    left = (JUNE.end_on - today).days - 1
    expected = mean * left + max(Fraction(0), mean - Fraction(by_day[today]))
    assert found.basis == "days" and found.amount is not None
    assert abs(Fraction(found.amount) - expected) <= Fraction(1, 2 * 10**6)


@given(days_in_june, st.integers(1, 10**10), st.integers(2, 60))
def test_who_spends_the_same_each_day_will_have_spent_it_on_each(today: date, cost: int, known: int) -> None:
    """Whatever today has cost by now, as long as it has cost no more than it will."""
    by_day = days_until(today, [cost] * known)
    begun = max(min(by_day), JUNE.start_on)
    for of_today in (0, cost // 2, cost):
        by_day[today] = Decimal(of_today).scaleb(-6)
        spent = in_period(by_day, JUNE)
        found = forecast(JUNE, today, spent=spent, by_day=by_day, first_on=min(by_day))
        assert found.amount == Decimal(cost).scaleb(-6) * (JUNE.end_on - begun).days


@given(days_in_june, st.lists(st.integers(0, 10**9), min_size=2, max_size=40), st.integers(0, 10**12))
def test_it_is_never_less_than_what_is_spent(today: date, costs: list[int], spent: int) -> None:
    by_day = days_until(today, costs)
    amount = Decimal(spent).scaleb(-6)
    found = forecast(JUNE, today, spent=amount, by_day=by_day, first_on=min(by_day))
    assert found.amount is not None and found.amount >= amount


def test_days_without_cost_count_once_the_unit_is_known() -> None:
    """A unit that is closed on Sundays is not foretold a Sunday's cost."""
    today = date(2026, 6, 15)
    by_day = {day: Decimal("10") for number in range(1, 40) if (day := today - number * DAY).weekday() != 6}
    found = forecast(JUNE, today, spent=Decimal("120"), by_day=by_day, first_on=min(by_day))
    assert found.amount == Decimal("120") + 14 * Decimal("10")
    assert found.days == LOOK_BACK_DAYS
    assert found.says.endswith("the mean of the same weekday from 2026-05-18 to 2026-06-14.")


def test_without_a_complete_day_it_is_too_early() -> None:
    for first_on in (None, date(2026, 6, 1)):
        found = forecast(
            JUNE, date(2026, 6, 1), spent=Decimal("3"), by_day={date(2026, 6, 1): Decimal("3")}, first_on=first_on
        )
        assert (found.basis, found.amount, found.days) == ("too_early", None, 0)
        assert found.says.startswith("Too early to say")


def test_one_complete_day_is_said_to_be_one() -> None:
    found = forecast(
        JUNE,
        date(2026, 6, 2),
        spent=Decimal("2.00"),
        by_day={date(2026, 6, 1): Decimal("2.00")},
        first_on=date(2026, 6, 1),
    )
    assert (found.amount, found.days) == (Decimal("60.000000"), 1)
    assert found.says == "What is spent so far, and for each day left what 2026-06-01 cost."


def test_the_first_day_of_a_period_rests_on_the_days_before_it() -> None:
    today = date(2026, 6, 1)
    by_day = days_until(today, [10**6] * 6)
    found = forecast(JUNE, today, spent=Decimal("1"), by_day=by_day, first_on=min(by_day))
    assert (found.basis, found.amount) == ("days", Decimal("30.000000"))


def test_a_period_that_is_over_or_not_begun_is_said_to_be() -> None:
    over = forecast(JUNE, date(2026, 7, 1), spent=Decimal("5"), by_day={}, first_on=None)
    assert (over.basis, over.amount) == ("over", Decimal("5"))
    coming = forecast(JUNE, date(2026, 5, 31), spent=Decimal("0"), by_day={}, first_on=date(2026, 1, 1))
    assert (coming.basis, coming.amount) == ("not_begun", None)
