"""Cisco CUCM's call detail records: the outside legs of a file, found by number, device and trunk."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cli.adapters.checked import fault_of
from cli.adapters.cucm.columns import KNOWN
from cli.adapters.cucm.legs import Inside, OutsideLeg, legs_beside_inside, outside_legs
from cli.adapters.cucm.rows import NEEDED, CallRow, is_types, row_of
from cli.adapters.fields import UNREADABLE, identifier, optional_identifier
from cli.adapters.header_csv import header_of, rows
from cli.adapters.numbers import NumberRules, caller
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason, Weight
from contracts.events.call import CallDetailRecord, LinkedCall


@dataclass(frozen=True, slots=True, kw_only=True)
class CucmOptions:
    """trunks: devices that lead to carriers. own: what the platform's own numbers begin with."""

    account_id: str
    rules: NumberRules
    trunks: frozenset[str] = frozenset()
    own: tuple[str, ...] = ()


def read(lines: Iterable[str], options: CucmOptions) -> Iterator[Outcome]:
    """The fate of every row; the row of SQL types under the header is none. Raises FileRefused.

    The whole file is held in memory: the rows of one leg may stand apart.
    """
    iterator = iter(lines)
    header = header_of(next(iterator, None), needed=NEEDED)
    unknown = [name for name in header if name not in KNOWN]
    outcomes: list[Outcome] = []
    if unknown:
        outcomes.append(Finding(rows=(1,), reason=Reason.UNKNOWN_COLUMN, detail=", ".join(unknown)))
    inside = Inside(trunks=options.trunks, own=options.own)
    calls: list[CallRow] = []
    for one in rows(enumerate(iterator, start=2), header):
        if isinstance(one, Finding):
            outcomes.append(one)
        elif not is_types(one):
            try:
                calls.append(row_of(one))
            except UNREADABLE as error:
                outcomes.append(Finding(rows=(one.number,), reason=Reason.UNREADABLE_ROW, detail=str(error)))
    known = legs_beside_inside(calls, inside)
    paid: list[CallRow] = []
    for call in calls:
        finding = _no_leg(call, inside, known)
        if finding is None:
            paid.append(call)
        else:
            outcomes.append(finding)
    for leg in outside_legs(paid, inside):
        outcomes += _outcomes(leg, inside, options)
    yield from sorted(outcomes, key=_first_row)


def _no_leg(row: CallRow, inside: Inside, known: frozenset[str]) -> Finding | None:
    """Why a row is in no leg, or None. known: legs that have an inside end in some row of the file."""
    numbers = (row.number,)
    if row.to_recorder:
        return Finding(rows=numbers, reason=Reason.RECORDER)
    if inside.holds(row.calling) and inside.holds(row.called):
        return Finding(rows=numbers, reason=Reason.INTERNAL)
    if not inside.is_told(row, known):
        detail = "neither side is known as inside; --trunk and --own say which"
        return Finding(rows=numbers, reason=Reason.DIRECTION_UNTOLD, detail=detail, billed_s=row.duration_s)
    return None


def _outcomes(leg: OutsideLeg, inside: Inside, options: CucmOptions) -> list[Outcome]:
    first, numbers = leg.rows[0], tuple(sorted({row.number for row in leg.rows}))
    notes: list[tuple[Reason, str]] = []
    if leg.direction == "inbound":
        other, readable = caller(first.calling.number, options.rules)
        own = options.rules.e164(first.dialled) or options.rules.e164(first.called.number)
        if not readable:
            notes.append((Reason.CALLER_NUMBER, f"callingPartyNumber {first.calling.number}"))
    else:
        sent = first.called.outpulsed or first.called.number
        dialled = options.rules.e164(sent)
        if dialled is None:
            return [_unpublished(leg, numbers, Reason.DIALLED_NUMBER, f"sent {sent}")]
        own = options.rules.e164(first.calling.outpulsed or first.calling.number)
        other = dialled.number
        if dialled.stripped is not None:
            notes.append((Reason.STRIPPED, dialled.stripped))
        if dialled.bare_international:
            notes.append((Reason.BARE_INTERNATIONAL, f"sent {sent}"))
    if own is None:
        notes.append((Reason.NO_OWN_NUMBER, leg.direction))
    record = _record(leg, inside, options, other=other, own=own.number if own else None)
    fault = fault_of(record)
    if fault is not None:
        return [_unpublished(leg, numbers, Reason.INVALID_RECORD, fault)]
    said = [Finding(rows=numbers, reason=reason, detail=detail) for reason, detail in notes]
    return [Leg(rows=numbers, record=record), *said]


def _record(
    leg: OutsideLeg, inside: Inside, options: CucmOptions, *, other: str, own: str | None
) -> CallDetailRecord:
    first = leg.rows[0]
    hunts = (row.hunt_pilot for row in leg.rows)
    return CallDetailRecord(
        account_id=options.account_id,
        call_id=identifier(first.call_id),
        leg_id=_leg_id(leg),
        direction=leg.direction,
        channel="inbound" if leg.direction == "inbound" else "manual",
        other_party=other,
        disposition=f"q850-{leg.rows[-1].cause}",
        started_at=leg.started_at,
        ended_at=leg.ended_at,
        own_number=own,
        presented_caller_id=own if leg.direction == "outbound" else None,
        user_id=_user(leg, inside),
        queue_id=optional_identifier(next((pilot for pilot in hunts if pilot), None)),
        answered_at=leg.answered_at,
        billable_duration_ms=leg.billed_s * 1000,
        linked_call=None
        if leg.linked is None
        else LinkedCall(call_id=identifier(leg.linked.rows[0].call_id), leg_id=_leg_id(leg.linked)),
    )


def _leg_id(leg: OutsideLeg) -> str:
    """CUCM's identifier with the second the leg began: identifiers come round again."""
    return f"{leg.leg}@{int(leg.started_at.timestamp())}"


def _user(leg: OutsideLeg, inside: Inside) -> str | None:
    """The inside end that was longest on the leg: who is logged in there, else its number."""
    for row in sorted(leg.rows, key=lambda row: row.duration_s, reverse=True):
        near = row.called if leg.direction == "inbound" else row.calling
        if inside.holds(near) and (near.login or near.number):
            return optional_identifier(near.login or near.number)
    return None


def _unpublished(leg: OutsideLeg, rows: tuple[int, ...], reason: Reason, detail: str) -> Finding:
    return Finding(rows=rows, reason=reason, detail=detail, direction=leg.direction, billed_s=leg.billed_s)


def _first_row(outcome: Outcome) -> tuple[int, bool]:
    """Legs in the order of their first rows, and before what is worth knowing of them."""
    assert isinstance(outcome, Leg | Finding)
    return outcome.rows[0], isinstance(outcome, Finding) and outcome.reason.weight is Weight.NOTE
