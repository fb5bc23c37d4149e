"""FreeSWITCH: documents and lines, which channel is a telephone leg, and one charge for a call's two legs."""

from pathlib import Path
from typing import Any

import pytest

from cli.adapters.documents import Record, records
from cli.adapters.freeswitch.calls import of_document
from cli.adapters.outcomes import FileRefused, Finding, Outcome
from contracts.events.call import LinkedCall
from tests.unit.adapters import exports
from tests.unit.adapters.exports import the_record
from tests.unit.adapters.imports import at, event_ids, imported, imported_file, reasons, summed

OUTSIDE, CALLER, DID = "12125550123", "13105550177", "2125550100"
TEN = 1709650800
"""10:00 in New York on 5 March 2024."""


def a_document(uuid: str = "a", direction: str | None = "inbound", **given: Any) -> dict[str, Any]:
    """An A-leg of extension 1001 to a number outside: 5 s of ringing, 60.4 s of talk.

    Variables are given by name; `caller`, `destination`, `context` and `came_to` go into the caller profiles.
    """
    caller = given.pop("caller", "1001")
    destination = given.pop("destination", OUTSIDE)
    latest = {"caller_id_number": caller, "destination_number": destination, "context": "default"}
    first = {
        **latest,
        "username": given.pop("username", caller),
        "context": given.pop("context", "default"),
        "destination_number": given.pop("came_to", destination),
    }
    variables = {
        "uuid": uuid,
        "start_uepoch": str(TEN * 1_000_000),
        "answer_uepoch": str((TEN + 5) * 1_000_000),
        "end_uepoch": str((TEN + 5) * 1_000_000 + 60_400_000),
        "billsec": "60",
        "billmsec": "60400",
        "hangup_cause": "NORMAL_CLEARING",
        **given,
    }
    return {
        "channel_data": {"direction": direction} if direction else {},
        "variables": variables,
        "callflow": [{"caller_profile": latest}, {"caller_profile": first}],
    }


def read(*documents: dict[str, Any], **given: Any) -> list[Outcome]:
    return imported("freeswitch-json", list(documents), region="US", **given)


def inbound(**given: Any) -> dict[str, Any]:
    came_in = {"caller": CALLER, "destination": "1001", "context": "public", "came_to": DID}
    return a_document(**(came_in | given))


COLUMNS = "caller_id_name,caller_id_number,destination_number,context,start_stamp,answer_stamp,end_stamp,duration,"
COLUMNS += "billsec,hangup_cause,uuid,bleg_uuid,accountcode"


def a_line(**given: Any) -> str:
    """A line of the default template: it puts a space before its last cell."""
    cells = {
        "caller_id_name": "Ada, of sales",
        "caller_id_number": "1001",
        "destination_number": OUTSIDE,
        "context": "default",
        "start_stamp": "2024-03-05 10:00:00",
        "answer_stamp": "2024-03-05 10:00:05",
        "end_stamp": "2024-03-05 10:01:05",
        "duration": "65",
        "billsec": "60",
        "hangup_cause": "NORMAL_CLEARING",
        "uuid": "a",
        "bleg_uuid": "",
        "accountcode": "",
    }
    *most, last = [f'"{cell}"' for cell in (cells | given).values()]
    return ",".join(most) + f", {last}"


def read_lines(*lines: str, **given: Any) -> list[Outcome]:
    options = {"region": "US", "timezone": "America/New_York", "profile": "default"} | given
    return imported("freeswitch-csv", "\n".join(lines), **{k: v for k, v in options.items() if v is not None})


def test_a_real_document_is_a_call_between_extensions(real_data: Path) -> None:
    file = real_data / "cdrs/freeswitch-json-cdr.json"
    assert reasons(imported_file("freeswitch-json", file, region="US")) == [((1,), "internal")]
    (document,) = records([file.read_bytes()], list_key="cdrs")
    assert isinstance(document, Record)
    call = of_document(document)
    assert (call.caller, call.destination, call.billed_ms) == ("1001", "1002", 67_540)
    assert (call.started_at, call.answered_at) == (
        at("2018-01-11T10:25:44.534355Z"),
        at("2018-01-11T10:25:47.954373Z"),
    )
    assert call.others == ("f52c26f1-b018-4963-bf6d-a3111d1a0320",)


