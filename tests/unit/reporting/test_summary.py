"""A period's summary has every unit, sums to its total exactly, and its shares sum to one."""

from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.rollup import NOTHING, Quantities
from services.reporting.domain.summary import CostRow, MixedCurrencies, shares_of, summarise

amounts = st.decimals(min_value=-1000, max_value=10**9, places=6)


def a_row(unit: str | None, amount: str | Decimal, currency: str = "EUR") -> CostRow:
    found = Quantities(calls=1, duration_ms=60_000, billed_s=60, amount=Decimal(amount))
    return CostRow(unit_id=unit, currency=currency, quantities=found)


@given(st.lists(amounts, max_size=30))
def test_shares_sum_to_one(found: list[Decimal]) -> None:
    shares = shares_of(found)
    assert len(shares) == len(found)
    assert sum(shares) == (1 if any(amount > 0 for amount in found) else 0)
    assert all(share >= 0 for share in shares)
    assert all(share == 0 for share, amount in zip(shares, found, strict=True) if amount <= 0)


@given(st.dictionaries(st.sampled_from(["a", "b", "c", None]), amounts))
def test_lines_sum_to_the_total(costs: dict[str | None, Decimal]) -> None:
    rows = [a_row(unit, amount) for unit, amount in costs.items()]
    found = summarise(rows, units=["a", "b", "idle"], currency="EUR")
    assert reduce(lambda total, line: total + line.row.quantities, found.lines, NOTHING) == found.total
    assert {line.row.unit_id for line in found.lines} == {*costs, "a", "b", "idle", None}


def test_units_without_costs_have_a_line_and_unassigned_is_last() -> None:
    found = summarise([a_row("b", "3"), a_row(None, "1")], units=["c", "b"], currency="EUR")
    assert [line.row.unit_id for line in found.lines] == ["b", "c", None]
    assert [line.share for line in found.lines] == [Decimal("0.75"), Decimal(0), Decimal("0.25")]
    assert found.total.amount == Decimal(4)


def test_nothing_booked_is_all_zeros() -> None:
    found = summarise([], units=["a"], currency="EUR")
    assert [line.row.unit_id for line in found.lines] == ["a", None]
    assert found.total == NOTHING


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(MixedCurrencies, match="USD"):
        summarise([a_row("a", "1"), a_row("a", "1", "USD")], units=[], currency="EUR")
