"""Zones, clock changes and damaged rows of Asterisk's exports."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cli.adapters.outcomes import FileRefused, Reason, ZoneFound
from tests.unit.adapters.exports import (
    HEADER,
    a_dialled_row,
    a_row,
    an_inbound_row,
    imported,
    later,
    records,
    rows_for,
    the_record,
)

NOON = "2024-03-05 12:00:00"
NOON_EPOCH = int(datetime(2024, 3, 5, 17, tzinfo=UTC).timestamp())


def test_a_file_of_another_zone_is_refused_with_what_its_epochs_say() -> None:
    rows = [a_dialled_row(at=later(NOON, 60 * n), seconds=5) for n in range(4)]
    with pytest.raises(FileRefused, match=r"not written in Europe/Rome: 4 of 4 rows are -360 min .* UTC-05:00"):
        imported(rows, zone=ZoneInfo("Europe/Rome"))


def test_the_commonest_offset_decides_and_rows_that_stray_are_listed_with_their_own_time() -> None:
    conference = {"uniqueid": f"{NOON_EPOCH}.1", "seconds": 60}
    rows = [
        a_dialled_row(at=NOON, uniqueid=f"{NOON_EPOCH}.5"),
        an_inbound_row(at=NOON, **conference),
        an_inbound_row(at=later(NOON, 5400), **conference),
    ]
    outcomes = imported(rows)
    assert outcomes[0] == ZoneFound(zone="America/New_York", commonest_offset_min=-300, rows_checked=3)
    assert rows_for(outcomes, Reason.STRAY) == [4]
    inbound = next(record for record in records(outcomes) if record.direction == "inbound")
    assert inbound.ended_at == datetime(2024, 3, 5, 18, 31, tzinfo=UTC)


def test_seven_minutes_are_within_the_quarter_and_eight_are_not() -> None:
    rows = [a_dialled_row(at=later(NOON, n), uniqueid=f"{NOON_EPOCH}.{n}") for n in (0, 1, 2, 420, 480)]
    assert rows_for(imported(rows), Reason.STRAY) == [6]


def test_a_file_over_a_clock_change_agrees_with_its_zone() -> None:
    rows = [a_dialled_row(at="2024-03-09 12:00:00"), a_dialled_row(at="2024-03-11 12:00:00")]
    outcomes = imported(rows)
    assert rows_for(outcomes, Reason.STRAY) == []
    assert [record.started_at.hour for record in records(outcomes)] == [17, 16]


@pytest.mark.parametrize(("utc", "hour"), [("05:30", 5), ("06:30", 6)])
def test_in_the_repeated_hour_the_epoch_tells_which(utc: str, hour: int) -> None:
    epoch = int(datetime.fromisoformat(f"2024-11-03T{utc}:00Z").timestamp())
    record = the_record(imported([a_dialled_row(at="2024-11-03 01:30:00", uniqueid=f"{epoch}.1", seconds=5)]))
    assert record.started_at == datetime(2024, 11, 3, hour, 30, tzinfo=UTC)


def test_without_an_epoch_the_zone_is_taken_as_given() -> None:
    outcomes = imported([a_dialled_row(uniqueid="a1b2", linkedid="a1b2")])
    assert outcomes[0] == ZoneFound(zone="America/New_York", commonest_offset_min=None, rows_checked=0)


@pytest.mark.parametrize(
    "damage",
    [
        {"calldate": "2024-02-30 10:00:00"},
        {"calldate": "05/03/2024 10:00"},
        {"calldate": "２０２４-03-05 10:00:00"},
        {"billsec": "-5"},
        {"billsec": "1e3"},
        {"duration": "3", "billsec": "4"},
        {"duration": "99999999999"},
        {"linkedid": "NULL"},
        {"channel": ""},
    ],
)
def test_a_damaged_row_is_named_and_its_neighbours_are_read(damage: dict[str, Any]) -> None:
    given = {"at": NOON, "uniqueid": f"{NOON_EPOCH}.1", "seconds": 5}
    outcomes = imported([a_dialled_row(**{**given, **damage}), a_dialled_row(at=NOON, seconds=5)])
    assert rows_for(outcomes, Reason.UNREADABLE_ROW) == [2]
    assert len(records(outcomes)) == 1


@pytest.mark.parametrize("year", ["1000", "9999"])
def test_a_leg_of_an_absurd_year_breaks_the_contract_and_is_named(year: str) -> None:
    uniqueid = {"uniqueid": "x.1", "linkedid": "x.1"}
    good = a_dialled_row(at=NOON)
    outcomes = imported([good, a_dialled_row(calldate=f"{year}-03-05 10:00:00", seconds=5, **uniqueid)])
    assert rows_for(outcomes, Reason.INVALID_RECORD) == [3]


def test_quotes_that_were_not_doubled_are_read_by_the_stated_rule_and_counted() -> None:
    good = a_dialled_row(at=NOON, seconds=5)
    broken = good.replace('"""Ada"" <201>"', '""Doe, Ada" <12125550100>"')
    assert broken != good
    outcomes = imported([good, broken.replace(f"{NOON_EPOCH}.1", f"{NOON_EPOCH}.2")])
    assert rows_for(outcomes, Reason.QUOTING) == [3]
    assert [record.own_number for record in records(outcomes)] == [None, "+12125550100"]


