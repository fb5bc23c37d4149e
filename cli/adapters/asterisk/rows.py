"""One row of Asterisk's call records with its times made instants."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cli.adapters.asterisk.channels import canonical

_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)
_EPOCH = re.compile(r"(?:.*-)?(?P<epoch>[0-9]{9,10})\.[0-9]+", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,7}", re.ASCII)
_CLID_NUMBER = re.compile(r".*<(?P<number>[^<>]*)>\s*")
CLOCK_SLACK = timedelta(seconds=2)
"""A channel's epoch and its first row are written by the same clock; rounding may put them this far apart."""


class RowUnreadable(ValueError):
    """A cell that must be readable is not; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row. Text fields are as exported; instants are UTC.

    local: start as written. epoch: second at which the channel was created, out of `uniqueid`. answered_at:
    None unless at least one second was billed (`billsec`), whatever the disposition says: a queue answers
    and bills while the agent does not. caller_id: the number in `clid` or FreePBX's `outbound_cnum`.
    """

    number: int
    src: str | None
    dst: str | None
    caller_id: str | None
    accountcode: str | None
    channel: str
    dstchannel: str
    app: str
    data: str
    disposition: str
    uniqueid: str
    linkedid: str
    sequence: int
    trunk: str | None
    did: str | None
    billed_s: int
    local: datetime
    epoch: int | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime


def row_of(number: int, cells: Mapping[str, str], zone: ZoneInfo) -> Row:
    """The row of these named cells. Raises RowUnreadable where a needed cell is missing or malformed."""
    epoch = epoch_of(_needed(cells, "uniqueid"))
    local = _local(cells, "start")
    created_at = None if epoch is None else datetime.fromtimestamp(epoch, UTC)
    started_at = instant_of(local, zone, not_before=created_at)
    duration, billed = _seconds(cells, "duration"), _seconds(cells, "billsec")
    if billed > duration:
        raise RowUnreadable(f"billsec {billed} is longer than duration {duration}")
    ended_at = _stated(cells, "end", zone, started_at + timedelta(seconds=duration))
    answer = started_at + timedelta(seconds=duration - billed)
    return Row(
        number=number,
        src=cells.get("src"),
        dst=cells.get("dst"),
        caller_id=cells.get("outbound_cnum") or clid_number(cells.get("clid")),
        accountcode=cells.get("accountcode"),
        channel=canonical(_needed(cells, "channel")),
        dstchannel=canonical(cells.get("dstchannel", "")),
        app=cells.get("lastapp", ""),
        data=cells.get("lastdata", ""),
        disposition=cells.get("disposition", ""),
        uniqueid=cells["uniqueid"],
        linkedid=_needed(cells, "linkedid"),
        sequence=_seconds(cells, "sequence") if "sequence" in cells else 0,
        trunk=cells.get("trunk"),
        did=cells.get("did"),
        billed_s=billed,
        local=local,
        epoch=epoch,
        started_at=started_at,
        answered_at=_stated(cells, "answer", zone, answer) if billed else None,
        ended_at=ended_at,
    )


def instant_of(local: datetime, zone: ZoneInfo, *, not_before: datetime | None) -> datetime:
    """The instant of a local time in UTC.

    In the hour that a clock change repeats, a local time has two instants: the earlier one that is not
    before `not_before` (the creation of the channel, out of `uniqueid`) is taken, the earlier if that is
    unknown. Everywhere else both are the same.
    """
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if not_before is not None and early < not_before - CLOCK_SLACK <= late:
        return late
    return early


def epoch_of(uniqueid: str) -> int | None:
    """The second in a `uniqueid` (`1543540774.0`, `system-1706420300.5`), or None."""
    match = _EPOCH.fullmatch(uniqueid)
    return int(match["epoch"]) if match else None


def clid_number(clid: str | None) -> str | None:
    """The number in a caller ID: `"Name" <1115>` → `1115`; one without brackets stands as it is."""
    if clid is None:
        return None
    match = _CLID_NUMBER.fullmatch(clid)
    return match["number"] if match else clid


def _stated(cells: Mapping[str, str], column: str, zone: ZoneInfo, computed: datetime) -> datetime:
    """The instant in a column that only Master.csv has, else the one computed from the durations.

    Asterisk truncates durations to seconds, so the two may differ by a second; more is a damaged row.
    """
    if column not in cells:
        return computed
    stated = instant_of(_local(cells, column), zone, not_before=computed)
    if abs(stated - computed) > CLOCK_SLACK:
        raise RowUnreadable(f"{column} does not agree with start, duration and billsec")
    return stated


def _needed(cells: Mapping[str, str], column: str) -> str:
    text = cells.get(column)
    if text is None:
        raise RowUnreadable(f"{column} is empty")
    return text


def _local(cells: Mapping[str, str], column: str) -> datetime:
    text = _needed(cells, column)
    if _LOCAL.fullmatch(text) is None:
        raise RowUnreadable(f"{column} is not a time like 2018-11-29 20:19:34")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise RowUnreadable(f"{column} is not a time that exists") from error


def _seconds(cells: Mapping[str, str], column: str) -> int:
    text = _needed(cells, column)
    if _SECONDS.fullmatch(text) is None:
        raise RowUnreadable(f"{column} is not a whole number of at most 7 digits")
    return int(text)
