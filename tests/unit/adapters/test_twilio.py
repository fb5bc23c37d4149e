"""Twilio: calls of a list as legs, billed for what Twilio bills, linked to the call that dialled them."""

from pathlib import Path
from typing import Any

import pytest

from cli.adapters.outcomes import Finding
from contracts.events.call import LinkedCall
from tests.unit.adapters.exports import records, the_record
from tests.unit.adapters.imports import at, event_ids, imported, imported_file, reasons, summed


def a_call(**given: Any) -> dict[str, Any]:
    """An outbound call a program made: a minute, 45 s of it answered."""
    call = {
        "sid": "CA1",
        "direction": "outbound-api",
        "status": "completed",
        "from": "+12125550100",
        "to": "+13105550177",
        "start_time": "Tue, 05 Mar 2024 15:00:00 +0000",
        "end_time": "Tue, 05 Mar 2024 15:01:00 +0000",
        "duration": "45",
        "date_updated": "Tue, 05 Mar 2024 15:01:05 +0000",
        "date_created": "Tue, 05 Mar 2024 14:59:59 +0000",
        "parent_call_sid": None,
        "answered_by": None,
    }
    return call | given


def test_a_real_answer_of_the_api(real_data: Path) -> None:
    found = imported_file("twilio", real_data / "cdrs/twilio-calls-list.json")
    out, inbound = records(found)
    assert (out.direction, out.channel, out.other_party) == ("outbound", "dialer", "+13051913581")
    assert (out.own_number, out.billable_duration_ms) == ("+13051416799", 4_000)
    assert (inbound.direction, inbound.other_party, inbound.own_number) == (
        "inbound",
        "+13051416798",
        "+13051913580",
    )
    assert inbound.linked_call is not None
    assert summed(found).rows == 2
    assert reasons(found) == []


def test_a_completed_call_is_billed_for_its_duration_up_to_its_end() -> None:
    record = the_record(imported("twilio", a_call()))
    assert (record.answered_at, record.ended_at) == (at("2024-03-05T15:00:15Z"), at("2024-03-05T15:01:00Z"))
    assert (record.billable_duration_ms, record.channel, record.disposition) == (
        45_000,
        "click_to_call",
        "completed",
    )


@pytest.mark.parametrize("status", ["busy", "failed", "no-answer", "canceled"])
def test_a_call_that_was_not_answered_costs_nothing(status: str) -> None:
    record = the_record(imported("twilio", a_call(status=status, duration=None, start_time=None, end_time=None)))
    assert (record.answered_at, record.started_at) == (None, at("2024-03-05T14:59:59Z"))


@pytest.mark.parametrize(
    ("direction", "ours", "channel"),
    [
        ("inbound", "inbound", "inbound"),
        ("trunking-originating", "inbound", "inbound"),
        ("trunking-terminating", "outbound", "manual"),
        ("outbound-dial", "outbound", "manual"),
    ],
)
def test_directions(direction: str, ours: str, channel: str) -> None:
    record = the_record(imported("twilio", a_call(direction=direction)))
    assert (record.direction, record.channel) == (ours, channel)
    assert record.own_number == ("+13105550177" if ours == "inbound" else "+12125550100")


def test_a_call_that_another_dialled_is_linked_to_it() -> None:
    record = the_record(imported("twilio", a_call(parent_call_sid="CA0", direction="outbound-dial")))
    assert record.linked_call == LinkedCall(call_id="CA0", leg_id="CA0")


def test_the_latest_update_wins_and_an_import_again_is_the_same_events() -> None:
    later = a_call(duration="46", date_updated="Tue, 05 Mar 2024 16:01:05 +0100")
    assert the_record(imported("twilio", later)).revision == the_record(imported("twilio", a_call())).revision
    later["date_updated"] = "Tue, 05 Mar 2024 16:01:06 +0100"
    found = imported("twilio", {"calls": [later, a_call()]})
    assert the_record(found).billable_duration_ms == 46_000
    assert reasons(found) == [((2,), "superseded")]
    assert event_ids(imported("twilio", a_call())) == event_ids(imported("twilio", a_call())) != []


@pytest.mark.parametrize(
    ("given", "reason", "detail"),
    [
        ({"status": "in-progress"}, "still_open", "in-progress"),
        ({"status": "stunned"}, "unknown_kind", "status stunned"),
        ({"direction": "sideways"}, "unknown_kind", "direction sideways"),
        ({"to": "client:ada"}, "internal", "to"),
        ({"to": "sip:desk@example.com"}, "dialled_number", "to sip:desk@example.com"),
        ({"duration": None}, "unreadable_row", "duration is missing, though it is completed"),
        ({"date_updated": None}, "unreadable_row", "date_updated is missing"),
        ({"end_time": "yesterday"}, "unreadable_row", "end_time is not a time like"),
        ({"end_time": "Tue, 05 Mar 2024 15:01:00 -0000"}, "unreadable_row", "end_time has no offset"),
        ({"sid": None}, "unreadable_row", "sid is missing"),
        ({"end_time": "Tue, 05 Mar 2024 14:00:00 +0000"}, "invalid_record", "it ended before it started"),
    ],
)
def test_what_is_not_published_and_why(given: dict[str, Any], reason: str, detail: str) -> None:
    (finding,) = imported("twilio", a_call(**given))
    assert isinstance(finding, Finding)
    assert finding.reason.key == reason
    assert finding.detail.startswith(detail)


def test_a_caller_without_a_telephone_is_withheld() -> None:
    found = imported(
        "twilio", a_call(direction="inbound", **{"from": "sip:desk@example.com", "to": "sip:app@host"})
    )
    assert the_record(found).other_party == "withheld"
    assert reasons(found) == [((1,), "caller_number"), ((1,), "no_own_number")]
