"""Events are written in one form only, and what was written is read back as it was."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.events.envelope import HEAD, encode, to_json
from contracts.events.fields import Amount, Day, Email, ExactAmount, Instant, Name
from contracts.events.period import PERIOD_STATE_CHANGED, PeriodState

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
AMOUNT: TypeAdapter[Decimal] = TypeAdapter(Amount)
EXACT_AMOUNT: TypeAdapter[Decimal] = TypeAdapter(ExactAmount)
DAY: TypeAdapter[date] = TypeAdapter(Day)
AMOUNTS = st.decimals(min_value=-(10**13), max_value=10**13, places=6)
EXACT_AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=24, allow_nan=False)
INSTANTS = st.datetimes(
    min_value=datetime(2000, 1, 2),  # noqa: DTZ001 - Hypothesis takes naive bounds and adds the zone
    max_value=datetime(2099, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC) | st.integers(-840, 840).map(lambda m: timezone(timedelta(minutes=m))),
)
HEAD_FIELDS = {
    "specversion": "1.0",
    "id": "1",
    "source": "pbx",
    "type": "ringledger.call-recorded.v1",
    "time": "2026-06-02T08:00:00Z",
}


@given(amount=AMOUNTS)
def test_an_amount_survives_the_wire(amount: Decimal) -> None:
    read = AMOUNT.validate_json(to_json(amount))
    assert (read, read.as_tuple().exponent) == (amount, -6)
    assert AMOUNT.dump_json(amount) == to_json(amount)


@given(amount=EXACT_AMOUNTS)
def test_an_exact_amount_survives_the_wire_and_has_no_exponent(amount: Decimal) -> None:
    assert EXACT_AMOUNT.validate_json(to_json(amount)) == amount
    assert b"E" not in to_json(amount)


@given(instant=INSTANTS)
def test_an_instant_survives_the_wire(instant: datetime) -> None:
    assert INSTANT.validate_json(to_json(instant)) == instant
    assert INSTANT.validate_json(INSTANT.dump_json(instant)) == instant


@given(day=st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)))
def test_a_day_survives_the_wire(day: date) -> None:
    assert DAY.validate_json(to_json(day)) == day
    assert DAY.dump_json(day) == to_json(day)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("1E+3"), b'"1000"'),
        (Decimal("0E-6"), b'"0.000000"'),
        (Decimal("0.0000001"), b'"0.0000001"'),
        (datetime(2026, 6, 2, 8, tzinfo=UTC), b'"2026-06-02T08:00:00Z"'),
        (datetime(2026, 6, 2, 8, 0, 0, 5, tzinfo=UTC), b'"2026-06-02T08:00:00.000005Z"'),
        ({"b": 1, "a": None}, b'{"b":1,"a":null}'),
    ],
)
def test_values_are_written_in_one_form(value: object, written: bytes) -> None:
    assert to_json(value) == written


def test_what_has_no_place_in_a_message_is_refused() -> None:
    with pytest.raises(TypeError):
        to_json({"x": object()})


@pytest.mark.parametrize(
    "text",
    [
        "1.0000001",
        "1e3",
        "1E+1000000",
        "NaN",
        "Infinity",
        "+1",
        ".5",
        "5.",
        "",
        " 1",
        "1\n",
        "1_000",
        "1,5",
        "１２",
        "١٢",
        "123456789012345",
        "--1",
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        AMOUNT.validate_json(json.dumps(text))


@pytest.mark.parametrize("token", ["1", "0.1", "true", "null", "NaN", "[]"])
def test_an_amount_that_is_no_text_is_refused(token: str) -> None:
    with pytest.raises(ValidationError):
        AMOUNT.validate_json(token)


@pytest.mark.parametrize("amount", [1, 0.1, "1", True])
def test_in_python_an_amount_is_a_decimal(amount: Any) -> None:
    with pytest.raises(ValidationError):
        AMOUNT.validate_python(amount)


@pytest.mark.parametrize(
    ("kind", "text", "accepted"),
    [
        (Name, "Ada Løvelace 😀", True),
        (Name, "", False),
        (Name, "a\tb", False),
        (Name, "a\0b", False),
        (Name, "x" * 201, False),
        (Email, "ada@example.org", True),
        (Email, "ada", False),
        (Email, "a b@example.org", False),
        (Email, "ada@example.org\0", False),
        (Email, "a" * 250 + "@b.org", False),
    ],
)
def test_text_that_would_abort_a_batch_is_refused(kind: Any, text: str, accepted: bool) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    if accepted:
        assert adapter.validate_json(json.dumps(text)) == text
    else:
        with pytest.raises(ValidationError):
            adapter.validate_json(json.dumps(text))


@pytest.mark.parametrize(
    ("field", "value"),
    [("specversion", "0.3"), ("id", ""), ("id", 1), ("source", "a b"), ("time", 1543540774), ("type", None)],
)
def test_a_wrong_head_is_refused(field: str, value: object) -> None:
    assert HEAD.validate_json(json.dumps(HEAD_FIELDS))
    with pytest.raises(ValidationError):
        HEAD.validate_json(json.dumps(HEAD_FIELDS | {field: value}))


def test_an_event_is_written_in_structured_mode() -> None:
    at = datetime(2026, 6, 2, 8, tzinfo=UTC)
    state = PeriodState(account_id="a", booked_period=date(2026, 6, 1), version=1, phase="open", changed_at=at)
    written = encode(kind=PERIOD_STATE_CHANGED, event_id="e-1", source="ledger", time=at, data=state)
    assert json.loads(written) == {
        "specversion": "1.0",
        "id": "e-1",
        "source": "ledger",
        "type": "ringledger.period-state-changed.v1",
        "time": "2026-06-02T08:00:00Z",
        "datacontenttype": "application/json",
        "data": {
            "account_id": "a",
            "booked_period": "2026-06-01",
            "version": 1,
            "phase": "open",
            "changed_at": "2026-06-02T08:00:00Z",
        },
    }
