"""Twilio's list of calls: each Call resource with a telephone at its far end is a leg.

Fields are those of the Call resource (www.twilio.com/docs/voice/api/call-resource): times are RFC 2822 in
UTC, `duration` is whole seconds of a completed call, and a call that another one dialled names its parent.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from cli.adapters.checked import fault_of
from cli.adapters.documents import Record, records
from cli.adapters.fields import UNREADABLE, FieldFault, identifier, needed, text, whole
from cli.adapters.numbers import NumberRules, caller
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason
from cli.adapters.versions import newest, revision_at
from contracts.events.call import CallDetailRecord, Channel, Direction, LinkedCall

DIRECTIONS: Final[Mapping[str, Direction]] = {
    "inbound": "inbound",
    "trunking-originating": "inbound",
    "outbound-api": "outbound",
    "outbound-dial": "outbound",
    "trunking-terminating": "outbound",
}
"""A trunk originates what comes from the telephone network, and terminates what goes to it."""

_OPEN: Final = frozenset({"queued", "initiated", "ringing", "in-progress"})
_UNANSWERED: Final = frozenset({"busy", "failed", "no-answer", "canceled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioOptions:
    """rules: how numbers are read that are not E.164."""

    account_id: str
    rules: NumberRules


def read(raw: Iterable[bytes], options: TwilioOptions) -> Iterator[Outcome]:
    """The fate of every call of a list; a row is a call. Raises FileRefused."""
    found = records(raw, list_key="calls")
    yield from newest([_outcomes(one, options) if isinstance(one, Record) else [one] for one in found])


def _outcomes(record: Record, options: TwilioOptions) -> list[Outcome]:
    rows = (record.number,)
    try:
        status, direction = needed(record.fields, "status"), needed(record.fields, "direction")
        if status in _OPEN:
            return [Finding(rows=rows, reason=Reason.STILL_OPEN, detail=status)]
        if status != "completed" and status not in _UNANSWERED:
            return [Finding(rows=rows, reason=Reason.UNKNOWN_KIND, detail=f"status {status}")]
        if direction not in DIRECTIONS:
            return [Finding(rows=rows, reason=Reason.UNKNOWN_KIND, detail=f"direction {direction}")]
        return _leg(rows, record.fields, DIRECTIONS[direction], options)
    except UNREADABLE as error:
        return [Finding(rows=rows, reason=Reason.UNREADABLE_ROW, detail=str(error))]


def _leg(
    rows: tuple[int, ...], fields: Mapping[str, object], direction: Direction, options: TwilioOptions
) -> list[Outcome]:
    near, far = ("to", "from") if direction == "inbound" else ("from", "to")
    party = text(fields, far)
    if party is not None and party.startswith("client:"):
        return [Finding(rows=rows, reason=Reason.INTERNAL, detail=far)]
    notes: list[Outcome] = []
    if direction == "inbound":
        other, readable = caller(party, options.rules)
        if not readable:
            notes.append(Finding(rows=rows, reason=Reason.CALLER_NUMBER, detail=far))
    else:
        dialled = options.rules.e164(party)
        if dialled is None:
            return [_undialled(rows, party, whole(fields, "duration") or 0)]
        other = dialled.number
    own = options.rules.e164(text(fields, near))
    if own is None:
        notes.append(Finding(rows=rows, reason=Reason.NO_OWN_NUMBER, detail=direction))
    record = _record(fields, direction, options, other=other, own=own.number if own else None)
    fault = fault_of(record)
    if fault is not None:
        return [Finding(rows=rows, reason=Reason.INVALID_RECORD, detail=fault)]
    return [Leg(rows=rows, record=record), *notes]


def _undialled(rows: tuple[int, ...], party: str | None, billed_s: int) -> Finding:
    return Finding(
        rows=rows,
        reason=Reason.DIALLED_NUMBER,
        detail=f"to {party}",
        direction="outbound",
        billed_s=billed_s,
    )


def _record(
    fields: Mapping[str, object], direction: Direction, options: TwilioOptions, *, other: str, own: str | None
) -> CallDetailRecord:
    started_at = _instant(fields, "start_time") or _instant(fields, "date_created")
    updated_at = _instant(fields, "date_updated")
    if started_at is None or updated_at is None:
        raise FieldFault(f"{'start_time' if started_at is None else 'date_updated'} is missing")
    ended_at = _instant(fields, "end_time")
    duration_s = whole(fields, "duration")
    completed = needed(fields, "status") == "completed"
    if completed and (ended_at is None or duration_s is None):
        raise FieldFault(f"{'end_time' if ended_at is None else 'duration'} is missing, though it is completed")
    ended_at = ended_at or started_at
    sid = identifier(needed(fields, "sid"))
    parent = text(fields, "parent_call_sid")
    answered = completed and duration_s
    return CallDetailRecord(
        account_id=options.account_id,
        call_id=sid,
        leg_id=sid,
        direction=direction,
        channel=_channel(fields, direction),
        other_party=other,
        disposition=identifier(needed(fields, "status")),
        started_at=started_at,
        ended_at=ended_at,
        revision=revision_at(updated_at),
        own_number=own,
        presented_caller_id=own if direction == "outbound" else None,
        answered_at=max(started_at, ended_at - timedelta(seconds=duration_s or 0)) if answered else None,
        billable_duration_ms=(duration_s or 0) * 1000 if answered else None,
        linked_call=None if parent is None else LinkedCall(call_id=identifier(parent), leg_id=identifier(parent)),
    )


def _channel(fields: Mapping[str, object], direction: Direction) -> Channel:
    """What a program began is click-to-call, or the dialer where it had Twilio tell people from machines."""
    if direction == "inbound":
        return "inbound"
    if needed(fields, "direction") != "outbound-api":
        return "manual"
    return "click_to_call" if text(fields, "answered_by") is None else "dialer"


def _instant(fields: Mapping[str, object], name: str) -> datetime | None:
    written = text(fields, name)
    if written is None:
        return None
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, IndexError) as error:
        raise FieldFault(f"{name} is not a time like Fri, 18 Oct 2019 17:02:00 +0000") from error
    if at.tzinfo is None:
        raise FieldFault(f"{name} has no offset")
    return at.astimezone(UTC)
