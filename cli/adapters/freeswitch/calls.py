"""One record of FreeSWITCH, out of the channel variables of a line or a document."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from cli.adapters.documents import Record
from cli.adapters.fields import FieldFault, needed, part, parts, text, whole
from cli.adapters.local_times import local_instant

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_SLACK: Final = timedelta(seconds=2)
_UNITS: Final = {"usec": 1, "msec": 1_000, "sec": 1_000_000}
_DURATIONS: Final = {"uduration": 1, "mduration": 1_000, "duration": 1_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A record of one channel; instants are UTC.

    direction: FreeSWITCH's own, seen from the switch: `inbound` for an A-leg, whoever began it, `outbound`
    for a B-leg, which the switch dialled; None where nothing says. others: channels it was bridged to or
    began. a_leg: the channel its call began with, where it says. dialled_in: the number first called, before
    the dialplan moved the call on.
    """

    number: int
    uuid: str
    a_leg: str | None
    others: tuple[str, ...]
    direction: str | None
    caller: str | None
    destination: str | None
    dialled_in: str | None
    context: str | None
    shown: str | None
    user: str | None
    answerer: str | None
    cause: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    billed_ms: int


def of_line(number: int, cells: Mapping[str, str], zone: ZoneInfo | None) -> Call:
    """The call of a line of mod_cdr_csv. zone: of stamps, None where there are epochs. Raises FieldFault."""
    direction = text(cells, "direction")
    return _call(
        number,
        cells,
        zone,
        direction=direction,
        caller=text(cells, "caller_id_number"),
        destination=text(cells, "destination_number"),
        dialled_in=text(cells, "destination_number"),
        context=text(cells, "context"),
        user=text(cells, "accountcode"),
    )


def of_document(record: Record) -> Call:
    """The call of a document of mod_json_cdr. Raises FieldFault.

    Its callflow lists the caller profiles, the latest first: the last of them is how the call came in. The
    module writes values URL-encoded unless told otherwise.
    """
    variables = {name: _plain(value) for name, value in part(record.fields, "variables").items()}
    profiles = [part(flow, "caller_profile") for flow in parts(record.fields, "callflow")]
    latest, first = (profiles[0], profiles[-1]) if profiles else ({}, {})
    direction = text(part(record.fields, "channel_data"), "direction") or text(variables, "direction")
    return _call(
        record.number,
        variables,
        None,
        direction=direction,
        caller=_plain_text(latest, "caller_id_number") or text(variables, "caller_id_number"),
        destination=_plain_text(latest, "destination_number") or text(variables, "destination_number"),
        dialled_in=_plain_text(first, "destination_number"),
        context=_plain_text(first, "context"),
        user=_plain_text(first, "username") or text(variables, "accountcode"),
    )


def _call(
    number: int,
    variables: Mapping[str, object],
    zone: ZoneInfo | None,
    *,
    direction: str | None,
    caller: str | None,
    destination: str | None,
    dialled_in: str | None,
    context: str | None,
    user: str | None,
) -> Call:
    started_at, answered_at, ended_at, billed_ms = _times(variables, zone)
    uuid = needed(variables, "uuid")
    begun = (leg.partition(";")[0] for leg in _array(text(variables, "originated_legs")))
    named = (text(variables, name) for name in ("bleg_uuid", "bridge_uuid", "last_bridge_to", "signal_bond"))
    return Call(
        number=number,
        uuid=uuid,
        a_leg=text(variables, "call_uuid") or text(variables, "originator"),
        others=tuple(dict.fromkeys(other for other in (*named, *begun) if other and other != uuid)),
        direction=direction,
        caller=caller,
        destination=destination,
        dialled_in=dialled_in,
        context=context,
        shown=text(variables, "outbound_caller_id_number") or text(variables, "effective_caller_id_number"),
        user=user,
        answerer=text(variables, "dialed_user"),
        cause=needed(variables, "hangup_cause"),
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        billed_ms=billed_ms,
    )


def _times(
    variables: Mapping[str, object], zone: ZoneInfo | None
) -> tuple[datetime, datetime | None, datetime, int]:
    """Start, answer, end and the billed ms, each by the most exact variable there is.

    A local stamp dates the start only; what follows is counted from it, so a call over a clock change is not
    an hour longer or shorter.
    """
    started_at = _epoch(variables, "start")
    if started_at is None:
        stamp = needed(variables, "start_stamp")
        if zone is None:
            raise FieldFault("start_stamp is a local time, and there is no start_epoch")
        started_at = local_instant(stamp, zone, name="start_stamp")
    ended_at = _epoch(variables, "end")
    if ended_at is None:
        ended_at = started_at + _first_of(variables, _DURATIONS)
    billed = _first_of(variables, {f"bill{unit}": us for unit, us in _UNITS.items()})
    answered_at = _epoch(variables, "answer")
    if answered_at is None and (billed or text(variables, "answer_stamp")):
        answered_at = max(started_at, ended_at - billed)
    talked = timedelta() if answered_at is None else ended_at - answered_at
    if abs(talked - billed) > _SLACK:
        raise FieldFault("the billed seconds do not agree with answer and end")
    return started_at, answered_at, ended_at, (billed + timedelta(microseconds=500)) // timedelta(milliseconds=1)


def _epoch(variables: Mapping[str, object], event: str) -> datetime | None:
    """The instant of an event by its epoch in microseconds or seconds; None for neither or 0."""
    micro, seconds = whole(variables, f"{event}_uepoch"), whole(variables, f"{event}_epoch")
    since = micro * _MICROSECOND if micro else timedelta(seconds=seconds or 0)
    return _EPOCH + since if since else None


def _first_of(variables: Mapping[str, object], names: Mapping[str, int]) -> timedelta:
    """The duration in the first of these variables there is, by its unit in microseconds."""
    for name, unit in names.items():
        value = whole(variables, name)
        if value is not None:
            return value * unit * _MICROSECOND
    raise FieldFault(f"{' and '.join(names)} are missing")


def _array(written: str | None) -> Iterable[str]:
    """The items of FreeSWITCH's way to write an array: `ARRAY::a|:b`."""
    return written.removeprefix("ARRAY::").split("|:") if written else ()


def _plain(value: object) -> object:
    return unquote(value) if isinstance(value, str) else value


def _plain_text(fields: Mapping[str, object], name: str) -> str | None:
    value = text(fields, name)
    return None if value is None else unquote(value)
