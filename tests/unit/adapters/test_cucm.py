"""Cisco CUCM: outside legs by number, device and trunk; a leg runs through the rows of a transfer."""

from pathlib import Path
from typing import Any

import pytest

from cli.adapters.cucm.rows import NEEDED
from cli.adapters.outcomes import FileRefused, Finding, Outcome
from contracts.events.call import LinkedCall
from tests.unit.adapters.exports import records, the_record
from tests.unit.adapters.imports import at, event_ids, imported, imported_file, reasons, summed

HEADER = (
    *NEEDED,
    "globalCallId_ClusterID",
    "callingPartyUnicodeLoginUserID",
    "finalCalledPartyUnicodeLoginUserID",
    "outpulsedCallingPartyNumber",
    "outpulsedCalledPartyNumber",
    "origCalledPartyRedirectReason",
    "huntPilotDN",
)
TEN = 1709650800
"""10:00 in New York on 5 March 2024."""

OUTSIDE, OTHER_OUTSIDE, DID = "12125550123", "13105550177", "2125550100"


def a_row(start: int = 0, *, ring: int = 5, seconds: int = 60, **given: Any) -> str:
    """An outbound call of extension 2001; seconds after ten. Not connected when it lasts 0 seconds."""
    connected = TEN + start + ring if seconds else 0
    cells = dict.fromkeys(HEADER, "0") | {
        "cdrRecordType": "1",
        "globalCallID_callManagerId": "2",
        "globalCallID_callId": "77",
        "globalCallId_ClusterID": "C1",
        "origLegCallIdentifier": "101",
        "destLegIdentifier": "102",
        "dateTimeOrigination": TEN + start,
        "dateTimeConnect": connected,
        "dateTimeDisconnect": TEN + start + ring + seconds,
        "duration": seconds,
        "callingPartyNumber": "2001",
        "originalCalledPartyNumber": OUTSIDE,
        "finalCalledPartyNumber": OUTSIDE,
        "origCause_value": "16",
        "origDeviceName": "SEP00112233AABB",
        "destDeviceName": "SIPTrunk",
        "callingPartyUnicodeLoginUserID": "",
        "finalCalledPartyUnicodeLoginUserID": "",
        "outpulsedCallingPartyNumber": "",
        "outpulsedCalledPartyNumber": "",
        "huntPilotDN": "",
    }
    assert not set(given) - set(HEADER)
    return ",".join(f'"{cell}"' for cell in (cells | given).values())


def an_inbound_row(start: int = 0, **given: Any) -> str:
    came_in: dict[str, Any] = {
        "callingPartyNumber": OUTSIDE,
        "originalCalledPartyNumber": DID,
        "finalCalledPartyNumber": "2001",
        "origDeviceName": "SIPTrunk",
        "destDeviceName": "SEP00112233AABB",
    }
    return a_row(start, **(came_in | given))


def read(*rows: str, header: str = ",".join(HEADER), **given: Any) -> list[Outcome]:
    types = ",".join("INTEGER" for _ in HEADER)
    return imported("cucm", "\n".join([header, types, *rows]) + "\n", region="US", **given)


def test_a_real_file_of_a_laboratory_has_one_internal_call_and_its_recordings(real_data: Path) -> None:
    found = imported_file("cucm", real_data / "cdrs/cucm-cdr.csv", region="US")
    assert reasons(found) == [((3,), "recorder"), ((4,), "recorder"), ((5,), "internal")]
    assert summed(found).rows == 3


def test_a_real_call_by_named_trunk(real_data: Path) -> None:
    found = imported_file("cucm", real_data / "cdrs/cucm-cdr.csv", region="US", trunk=("SEPCC8E7148AD29",))
    record = the_record(found)
    assert (record.direction, record.other_party, record.own_number) == ("outbound", "+15033466593", "+15033466594")
    assert (record.started_at, record.answered_at, record.ended_at) == (
        at("2025-04-18T16:32:08Z"),
        at("2025-04-18T16:32:10Z"),
        at("2025-04-18T16:32:21Z"),
    )
    assert (record.billable_duration_ms, record.user_id) == (11_000, "rubbleb")


def test_an_outbound_call_is_charged_to_the_number_that_was_sent() -> None:
    sent: dict[str, Any] = {
        "outpulsedCalledPartyNumber": "913105550177",
        "outpulsedCallingPartyNumber": "2125550100",
    }
    record = the_record(read(a_row(callingPartyUnicodeLoginUserID="ada", **sent), strip=("9",)))
    assert (record.other_party, record.own_number) == ("+13105550177", "+12125550100")
    assert (record.presented_caller_id, record.user_id, record.channel) == ("+12125550100", "ada", "manual")
    assert (record.call_id, record.leg_id, record.disposition) == ("C1:2:77", f"102@{TEN}", "q850-16")
    assert record.billable_duration_ms == 60_000


def test_an_inbound_call() -> None:
    record = the_record(read(an_inbound_row(huntPilotDN="5000")))
    assert (record.direction, record.channel) == ("inbound", "inbound")
    assert (record.other_party, record.own_number) == ("+12125550123", "+12125550100")
    assert (record.user_id, record.queue_id) == ("2001", "5000")


