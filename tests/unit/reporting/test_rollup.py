"""Rollups add up to what was charged, however charges come."""

from datetime import date
from decimal import Decimal
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from contracts.values.money import total_amount
from services.reporting.domain.rollup import NOTHING, DayKey, Quantities, roll_up
from tests.support.unit_costs import a_charge

DAYS = (date(2026, 10, 5), date(2026, 10, 6))
drawn_charges = st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from(DAYS), st.booleans()), max_size=40)


@given(drawn_charges)
def test_days_sum_to_the_charges(drawn: list[tuple[int, date, bool]]) -> None:
    charges = [
        a_charge(number, str(Decimal(millionths).scaleb(-6)), used_on=day, reverses=10_000 if back else None)
        for number, (millionths, day, back) in enumerate(drawn)
    ]
    sums = roll_up(charges)
    total = reduce(Quantities.__add__, sums.values(), NOTHING)
    assert total.amount == total_amount([charge.amount for charge in charges])
    assert total.calls == sum(charge.calls for charge in charges)
    assert total.duration_ms == sum(charge.duration_ms for charge in charges)
    assert total.billed_s == sum(charge.billed_s for charge in charges)
    assert roll_up(reversed(charges)) == sums


def test_one_row_for_each_day_period_and_currency() -> None:
    september = date(2026, 9, 1)
    sums = roll_up(
        [
            a_charge(1, "0.10", seconds=60),
            a_charge(2, "0.20", seconds=30),
            a_charge(3, "0.40", used_on=DAYS[1]),
            a_charge(4, "0.80", used_on=DAYS[0], period=september),
        ]
    )
    first = DayKey(booked_period=date(2026, 10, 1), use_on=DAYS[0], category="call", currency="EUR")
    assert sums[first] == Quantities(calls=2, duration_ms=90_000, billed_s=90, amount=Decimal("0.30"))
    assert len(sums) == 3


def test_what_cancels_out_stays_as_zeros() -> None:
    [found] = roll_up([a_charge(1, "0.10"), a_charge(2, "0.10", reverses=1)]).values()
    assert found == NOTHING
