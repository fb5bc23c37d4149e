"""What is typed into the forms of budgets and of the threshold, and how a budget is drawn."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.budget_form import (
    BAR_WIDTH,
    NO_AMOUNT,
    NO_PERCENT,
    NO_PERIOD,
    NO_STAGES,
    BudgetForm,
    ThresholdForm,
    Unreadable,
    bar_of,
    periods_from,
)


def a_form(**typed: str) -> BudgetForm:
    fields = {"amount": "500", "stages": "50, 80, 100", "from_period": "2026-06-01"} | typed
    return BudgetForm(**fields, only=False)


def test_what_is_typed_is_read_as_the_api_takes_it() -> None:
    assert a_form(amount=" 1 500.50", stages="50 %; 80,100,").read() == {
        "amount": "1500.50",
        "stages": [50, 80, 100],
        "from_period": "2026-06-01",
        "only": False,
    }


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"amount": ""}, NO_AMOUNT),
        ({"amount": "1,50"}, NO_AMOUNT),
        ({"amount": "-5"}, NO_AMOUNT),
        ({"amount": "٥٠"}, NO_AMOUNT),
        ({"amount": "1.1234567"}, NO_AMOUNT),
        ({"stages": ""}, NO_STAGES),
        ({"stages": "50 80"}, NO_STAGES),
        ({"stages": "half"}, NO_STAGES),
        ({"from_period": ""}, NO_PERIOD),
        ({"from_period": "soon"}, NO_PERIOD),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(typed: dict[str, str], says: str) -> None:
    assert a_form(**typed).read() == Unreadable(says=says)


def test_the_threshold_is_read_with_or_without_a_minimum() -> None:
    read = ThresholdForm(percent="2.5 %", minimum="").read()
    assert read == {"threshold_percent": "2.5", "minimum_amount": "0"}
    for percent in ("", "101", "100.01", "-1", "5,5", "1.234"):
        assert ThresholdForm(percent=percent, minimum="0").read() == Unreadable(says=NO_PERCENT)
    assert ThresholdForm(percent="5", minimum="much").read() == Unreadable(says=NO_AMOUNT)


def test_periods_are_offered_from_the_present_one_on() -> None:
    starts = [period.start_on for period in periods_from(date(2026, 11, 15))]
    assert starts[:3] == [date(2026, 11, 15), date(2026, 12, 15), date(2027, 1, 15)]
    assert len(starts) == 12


@given(
    st.decimals(-50, 5000, places=2),
    st.none() | st.decimals(-50, 5000, places=2),
    st.lists(st.integers(1, 1000), min_size=1, max_size=10),
)
def test_a_bar_shows_everything_in_its_order(percent: Decimal, expected: Decimal | None, stages: list[int]) -> None:
    bar = bar_of(percent, expected, stages)
    places = [bar.filled, *bar.stages, *([] if bar.expected is None else [bar.expected])]
    assert all(0 <= place <= BAR_WIDTH for place in places)
    assert max(places) == BAR_WIDTH or max(percent, expected or percent, *map(Decimal, stages)) < 100
    assert bar.used_up == (percent >= 100)
    if expected is not None and expected >= percent:
        assert bar.expected is not None and bar.expected >= bar.filled
