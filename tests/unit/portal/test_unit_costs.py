"""A unit's costs of a period, and how they compare with the same days of the period before."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.values.calendar import period_of
from services.portal.domain.moves import in_column
from services.portal.domain.unit_costs import category_name, compared, period_name, read_costs, same_days_before

JUNE = (date(2026, 6, 1), date(2026, 7, 1))


def a_row(day: str, amount: str, *, category: str = "call", calls: int = 1) -> dict[str, object]:
    return {
        "use_on": day,
        "category": category,
        "currency": "EUR",
        "amount": amount,
        "calls": calls,
        "billed_s": 45,
    }


def test_sums_by_day_and_by_category_dearest_first() -> None:
    rows = [
        a_row("2026-06-01", "1.250000"),
        a_row("2026-06-03", "0.500000", calls=2),
        a_row("2026-06-03", "4.000000", category="recording"),
    ]
    costs = read_costs(rows, JUNE)
    assert list(costs.categories) == ["recording", "call"]
    assert (costs.total.amount, costs.total.calls, costs.total.minutes) == (Decimal("5.750000"), 4, 2)
    assert len(costs.by_day) == 30
    assert costs.by_day[date(2026, 6, 3)].amount == Decimal("4.500000")
    assert costs.amount_of(date(2026, 6, 2), "call") == 0


@pytest.mark.parametrize(
    ("now", "before", "percent"),
    [
        ("112", "100", 12),
        ("88", "100", -12),
        ("100", "100", 0),
        ("1", "3", -67),
        ("5", "0", None),
        ("5", "-1", None),
    ],
)
def test_compared(now: str, before: str, percent: int | None) -> None:
    assert compared(Decimal(now), Decimal(before)) == percent


@pytest.mark.parametrize(
    ("today", "anchor_day", "done", "before"),
    [
        ("2026-06-11", 1, ("2026-06-01", "2026-06-11"), ("2026-05-01", "2026-05-11")),
        ("2026-06-01", 1, ("2026-06-01", "2026-06-01"), ("2026-05-01", "2026-05-01")),
        ("2026-03-31", 1, ("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-03-01")),
        ("2026-06-20", 15, ("2026-06-15", "2026-06-20"), ("2026-05-15", "2026-05-20")),
    ],
)
def test_only_complete_days_are_compared(
    today: str, anchor_day: int, done: tuple[str, str], before: tuple[str, str]
) -> None:
    day = date.fromisoformat(today)
    spans = same_days_before(period_of(day, anchor_day=anchor_day), day, anchor_day)
    assert [(first.isoformat(), end.isoformat()) for first, end in spans] == [done, before]


def test_a_period_is_called_by_its_month_or_its_days() -> None:
    assert period_name(period_of(date(2026, 6, 5))) == "June 2026"
    assert period_name(period_of(date(2026, 6, 20), anchor_day=15)) == "2026-06-15 to 2026-07-14"


@pytest.mark.parametrize(
    ("amount", "currency", "parts"),
    [
        ("1127.5", "EUR", ("1,127.50", "0000")),
        ("-0.000001", "EUR", ("-0.00", "0001")),
        ("12", "JPY", ("12", ".000000")),
        ("1.5", "KWD", ("1.500", "000")),
    ],
)
def test_amounts_of_a_column_have_the_same_decimals(amount: str, currency: str, parts: tuple[str, str]) -> None:
    assert in_column(Decimal(amount), currency) == parts


@pytest.mark.parametrize(
    ("category", "called"),
    [("call", "Calls"), ("message", "Messages"), ("metered", "Metered use"), ("gb_x", "Gb x")],
)
def test_a_category_is_called_as_people_call_it(category: str, called: str) -> None:
    assert category_name(category) == called
