"""Webex Calling's Detailed Call History: what left for or came from the telephone network, a leg each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cli.adapters.checked import fault_of
from cli.adapters.documents import Record, records
from cli.adapters.fields import UNREADABLE, identifier, optional_identifier
from cli.adapters.numbers import NumberRules, caller
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason
from cli.adapters.versions import revision_at
from cli.adapters.webex.rows import WebexRow, row_of
from contracts.events.call import CallDetailRecord, Direction, LinkedCall

CAME_IN: Final = "SIP_INBOUND"
WENT_OUT: Final = frozenset(
    {
        "SIP_NATIONAL",
        "SIP_INTERNATIONAL",
        "SIP_MOBILE",
        "SIP_TOLLFREE",
        "SIP_PREMIUM",
        "SIP_SHORTCODE",
        "SIP_EMERGENCY",
    }
)
_INSIDE: Final = frozenset({"SIP_ENTERPRISE", "SIP_MEETING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class WebexOptions:
    """rules: how numbers are read that are not E.164."""

    account_id: str
    rules: NumberRules


def read(raw: Iterable[bytes], options: WebexOptions) -> Iterator[Outcome]:
    """The fate of every record; a row is a record. Raises FileRefused.

    A call that came in and went through a queue is several records of one line, so calls are put together.
    """
    outcomes: list[Outcome] = []
    newest: dict[str, WebexRow] = {}
    for one in records(raw, list_key="items"):
        row = _row(one)
        if isinstance(row, Finding):
            outcomes.append(row)
            continue
        known = newest.setdefault(row.report_id, row)
        if known is not row:
            later, earlier = (row, known) if row.reported_at > known.reported_at else (known, row)
            newest[row.report_id] = later
            detail = f"a later version or the same is in row {later.number}"
            outcomes.append(Finding(rows=(earlier.number,), reason=Reason.SUPERSEDED, detail=detail))
    calls: dict[str, list[WebexRow]] = {}
    for row in newest.values():
        calls.setdefault(row.call_id, []).append(row)
    for rows in calls.values():
        outcomes += _Call(rows=sorted(rows, key=_begun), options=options).outcomes()
    yield from sorted(outcomes, key=lambda one: one.rows[0] if isinstance(one, Leg | Finding) else 0)


def _row(one: Record | Finding) -> WebexRow | Finding:
    if isinstance(one, Finding):
        return one
    try:
        return row_of(one)
    except UNREADABLE as error:
        return Finding(rows=(one.number,), reason=Reason.UNREADABLE_ROW, detail=str(error))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """The records of one call in the order they began."""

    rows: Sequence[WebexRow]
    options: WebexOptions

    def outcomes(self) -> list[Outcome]:
        """One leg for what came in, one for each that went out, and why the other records are none."""
        came = [row for row in self.rows if (row.kind, row.direction) == (CAME_IN, "TERMINATING")]
        went = [row for row in self.rows if row.kind in WENT_OUT and row.direction == "ORIGINATING"]
        made = self._inbound(came) if came else []
        for row in went:
            made += self._outbound(row, came)
        for row in self.rows:
            if row not in came and row not in went:
                halves = went if row.kind in WENT_OUT else came if row.kind == CAME_IN else []
                reason = Reason.OWN_SIDE if halves else Reason.UNKNOWN_KIND
                reason = Reason.INTERNAL if row.kind in _INSIDE else reason
                made.append(Finding(rows=(row.number,), reason=reason, detail=f"{row.direction} {row.kind}"))
        return made

    def _inbound(self, rows: Sequence[WebexRow]) -> list[Outcome]:
        """One line from its first answer, a queue's or a menu's included, to its last release."""
        numbers = tuple(sorted(row.number for row in rows))
        other, readable = caller(rows[0].calling, self.options.rules)
        made = self._leg(numbers, rows, "inbound", leg_id=rows[0].call_id, other=other, shown=None)
        if not readable:
            made.append(Finding(rows=numbers, reason=Reason.CALLER_NUMBER, detail="Calling number"))
        return made

    def _outbound(self, row: WebexRow, came: Sequence[WebexRow]) -> list[Outcome]:
        dialled = self.options.rules.e164(row.called)
        if dialled is None:
            return [
                Finding(
                    rows=(row.number,),
                    reason=Reason.DIALLED_NUMBER,
                    detail=f"Called number {row.called}",
                    direction="outbound",
                    billed_s=int(row.talked_s),
                )
            ]
        shown = self.options.rules.e164(row.shown)
        linked = None
        if came:
            linked = LinkedCall(call_id=identifier(row.call_id), leg_id=identifier(came[0].call_id))
        return self._leg(
            (row.number,),
            [row],
            "outbound",
            leg_id=row.report_id,
            other=dialled.number,
            shown=shown.number if shown else None,
            revision=revision_at(row.reported_at),
            linked=linked,
        )

    def _leg(
        self,
        numbers: tuple[int, ...],
        rows: Sequence[WebexRow],
        direction: Direction,
        *,
        leg_id: str,
        other: str,
        shown: str | None,
        revision: int = 1,
        linked: LinkedCall | None = None,
    ) -> list[Outcome]:
        first = rows[0]
        answered = [row for row in rows if row.answered_at is not None]
        longest = max(answered, key=lambda row: (row.person is not None, row.talked_s), default=first)
        near = self.options.rules.e164(first.called if direction == "inbound" else first.calling)
        own = shown or (near.number if near else None)
        record = CallDetailRecord(
            account_id=self.options.account_id,
            call_id=identifier(first.call_id),
            leg_id=identifier(leg_id),
            direction=direction,
            channel="inbound" if direction == "inbound" else "manual",
            other_party=other,
            disposition=identifier(longest.outcome.lower()),
            started_at=first.started_at,
            ended_at=max(row.ended_at for row in answered or rows),
            revision=revision,
            own_number=own,
            presented_caller_id=shown,
            user_id=optional_identifier(longest.person),
            queue_id=optional_identifier(next((row.queue for row in rows if row.queue), None)),
            answered_at=min((row.answered_at for row in rows if row.answered_at), default=None),
            linked_call=linked,
        )
        fault = fault_of(record)
        if fault is not None:
            return [Finding(rows=numbers, reason=Reason.INVALID_RECORD, detail=fault)]
        made: list[Outcome] = [Leg(rows=numbers, record=record)]
        if own is None:
            made.append(Finding(rows=numbers, reason=Reason.NO_OWN_NUMBER, detail=direction))
        return made


def _begun(row: WebexRow) -> tuple[float, int]:
    return row.started_at.timestamp(), row.number
