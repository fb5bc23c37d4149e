"""The chart: bars as high as their amounts on one scale, nothing beyond its box, credits below zero."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.chart import HEIGHT, day_chart

FIRST = date(2026, 6, 1)
DAYS = [FIRST + timedelta(days=place) for place in range(5)]
AMOUNTS = st.decimals("-9999999", "9999999", places=6)


@given(st.dictionaries(st.tuples(st.sampled_from(DAYS), st.sampled_from(["a", "b", "c"])), AMOUNTS))
def test_every_piece_is_inside_and_as_high_as_its_amount(amounts: dict[tuple[date, str], Decimal]) -> None:
    chart = day_chart(DAYS, ["a", "b", "c"], amounts)
    unit = chart.ticks[0] - chart.ticks[-1]
    for bar in chart.bars:
        assert bar.amount == sum(amounts.get((bar.on, name), Decimal(0)) for name in ("a", "b", "c"))
        for part in bar.parts:
            amount = amounts[bar.on, "abc"[part.place]]
            assert 0 <= part.y <= part.y + part.height <= HEIGHT + 1
            assert abs(part.height - HEIGHT * abs(amount) / unit) <= 1
            assert (part.y >= chart.zero_y) if amount < 0 else (part.y + part.height <= chart.zero_y)


@pytest.mark.parametrize(
    ("amounts", "ticks"),
    [
        ({}, ["1", "0"]),
        ({"a": "0.9"}, ["1.0", "0.5", "0.0"]),
        ({"a": "70", "b": "21"}, ["100", "50", "0"]),
        ({"a": "3.8"}, ["4", "3", "2", "1", "0"]),
        ({"a": "3", "b": "-1.5"}, ["3", "2", "1", "0", "-1", "-2"]),
        ({"a": "-2"}, ["0.0", "-0.5", "-1.0", "-1.5", "-2.0"]),
    ],
)
def test_ticks_are_round_and_hold_zero(amounts: dict[str, str], ticks: list[str]) -> None:
    chart = day_chart(DAYS[:1], ["a", "b"], {(FIRST, name): Decimal(amount) for name, amount in amounts.items()})
    assert chart.ticks == [Decimal(tick) for tick in ticks]


def test_pieces_of_a_bar_lie_on_each_other_without_a_gap() -> None:
    thirds = {(FIRST, name): Decimal("1.333333") for name in ("a", "b", "c")}
    parts = day_chart(DAYS[:1], ["a", "b", "c"], thirds).bars[0].parts
    assert all(upper.y + upper.height == lower.y for lower, upper in pairwise(parts))
