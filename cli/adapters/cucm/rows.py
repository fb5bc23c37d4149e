"""One row of Cisco CUCM's call detail records, read by column name.

Columns are those of "CDR Field Descriptions" (Cisco Unified Communications Manager, Reporting and Billing
Administration Guide): instants are epoch seconds in UTC, `duration` is whole seconds between connect and
disconnect, and a call that was never connected has dateTimeConnect 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cli.adapters.fields import FieldFault, text, whole
from cli.adapters.header_csv import NamedRow

NEEDED: Final = (
    "cdrRecordType",
    "globalCallID_callManagerId",
    "globalCallID_callId",
    "origLegCallIdentifier",
    "dateTimeOrigination",
    "callingPartyNumber",
    "origCause_value",
    "destLegIdentifier",
    "originalCalledPartyNumber",
    "finalCalledPartyNumber",
    "destCause_value",
    "dateTimeConnect",
    "dateTimeDisconnect",
    "duration",
    "origDeviceName",
    "destDeviceName",
)
"""Columns without which no leg can be charged."""

CALL: Final = "1"
"""`cdrRecordType` of a call; 2 is a management record, which tells of quality."""

_RECORDING: Final = 354
"""Redirect reason of the copy of a call that goes to a recorder."""

_SLACK_S = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One end of a call. leg: CUCM's identifier of the leg, the same in every row the leg is in.

    number: as CUCM knows it. outpulsed: as it was sent over a trunk, where it was.
    """

    leg: str
    number: str | None
    outpulsed: str | None
    device: str | None
    login: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """A row; instants are UTC. dialled: the number first called, before forwarding. cause: Q.850."""

    number: int
    call_id: str
    calling: Side
    called: Side
    dialled: str | None
    hunt_pilot: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    duration_s: int
    cause: int
    to_recorder: bool


def is_types(row: NamedRow) -> bool:
    """Whether the row is the second line of an export, which names the SQL types of the columns."""
    return row.cells.get("cdrRecordType", "").upper() == "INTEGER"


def row_of(row: NamedRow) -> CallRow:
    """The call of a row. Raises FieldFault, naming the column."""
    cells = row.cells
    if cells.get("cdrRecordType") != CALL:
        raise FieldFault("cdrRecordType is not 1: not a call detail record")
    started_at, answered_at = _epoch(cells, "dateTimeOrigination"), _epoch(cells, "dateTimeConnect")
    ended_at = _epoch(cells, "dateTimeDisconnect")
    if started_at is None or ended_at is None:
        raise FieldFault(f"{'dateTimeOrigination' if started_at is None else 'dateTimeDisconnect'} is 0")
    duration_s = _whole(cells, "duration")
    talked_s = 0 if answered_at is None else int((ended_at - answered_at).total_seconds())
    if abs(talked_s - duration_s) > _SLACK_S:
        raise FieldFault("duration does not agree with dateTimeConnect and dateTimeDisconnect")
    return CallRow(
        number=row.number,
        call_id=":".join(
            (
                cells.get("globalCallId_ClusterID", "-"),
                str(_whole(cells, "globalCallID_callManagerId")),
                str(_whole(cells, "globalCallID_callId")),
            )
        ),
        calling=_side(cells, "origLegCallIdentifier", "calling", "orig"),
        called=_side(cells, "destLegIdentifier", "finalCalled", "dest"),
        dialled=text(cells, "originalCalledPartyNumber"),
        hunt_pilot=text(cells, "huntPilotDN"),
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        duration_s=duration_s,
        cause=_whole(cells, "origCause_value") or _whole(cells, "destCause_value"),
        to_recorder=_RECORDING
        in (whole(cells, "origCalledPartyRedirectReason"), whole(cells, "lastRedirectRedirectReason")),
    )


def _side(cells: Mapping[str, str], leg: str, party: str, end: str) -> Side:
    outpulsed = {"calling": "outpulsedCallingPartyNumber", "finalCalled": "outpulsedCalledPartyNumber"}
    return Side(
        leg=str(_whole(cells, leg)),
        number=text(cells, f"{party}PartyNumber"),
        outpulsed=text(cells, outpulsed[party]),
        device=text(cells, f"{end}DeviceName"),
        login=text(cells, f"{party}PartyUnicodeLoginUserID"),
    )


def _epoch(cells: Mapping[str, str], column: str) -> datetime | None:
    """The instant of epoch seconds; None for 0, which CUCM writes where there was none."""
    seconds = _whole(cells, column)
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds) if seconds else None
    except OverflowError as error:
        raise FieldFault(f"{column} is not an instant that exists") from error


def _whole(cells: Mapping[str, str], column: str) -> int:
    value = whole(cells, column)
    if value is None:
        raise FieldFault(f"{column} is empty")
    return value