def test_an_outbound_call_from_its_a_leg_alone() -> None:
    shown = {"effective_caller_id_number": "%2B12125550100", "bridge_uuid": "b"}
    record = the_record(read(a_document(**shown)))
    assert (record.direction, record.channel, record.other_party) == ("outbound", "manual", "+12125550123")
    assert (record.own_number, record.presented_caller_id, record.user_id) == (
        "+12125550100",
        "+12125550100",
        "1001",
    )
    assert (record.answered_at, record.billable_duration_ms) == (at("2024-03-05T15:00:05Z"), 60_400)
    assert (record.call_id, record.leg_id, record.disposition) == ("a", "b", "normal_clearing")


def test_of_both_legs_the_one_the_switch_dialled_is_charged() -> None:
    b_leg = a_document("b", "outbound", caller=DID, call_uuid="a", destination=f"9{OUTSIDE}", billmsec="60100")
    found = read(a_document(bridge_uuid="b"), b_leg, strip=("9",))
    record = the_record(found)
    assert (record.call_id, record.leg_id, record.billable_duration_ms) == ("a", "b", 60_100)
    assert (record.user_id, record.own_number) == ("1001", "+12125550100")
    assert reasons(found) == [((1,), "own_side"), ((2,), "stripped")]
    assert summed(found).rows == 2
    # The A-leg alone is the same leg, so importing both ways is a conflict and never a second charge.
    assert the_record(read(a_document(bridge_uuid="b"))).leg_id == record.leg_id


def test_an_inbound_call_names_the_number_it_came_to() -> None:
    found = read(inbound(), a_document("b", "outbound", caller=CALLER, destination="1001"))
    record = the_record(found)
    assert (record.direction, record.other_party, record.own_number) == ("inbound", "+13105550177", "+12125550100")
    assert record.user_id == "1001"
    assert reasons(found) == [((2,), "internal")]


def test_a_call_sent_on_outside_pays_two_legs_that_are_linked() -> None:
    b_leg = a_document("b", "outbound", caller=CALLER, destination=OUTSIDE, originator="a")
    first, second = exports.records(read(inbound(destination=OUTSIDE, bridge_uuid="b"), b_leg))
    assert (first.direction, second.direction) == ("inbound", "outbound")
    assert second.linked_call == LinkedCall(call_id="a", leg_id="a")
    assert second.call_id == first.call_id


def test_a_user_who_shows_a_whole_number_is_told_from_a_caller_by_the_context() -> None:
    assert the_record(read(a_document(caller=DID, username="1001"))).direction == "outbound"
    assert the_record(read(a_document(caller=DID, context="public"))).direction == "inbound"
    untold = a_document(caller=DID)
    for flow in untold["callflow"]:
        del flow["caller_profile"]["context"]
    (finding,) = read(untold)
    assert isinstance(finding, Finding)
    assert (finding.reason.key, finding.billed_s) == ("direction_untold", 60)
    assert the_record(read(untold, own=(DID,))).direction == "outbound"


def test_feature_codes_and_voicemail_are_inside() -> None:
    found = read(a_document(destination="*98"), a_document("b", destination="voicemail"))
    assert reasons(found) == [((1,), "internal"), ((2,), "internal")]


def test_a_queue_by_name_is_inbound() -> None:
    assert the_record(read(inbound(destination="queue-sales", context="default"))).direction == "inbound"


def test_an_import_again_is_the_same_events_and_a_record_twice_counts_once() -> None:
    assert event_ids(read(a_document())) == event_ids(read(a_document())) != []
    found = read(a_document(), a_document())
    assert reasons(found)[-1] == ((2,), "superseded")


