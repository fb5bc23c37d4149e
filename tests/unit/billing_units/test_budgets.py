"""What was said last of a period holds, stages are reached exactly, and a share passes its threshold or not."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.calendar import period_of
from services.billing_units.domain.budgets import (
    Budget,
    Threshold,
    budget_in,
    percent_of,
    plan_of,
    reached,
    stages_refusal,
)

MONTHS = [date(2026 + number // 12, number % 12 + 1, 1) for number in range(24)]


def a_budget(from_period: date, until_period: date | None = None, amount: str | None = "500.00") -> Budget:
    return Budget(
        from_period=from_period,
        until_period=until_period,
        amount=None if amount is None else Decimal(amount),
        currency="EUR",
        stages=(50, 80, 100),
    )


@st.composite
def sayings(draw: st.DrawFn) -> list[Budget]:
    found = []
    for _ in range(draw(st.integers(0, 8))):
        begin = draw(st.integers(0, len(MONTHS) - 1))
        end = draw(st.none() | st.integers(begin + 1, len(MONTHS) - 1)) if begin + 1 < len(MONTHS) else None
        amount = draw(st.sampled_from([None, "1.00", "2.00"]))
        found.append(a_budget(MONTHS[begin], None if end is None else MONTHS[end], amount))
    return found


@given(sayings())
def test_the_plan_says_of_every_period_what_was_said_last(said: list[Budget]) -> None:
    plan = plan_of(said)
    for month in MONTHS:
        holds, planned = budget_in(said, month), [span for span in plan if span.holds(month)]
        assert [span.amount for span in planned] == ([] if holds is None else [holds.amount])


@given(sayings())
def test_a_plan_is_in_order_without_overlap_and_as_short_as_can_be(said: list[Budget]) -> None:
    plan = plan_of(said)
    for earlier, later in pairwise(plan):
        assert earlier.until_period is not None and earlier.until_period <= later.from_period
        assert earlier.until_period < later.from_period or earlier.amount != later.amount
    assert plan_of(plan) == plan


def test_one_period_may_differ_and_the_others_keep_theirs() -> None:
    january, june, july = MONTHS[0], MONTHS[5], MONTHS[6]
    plan = plan_of([a_budget(january), a_budget(june, july, "900.00")])
    assert [(span.from_period, span.until_period, str(span.amount)) for span in plan] == [
        (january, june, "500.00"), (june, july, "900.00"), (july, None, "500.00"),
    ]  # fmt: skip
    ended = plan_of([*plan, a_budget(MONTHS[8], None, None)])
    assert ended[-1].until_period == MONTHS[8]


def test_a_period_is_held_by_its_first_day_whatever_day_it_begins_on() -> None:
    anchored = period_of(date(2026, 3, 20), anchor_day=15).start_on
    assert a_budget(date(2026, 3, 15), date(2026, 4, 15)).holds(anchored)
    assert not a_budget(date(2026, 4, 15)).holds(anchored)


@given(
    st.lists(st.integers(1, 1000), min_size=1, max_size=10, unique=True).map(sorted),
    st.integers(-(10**12), 10**12),
    st.integers(1, 10**11),
)
def test_stages_are_reached_to_the_last_millionth(stages: list[int], spent: int, amount: int) -> None:
    found = reached(stages, Decimal(spent).scaleb(-6), Decimal(amount).scaleb(-6))
    assert found == tuple(stage for stage in stages if spent * 100 >= stage * amount)


def test_a_stage_is_reached_when_exactly_so_much_is_spent() -> None:
    amount = Decimal("300.00")
    assert reached((50, 80, 100), Decimal("239.999999"), amount) == (50,)
    assert reached((50, 80, 100), Decimal("240.000000"), amount) == (50, 80)
    assert reached((50, 80, 100), Decimal("-1"), amount) == ()


@pytest.mark.parametrize(
    ("stages", "says"),
    [
        ((), "1 to 10 stages, not 0"),
        (tuple(range(1, 12)), "1 to 10 stages, not 11"),
        ((0, 50), "0 is not a whole percentage"),
        ((50, 1001), "1001 is not a whole percentage"),
        ((80, 50), "they ascend"),
        ((50, 50), "they ascend"),
    ],
)
def test_stages_that_cannot_be_are_refused_in_a_sentence(stages: Sequence[int], says: str) -> None:
    assert says in (stages_refusal(stages) or "")
    assert stages_refusal((1, 50, 1000)) is None


def test_percent_is_rounded_half_away_from_zero() -> None:
    assert percent_of(Decimal("1"), Decimal("3")) == Decimal("33.33")
    assert percent_of(Decimal("-0.125"), Decimal("100")) == Decimal("-0.13")
    assert percent_of(Decimal("5"), Decimal("0")) == Decimal("0.00")


def test_a_share_passes_when_it_is_more_than_the_threshold_and_worth_telling() -> None:
    threshold = Threshold(percent=Decimal("5.00"), minimum_amount=Decimal("10.00"))
    assert not threshold.is_passed(Decimal("50.000000"), Decimal("1000.000000"))
    assert threshold.is_passed(Decimal("50.000001"), Decimal("1000.000000"))
    assert not threshold.is_passed(Decimal("9.999999"), Decimal("20.00"))
    assert not threshold.is_passed(Decimal("0"), Decimal("0"))
    assert Threshold().is_passed(Decimal("0.000001"), Decimal("0.000001"))
