"""Our own CSV and JSON lines: what is read, and what is named with its row."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cli.adapters import jsonl, neutral_csv
from cli.adapters.lines import decoded
from cli.adapters.numbers import NumberRules
from cli.adapters.outcomes import FileRefused, Finding, Leg, Outcome, Reason
from contracts.events.call import CALL_RECORDED
from contracts.events.envelope import encode
from tests.unit.adapters.exports import the_record

HEADER = "call_id,leg_id,direction,channel,own_number,other_party,disposition,started_at,answered_at,ended_at"
GOOD = (
    "c1,1,outbound,manual,2125550100,12125550123,answered,"
    "2024-03-05 10:00:00,2024-03-05 10:00:05,2024-03-05 10:01:05"
)

OPTIONS = neutral_csv.CsvOptions(
    account_id="acme", zone=ZoneInfo("America/New_York"), rules=NumberRules(region="US")
)


def from_csv(*lines: str) -> list[Outcome]:
    return list(neutral_csv.read(lines, OPTIONS))


def a_call(**given: Any) -> dict[str, Any]:
    return {
        "account_id": "acme",
        "call_id": "c1",
        "leg_id": "1",
        "direction": "outbound",
        "channel": "manual",
        "other_party": "+12125550123",
        "disposition": "answered",
        "started_at": "2024-03-05T15:00:00Z",
        "answered_at": "2024-03-05T15:00:05Z",
        "ended_at": "2024-03-05T15:01:05Z",
        **given,
    }


def from_jsonl(*values: Any) -> list[Outcome]:
    lines = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return list(jsonl.read(lines, account_id="acme"))


def the_finding(outcomes: list[Outcome]) -> Finding:
    (finding,) = outcomes
    assert isinstance(finding, Finding)
    return finding


def test_csv_reads_local_times_and_national_numbers() -> None:
    record = the_record(from_csv(HEADER, GOOD))
    assert (record.own_number, record.other_party) == ("+12125550100", "+12125550123")
    assert record.answered_at == datetime(2024, 3, 5, 15, 0, 5, tzinfo=UTC)
    assert (record.revision, record.voided, record.billable_duration_ms) == (1, False, None)


def test_csv_reads_every_field() -> None:
    header = ",".join(neutral_csv.COLUMNS)
    given = a_call(
        revision="2",
        voided="true",
        own_number="withheld",
        presented_caller_id="internal:7",
        user_id="ada",
        team_id="blue",
        queue_id="sales",
        campaign_id="spring",
        billable_duration_ms="59000",
        unit_override="unit-1",
        linked_call_id="c0",
        linked_leg_id="9",
    )
    record = the_record(from_csv(header, ",".join(str(given[name]) for name in neutral_csv.COLUMNS)))
    assert (record.revision, record.voided, record.billable_duration_ms) == (2, True, 59_000)
    assert record.linked_call is not None
    assert (record.linked_call.call_id, record.linked_call.leg_id) == ("c0", "9")
    assert (record.own_number, record.presented_caller_id) == ("withheld", "internal:7")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("12125550123", "911", Reason.DIALLED_NUMBER),
        ("12125550123", "", Reason.INVALID_RECORD),
        ("2125550100", "x", Reason.UNREADABLE_ROW),
        ("10:01:05", "09:01:05", Reason.INVALID_RECORD),
        ("2024-03-05 10:00:05", "2024-03-05 10:02:05", Reason.INVALID_RECORD),
        ("2024-03-05 10:01:05", "9999-03-05 10:01:05", Reason.INVALID_RECORD),
        ("2024-03-05 10:01:05", "2024-11-03 01:30:00", Reason.UNREADABLE_ROW),
        ("2024-03-05 10:01:05", "2024-03-10 02:30:00", Reason.UNREADABLE_ROW),
        ("2024-03-05 10:01:05", "1709650865", Reason.INVALID_RECORD),
        ("outbound", "sideways", Reason.INVALID_RECORD),
        ("c1,", "c 1,", Reason.INVALID_RECORD),
        ("c1,", "c1,c1,", Reason.UNREADABLE_ROW),
        ("answered,", '"ans"wered,', Reason.UNREADABLE_ROW),
    ],
)
def test_csv_names_the_row_that_cannot_be_read_and_goes_on(old: str, new: str, reason: Reason) -> None:
    first, second = from_csv(HEADER, GOOD.replace(old, new, 1), GOOD.replace("c1", "c2"))
    assert isinstance(first, Finding)
    assert (first.rows, first.reason) == ((2,), reason)
    assert the_record([second]).call_id == "c2"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "is empty"),
        ("call_id,leg_id", "lacks direction, channel"),
        (HEADER.replace("answered_at", "anwsered_at"), "names anwsered_at, which"),
        (HEADER + ",call_id", "a column twice"),
        ('"call_id', "not CSV"),
    ],
)
def test_csv_refuses_a_header_that_would_lose_something(header: str, said: str) -> None:
    with pytest.raises(FileRefused, match=said):
        from_csv(header, GOOD)


def test_csv_of_another_account_is_not_published() -> None:
    finding = the_finding(from_csv(HEADER + ",account_id", GOOD + ",other"))
    assert finding.reason is Reason.INVALID_RECORD
    assert "acme" in finding.detail


def test_csv_holds_one_line_at_a_time() -> None:
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        yield HEADER
        while True:
            taken += 1
            yield GOOD

    outcomes = neutral_csv.read(lines(), OPTIONS)
    for _ in range(3):
        next(outcomes)
    assert taken == 3


def test_json_lines_bare_and_enveloped() -> None:
    record = the_record(from_jsonl(a_call()))
    enveloped = encode(kind=CALL_RECORDED, event_id="e-1", source="pbx", time=record.ended_at, data=record).decode()
    bare, from_envelope = from_jsonl(a_call(a_field_of_tomorrow=1), enveloped)
    assert isinstance(bare, Leg) and isinstance(from_envelope, Leg)
    assert bare.record == from_envelope.record == record
    assert (bare.event_id, bare.source) == (None, None)
    assert (from_envelope.event_id, from_envelope.source) == ("e-1", "pbx")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", Reason.UNREADABLE_ROW),
        ("[1]", Reason.UNREADABLE_ROW),
        ("x" * 1_000_000, Reason.UNREADABLE_ROW),
        ('{"specversion": "1.0"}', Reason.UNREADABLE_ROW),
        ('{"answered_at": NaN}', Reason.UNREADABLE_ROW),
        (a_call(billable_duration_ms=-1), Reason.INVALID_RECORD),
        (a_call(billable_duration_ms="60000"), Reason.INVALID_RECORD),
        (a_call(other_party="+١٢١٢٥٥٥٠١٢٣"), Reason.INVALID_RECORD),
        (a_call(ended_at="2024-03-05T14:00:00Z"), Reason.INVALID_RECORD),
        (a_call(account_id="other"), Reason.INVALID_RECORD),
        (a_call(started_at="1000-03-05T14:00:00Z"), Reason.INVALID_RECORD),
    ],
)
def test_a_bad_json_line_is_named(line: Any, reason: Reason) -> None:
    assert the_finding(from_jsonl(line)).reason is reason


def test_an_event_of_another_type_is_named() -> None:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "pbx",
        "type": "other.v1",
        "time": "2024-03-05T15:00:00Z",
        "data": {},
    }
    assert "other.v1" in the_finding(from_jsonl(event)).detail


def test_bytes_become_lines(tmp_path: Path) -> None:
    file = tmp_path / "calls"
    file.write_bytes(b"\xef\xbb\xbfa\r\nJos\xc3\xa9\nJos\xe9\n\x00")
    with file.open("rb") as opened:
        assert list(decoded(opened)) == ["a", "José", "José", "\x00"]
