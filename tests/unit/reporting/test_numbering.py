"""A unit's costs are numbered without gaps, and the running totals of its periods never break."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from contracts.events.charge import Charge
from contracts.values.money import total_amount
from services.reporting.domain.numbering import ZERO, Standing, number_costs
from tests.support.unit_costs import a_charge

PERIODS = (date(2026, 9, 1), date(2026, 10, 1))
UNTOUCHED = Standing(last_seq=0, totals={})


@st.composite
def some_costs(draw: st.DrawFn) -> list[Charge]:
    """Charges and reversals of one unit in two periods, in any order."""
    drawn = draw(
        st.lists(
            st.tuples(st.integers(0, 10**12), st.booleans(), st.sampled_from(PERIODS)), min_size=0, max_size=40
        )
    )
    return [
        a_charge(
            number,
            f"{millionths // 10**6}.{millionths % 10**6:06d}",
            period=period,
            reverses=number + 1000 if reversal else None,
        )
        for number, (millionths, reversal, period) in enumerate(drawn)
    ]


@given(some_costs(), st.integers(0, 10**9))
def test_numbers_have_no_gap(costs: list[Charge], last_seq: int) -> None:
    numbered, after = number_costs(costs, Standing(last_seq=last_seq, totals={}))
    assert [line.seq for line in numbered] == list(range(last_seq + 1, last_seq + len(costs) + 1))
    assert [line.cost for line in numbered] == costs
    assert after.last_seq == last_seq + len(costs)


@given(some_costs())
def test_each_running_total_follows_from_the_line_before(costs: list[Charge]) -> None:
    numbered, after = number_costs(costs, UNTOUCHED)
    for period in PERIODS:
        total = ZERO
        for line in (line for line in numbered if line.cost.booked_period == period):
            assert line.running_total == total + line.cost.amount
            total = line.running_total
        assert after.totals.get((period, "EUR"), ZERO) == total
    assert total_amount(list(after.totals.values())) == total_amount([cost.amount for cost in costs])


@given(some_costs(), st.integers(0, 40))
def test_where_a_batch_ends_changes_nothing(costs: list[Charge], cut: int) -> None:
    whole, after_whole = number_costs(costs, UNTOUCHED)
    first, between = number_costs(costs[:cut], UNTOUCHED)
    second, after = number_costs(costs[cut:], between)
    assert [*first, *second] == list(whole)
    assert after == after_whole


def test_a_reversal_may_come_before_its_original() -> None:
    numbered, after = number_costs([a_charge(2, "0.25", reverses=1), a_charge(1, "0.25")], UNTOUCHED)
    assert [line.running_total for line in numbered] == [Decimal("-0.25"), Decimal("0")]
    assert after.totals == {(date(2026, 10, 1), "EUR"): Decimal("0")}
