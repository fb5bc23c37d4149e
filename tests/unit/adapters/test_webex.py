"""Webex Calling: one leg for a line through a queue, one for each call out, and the rest by reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.adapters.outcomes import Finding
from contracts.events.call import LinkedCall
from tests.unit.adapters.exports import records, the_record
from tests.unit.adapters.imports import at, event_ids, imported, reasons, summed


def an_item(
    report: str = "r1", start: str = "00:00", answer: str | None = "00:05", end: str = "01:05", **given: Any
) -> dict[str, Any]:
    """A user's call to a number outside; times are minutes and seconds after ten."""
    item = {
        "Report ID": report,
        "Report time": "2024-03-05T10:20:00.000Z",
        "Correlation ID": "c1",
        "Direction": "ORIGINATING",
        "Call type": "SIP_NATIONAL",
        "Start time": f"2024-03-05T10:{start}.000Z",
        "Answered": "true" if answer else "false",
        "Answer time": f"2024-03-05T10:{answer}.000Z" if answer else "",
        "Release time": f"2024-03-05 10:{end}.000",
        "Calling number": "+12125550100",
        "Called number": "+13105550177",
        "User type": "User",
        "User UUID": "u1",
        "Call outcome reason": "Normal",
    }
    return item | {name.replace("_", " "): value for name, value in given.items()}


def inbound(
    report: str = "r1", start: str = "00:00", answer: str | None = "00:05", end: str = "01:05", **given: Any
) -> dict[str, Any]:
    came_in = {
        "Direction": "TERMINATING",
        "Call_type": "SIP_INBOUND",
        "Calling_number": "+13105550177",
        "Called_number": "+12125550100",
    }
    return an_item(report, start, answer, end, **(came_in | given))


def read(*items: dict[str, Any]) -> Any:
    return imported("webex", {"items": list(items)})


def test_the_documentations_own_answer_has_times_that_disagree(real_data: Path) -> None:
    document = json.loads((real_data / "cdrs/webex-detailed-call-history.json").read_text())
    answer = document["responseExamples"][0]["example"]
    (finding,) = imported("webex", answer)
    assert isinstance(finding, Finding)
    # It was released three years after it was answered, by its Release time, and after 36 s by its Duration.
    assert finding.detail == "Duration does not agree with Answer time and Release time"
    answer["items"][0]["Release time"] = "2020-05-14 11:01:52.621"
    assert reasons(imported("webex", answer)) == [((1,), "internal")]


def test_a_call_out() -> None:
    record = the_record(read(an_item(External_caller_ID_number="+12125550199", Duration=60)))
    assert (record.direction, record.other_party, record.user_id) == ("outbound", "+13105550177", "u1")
    assert (record.own_number, record.presented_caller_id) == ("+12125550199", "+12125550199")
    assert (record.answered_at, record.ended_at) == (at("2024-03-05T10:00:05Z"), at("2024-03-05T10:01:05Z"))
    assert (record.call_id, record.leg_id, record.disposition) == ("c1", "r1", "normal")


def test_a_line_through_a_queue_is_one_leg_from_the_first_answer_to_the_last_release() -> None:
    queue = inbound("q", "00:00", "00:01", "01:00", User_type="CallCenterStandard", User_UUID="queue-1")
    missed = inbound("m", "00:10", None, "00:20", User_UUID="u2")
    agent = inbound("a", "00:20", "00:30", "03:00", User_UUID="u3")
    found = read(agent, missed, queue)
    record = the_record(found)
    assert (record.answered_at, record.ended_at) == (at("2024-03-05T10:00:01Z"), at("2024-03-05T10:03:00Z"))
    assert (record.user_id, record.queue_id, record.own_number) == ("u3", "queue-1", "+12125550100")
    assert summed(found).rows == 3


def test_a_call_forwarded_outside_has_two_legs_that_are_linked() -> None:
    first, second = records(read(inbound(), an_item("r2", "00:02", "00:10", "01:05", Called_number="+14155550123")))
    assert (first.direction, second.direction) == ("inbound", "outbound")
    assert second.linked_call == LinkedCall(call_id="c1", leg_id=first.leg_id)


def test_the_other_partys_record_is_the_own_side_where_the_leg_is_there() -> None:
    gateway = an_item("r2", Direction="TERMINATING", User_type="LocalGateway")
    assert reasons(read(an_item(), gateway)) == [((2,), "own_side")]
    assert reasons(read(gateway)) == [((1,), "unknown_kind")]
    assert reasons(read(inbound(), inbound("r3", Direction="ORIGINATING"))) == [((2,), "own_side")]


def test_the_latest_report_wins_and_an_import_again_is_the_same_events() -> None:
    later = an_item(Report_time="2024-03-05T10:20:01.000Z", Call_outcome_reason="UserBusy")
    for items in ((an_item(), later), (later, an_item())):
        assert the_record(read(*items)).disposition == "userbusy"
        assert [reason for _, reason in reasons(read(*items))] == ["superseded"]
    assert the_record(read(later)).revision == the_record(read(an_item())).revision + 1
    assert event_ids(read(inbound(), an_item("r2"))) == event_ids(read(inbound(), an_item("r2"))) != []


@pytest.mark.parametrize(
    ("item", "reason", "detail"),
    [
        (an_item(Call_type="SIP_ENTERPRISE"), "internal", "ORIGINATING SIP_ENTERPRISE"),
        (an_item(Call_type="UNKNOWN"), "unknown_kind", "ORIGINATING UNKNOWN"),
        (an_item(Called_number="911", Call_type="SIP_EMERGENCY"), "dialled_number", "Called number 911"),
        (an_item(Answered="perhaps"), "unreadable_row", "Answered is neither true nor false"),
        (an_item(Answer_time=None), "unreadable_row", "Answer time is missing"),
        (an_item(Duration=600), "unreadable_row", "Duration does not agree"),
        (an_item(Start_time="10:00"), "unreadable_row", "Start time is not an instant"),
        (an_item(end="00:03", Answer_time="2024-03-05T10:00:05Z"), "invalid_record", "it was not answered between"),
    ],
)
def test_what_is_not_published_and_why(item: dict[str, Any], reason: str, detail: str) -> None:
    (finding,) = read(item)
    assert isinstance(finding, Finding)
    assert finding.reason.key == reason
    assert finding.detail.startswith(detail)


def test_a_call_that_was_not_answered_and_numbers_that_are_none() -> None:
    found = read(inbound(answer=None, Calling_number="Anonymous", Called_number="2001"))
    assert (the_record(found).answered_at, the_record(found).other_party) == (None, "withheld")
    assert reasons(found) == [((1,), "no_own_number")]
    assert reasons(read(inbound(Calling_number="x7"))) == [((1,), "caller_number")]