def test_lines_of_the_default_template() -> None:
    record = the_record(read_lines(a_line(), a_line(uuid="b", destination_number="1002")))
    assert (record.started_at, record.answered_at) == (at("2024-03-05T15:00:00Z"), at("2024-03-05T15:00:05Z"))
    assert (record.ended_at, record.billable_duration_ms) == (at("2024-03-05T15:01:05Z"), 60_000)
    example = read_lines(a_line() + ',"PCMU","PCMU"', profile="example")
    assert the_record(example) == record


def test_lines_under_a_header() -> None:
    names = (
        "${uuid},${start_epoch},${end_epoch},${billmsec},caller_id_number,destination_number,context,hangup_cause"
    )
    line = f"a,{TEN},{TEN + 65},60400,1001,{OUTSIDE},default,NORMAL_CLEARING"
    record = the_record(read_lines(names, line, timezone=None, profile=None))
    assert (record.started_at, record.billable_duration_ms) == (at("2024-03-05T15:00:00Z"), 60_400)
    misspelt = read_lines(names + ",anser_epoch", line + ",1", timezone=None, profile=None)
    assert reasons(misspelt)[0] == ((1,), "unknown_column")
    with pytest.raises(FileRefused, match="--timezone is of no use"):
        read_lines(names, line, profile=None)


def test_a_call_that_was_not_answered() -> None:
    record = the_record(read_lines(a_line(answer_stamp="", billsec="0", hangup_cause="USER_BUSY")))
    assert (record.answered_at, record.billable_duration_ms, record.disposition) == (None, None, "user_busy")


def test_the_seconds_of_legs_whose_number_is_none_are_counted() -> None:
    sums = summed(read_lines(a_line(destination_number="1234567")))
    assert (sums.legs["outbound"].found, sums.legs["outbound"].billed_ms) == (1, 60_000)


def test_both_legs_in_a_file_that_does_not_say_which_is_which() -> None:
    found = read_lines(a_line(bleg_uuid="b"), a_line(uuid="b", billsec="59"))
    assert reasons(found) == [((1,), "direction_untold"), ((2,), "direction_untold")]


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        (a_line(destination_number="1234567"), "dialled_number", "destination_number 1234567"),
        (a_line(caller_id_name='Ada "the boss"'), "unreadable_row", "broken quoting"),
        (a_line() + ",1", "unreadable_row", "14 cells under 13 columns"),
        (a_line(billsec="600"), "unreadable_row", "the billed seconds do not agree"),
        (a_line(billsec="x"), "unreadable_row", "billsec is not a number"),
        (a_line(start_stamp="2024-11-03 01:30:00"), "unreadable_row", "start_stamp falls into an hour"),
        (a_line(start_stamp="5.3.2024"), "unreadable_row", "start_stamp is not a time"),
        (a_line(uuid=""), "unreadable_row", "uuid is missing"),
    ],
)
def test_what_is_not_published_and_why(line: str, reason: str, detail: str) -> None:
    found = read_lines(line, a_line(uuid="z"))
    findings = [one for one in found if isinstance(one, Finding) and one.rows == (1,)]
    assert [one.reason.key for one in findings] == [reason]
    assert findings[0].detail.startswith(detail)
    assert len(exports.records(found)) == 1


@pytest.mark.parametrize(
    ("lines", "given", "sentence"),
    [
        ((a_line(),), {"profile": None}, "line 1 names no column `uuid`"),
        ((a_line(),), {"profile": "asterisk"}, "choose one of default, example"),
        ((a_line(),), {"timezone": None}, "give --timezone, or add"),
        ((COLUMNS, a_line()), {}, "line 1 is a header, so --profile default is of no use"),
        ((COLUMNS.replace("billsec,", ""),), {"profile": None}, "lacks billusec or billmsec or billsec; add them"),
        ((COLUMNS + ",uuid",), {"profile": None}, "names a column twice"),
        ((), {}, "the file is empty"),
    ],
)
def test_a_file_that_cannot_be_read(lines: tuple[str, ...], given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(FileRefused, match=sentence.replace("`", ".")):
        read_lines(*lines, **given)
