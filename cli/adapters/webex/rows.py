"""One record of Webex Calling's Detailed Call History, read.

Fields are those of "Reports: Detailed Call History"
(developer.webex.com/docs/api/v1/reports-detailed-call-history): times are UTC, a record is of one party of a
call, records of one call share a Correlation ID, and Report ID names a record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cli.adapters.documents import Record
from cli.adapters.fields import FieldFault, instant, needed, number, text

_PEOPLE: Final = frozenset({"User", "Place", "VirtualLine", "VirtuaLline"})
"""User types of whoever talks; the last is spelt as the documentation spells it."""

_QUEUE: Final = "CallCenterStandard"
_SLACK_S: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WebexRow:
    """A record; instants are UTC. kind: the call's type. answered_at: None where this party did not answer."""

    number: int
    report_id: str
    reported_at: datetime
    call_id: str
    direction: str
    kind: str
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime
    calling: str | None
    called: str | None
    shown: str | None
    person: str | None
    queue: str | None
    outcome: str

    @property
    def talked_s(self) -> float:
        """From answer to release."""
        return 0 if self.answered_at is None else (self.ended_at - self.answered_at).total_seconds()


def row_of(record: Record) -> WebexRow:
    """The row of a record. Raises FieldFault, naming the field."""
    fields = record.fields
    started_at, ended_at = _needed_instant(fields, "Start time"), _needed_instant(fields, "Release time")
    answered = needed(fields, "Answered")
    if answered not in ("true", "false"):
        raise FieldFault("Answered is neither true nor false")
    answered_at = _needed_instant(fields, "Answer time") if answered == "true" else None
    user_type, user = text(fields, "User type"), text(fields, "User UUID")
    row = WebexRow(
        number=record.number,
        report_id=needed(fields, "Report ID"),
        reported_at=_needed_instant(fields, "Report time"),
        call_id=needed(fields, "Correlation ID"),
        direction=needed(fields, "Direction"),
        kind=needed(fields, "Call type"),
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        calling=text(fields, "Calling number"),
        called=text(fields, "Called number"),
        shown=text(fields, "External caller ID number") or text(fields, "Caller ID number"),
        person=user if user_type in _PEOPLE else None,
        queue=user if user_type == _QUEUE else None,
        outcome=text(fields, "Call outcome reason") or text(fields, "Call outcome") or "unknown",
    )
    _check_duration(row, fields)
    return row


def _check_duration(row: WebexRow, fields: Mapping[str, object]) -> None:
    """Refuses a record whose Duration is the time neither from its answer nor from its start to its end."""
    duration_s = number(fields, "Duration")
    if duration_s is None or row.answered_at is None:
        return
    lasted_s = (row.ended_at - row.started_at).total_seconds()
    if min(abs(seconds - int(duration_s)) for seconds in (row.talked_s, lasted_s)) > _SLACK_S:
        raise FieldFault("Duration does not agree with Answer time and Release time")


def _needed_instant(fields: Mapping[str, object], name: str) -> datetime:
    """The instant of a field; Webex writes some without their Z."""
    written = needed(fields, name)
    at = instant({name: written if written.endswith("Z") else f"{written}Z"}, name)
    assert at is not None
    return at