@pytest.mark.parametrize("line", ['"never closed', "a,b,c", '"",' * 25, '"a"b"' + "," * 24 + '"'])
def test_a_line_that_neither_reading_fits_is_named(line: str) -> None:
    outcomes = imported([a_dialled_row(at=NOON, seconds=5), line])
    assert rows_for(outcomes, Reason.UNREADABLE_ROW) == [3]


def master(*cells: str) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


def a_master_row(
    *,
    channel: str = "SIP/carrier-00000001",
    answer: str = "2024-03-05 12:00:06",
    billed: str = "24",
    end: str = "31",
) -> str:
    """A row of Master.csv: started 12:00:00 in New York, 30 s by Asterisk's truncated duration."""
    clid, ended = '"Ada" <13105550177>', f"2024-03-05 12:00:{end}"
    return master(
        *("", "13105550177", "2125550100", "in", clid, channel, "SIP/301-00000002", "Dial", "SIP/301,60,t"),
        *("2024-03-05 12:00:00", answer, ended, "30", billed, "ANSWERED", "DOCUMENTATION"),
        *(f"pbx-{NOON_EPOCH}.1", "", "", f"pbx-{NOON_EPOCH}.1", "0"),
    )


def test_master_csv_has_its_own_answer_and_end_and_billsec_stays_what_is_billed() -> None:
    record = the_record(imported([a_master_row()], header=None, trunks=["carrier"]))
    assert record.answered_at == datetime(2024, 3, 5, 17, 0, 6, tzinfo=UTC)
    assert record.ended_at == datetime(2024, 3, 5, 17, 0, 31, tzinfo=UTC)
    assert record.billable_duration_ms == 24_000
    assert (record.own_number, record.user_id) == ("+12125550100", "301")


def test_master_csv_whose_end_contradicts_its_duration_is_damaged() -> None:
    outcomes = imported([a_master_row(end="50"), a_master_row()], header=None, trunks=["carrier"], profile="master")
    assert rows_for(outcomes, Reason.UNREADABLE_ROW) == [1]


def test_without_trunks_nothing_is_guessed_and_the_endpoints_are_named() -> None:
    with pytest.raises(FileRefused, match=r"give --trunk .* endpoints in this file: carrier, 301"):
        imported([a_master_row()], header=None)


@pytest.mark.parametrize(
    ("first_line", "profile", "said"),
    [
        ("{", None, "line 1 is neither a header"),
        (HEADER.replace(",linkedid", ",other"), None, "lacks linkedid"),
        (HEADER.replace(",tenant", ",channel"), None, "a column twice"),
        (HEADER, "freepbx", "does not fit the header"),
        (HEADER, "elastix", "choose one of master, pbxware, freepbx"),
        (master(*["x"] * 18), None, "18 columns"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused(first_line: str, profile: str | None, said: str) -> None:
    with pytest.raises(FileRefused, match=said):
        imported([a_dialled_row()], header=first_line, profile=profile)


def test_an_empty_file_and_one_without_readable_rows_are_refused() -> None:
    with pytest.raises(FileRefused, match="is empty"):
        imported([], header=None)
    with pytest.raises(FileRefused, match="has no rows"):
        imported([])
    with pytest.raises(FileRefused, match="no row can be read; row 2"):
        imported(["nonsense"])


def test_a_freepbx_export_brings_the_outbound_caller_id() -> None:
    header = (
        "calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,amaflags,"
        "accountcode,uniqueid,userfield,did,recordingfile,cnum,cnam,outbound_cnum,outbound_cnam,dst_cnam,linkedid,"
        "peeraccount,sequence"
    )
    row = (
        f'{NOON},"""Ada"" <201>",201,12125550123,from-internal,PJSIP/201-00000001,PJSIP/carrier-00000002,Dial,'
        f'"PJSIP/12125550123@carrier,300,T",20,15,ANSWERED,3,,{NOON_EPOCH}.1,,,,201,Ada,12125550100,Acme,,'
        f"{NOON_EPOCH}.1,,4"
    )
    record = the_record(imported([row], header=header, trunks=["carrier"]))
    assert (record.own_number, record.user_id, record.billable_duration_ms) == ("+12125550100", "201", 15_000)


def test_internal_rows_alone_publish_nothing() -> None:
    outcomes = imported([a_row(at=NOON, dstchannel="PJSIP/202-00000002", seconds=10)])
    assert records(outcomes) == []