def test_a_call_that_was_never_connected_costs_nothing() -> None:
    record = the_record(read(a_row(seconds=0, destLegIdentifier=0, destDeviceName="")))
    assert (record.answered_at, record.billable_duration_ms, record.leg_id) == (None, 0, f"101-0@{TEN}")


def test_calls_inside_cost_nothing() -> None:
    between = a_row(finalCalledPartyNumber="2002", originalCalledPartyNumber="2002")
    nobody = a_row(finalCalledPartyNumber="", originalCalledPartyNumber="", seconds=0)
    bridge = a_row(finalCalledPartyNumber="b00212345001", originalCalledPartyNumber="b00212345001")
    assert {reason for _, reason in reasons(read(between, nobody, bridge))} == {"internal"}


def test_own_numbers_as_long_as_outside_ones_are_told_by_their_beginning() -> None:
    rows = a_row(callingPartyNumber="5035550111", finalCalledPartyNumber="5035550122", origDeviceName="x")
    assert reasons(read(rows, own=("503555",))) == [((3,), "internal")]


def test_two_unknown_numbers_are_not_guessed_and_their_seconds_are_shown() -> None:
    direct: dict[str, Any] = {"originalCalledPartyNumber": OTHER_OUTSIDE, "finalCalledPartyNumber": OTHER_OUTSIDE}
    row = an_inbound_row(destDeviceName="desk", **direct)
    (finding,) = read(row)
    assert isinstance(finding, Finding)
    assert (finding.reason.key, finding.billed_s) == ("direction_untold", 60)
    # The same row between two trunks that were named is what it looks like.
    assert len(records(read(row, trunk=("SIPTrunk", "desk")))) == 2


def test_a_call_forwarded_outside_pays_two_legs_that_are_linked() -> None:
    forwarded = an_inbound_row(finalCalledPartyNumber=OTHER_OUTSIDE, destDeviceName="SIPTrunk")
    found = read(forwarded)
    first, second = records(found)
    assert (first.direction, first.other_party, first.own_number) == ("inbound", "+12125550123", "+12125550100")
    assert (second.direction, second.other_party) == ("outbound", "+13105550177")
    assert second.linked_call == LinkedCall(call_id="C1:2:77", leg_id=first.leg_id)
    assert summed(found).rows == 1


def test_a_transfer_outside_keeps_each_leg_in_one_piece() -> None:
    talk = an_inbound_row(0, ring=0, seconds=60, origLegCallIdentifier=1, destLegIdentifier=2)
    consult = a_row(40, ring=0, seconds=20, origLegCallIdentifier=3, destLegIdentifier=4, globalCallID_callId=78)
    joined = an_inbound_row(
        60,
        ring=0,
        seconds=100,
        origLegCallIdentifier=1,
        destLegIdentifier=4,
        originalCalledPartyNumber=OUTSIDE,
        finalCalledPartyNumber=OUTSIDE,
        destDeviceName="SIPTrunk",
    )
    found = read(joined, talk, consult)
    first, second = records(found)
    assert (first.direction, first.billable_duration_ms) == ("inbound", 160_000)
    assert (second.direction, second.billable_duration_ms) == ("outbound", 120_000)
    assert second.linked_call == LinkedCall(call_id=first.call_id, leg_id=first.leg_id)
    assert summed(found).rows == 3


def test_an_import_again_is_the_same_events() -> None:
    assert event_ids(read(a_row())) == event_ids(read(an_inbound_row(origLegCallIdentifier=9), a_row()))[1:] != []


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        (a_row(outpulsedCalledPartyNumber="911"), "dialled_number", "sent 911"),
        (a_row(dateTimeConnect=TEN), "unreadable_row", "duration does not agree"),
        (a_row(dateTimeOrigination=0), "unreadable_row", "dateTimeOrigination is 0"),
        (a_row(duration="1m"), "unreadable_row", "duration is not a number"),
        (a_row(cdrRecordType=2), "unreadable_row", "cdrRecordType is not 1"),
        (a_row() + ',"x"', "unreadable_row", f"{len(HEADER) + 1} cells under {len(HEADER)} columns"),
        (a_row().replace('"2001"', '"20"01"'), "unreadable_row", "broken quoting"),
        (a_row().removesuffix('"'), "unreadable_row", "broken quoting"),
    ],
)
def test_what_is_not_published_and_why(row: str, reason: str, detail: str) -> None:
    found = read(row, a_row(origLegCallIdentifier=7, destLegIdentifier=8))
    findings = [one for one in found if isinstance(one, Finding) and one.rows == (3,)]
    assert [one.reason.key for one in findings] == [reason]
    assert findings[0].detail.startswith(detail)
    assert len(records(found)) == 1


def test_columns_that_are_unknown_are_named_and_ones_that_are_needed_refuse_the_file() -> None:
    found = imported("cucm", ",".join([*HEADER, "mood"]) + "\n" + a_row() + ',"good"\n', region="US")
    assert reasons(found)[0] == ((1,), "unknown_column")
    with pytest.raises(FileRefused, match="lacks duration;"):
        read(header=",".join(name for name in HEADER if name != "duration"))
    with pytest.raises(FileRefused, match="needs --region"):
        imported("cucm", ",".join(HEADER))
