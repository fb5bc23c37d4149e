"""Voiso's CDR API: the records of a saved page, by a mapping of their fields that the operator can adjust.

Types and dispositions are as published (docs.voiso.com/apidocs/cdr-1); the fields of a record are not, so
their names stand in a mapping file. It has not seen real data.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cli.adapters.checked import fault_of
from cli.adapters.documents import Record, records
from cli.adapters.fields import UNREADABLE, FieldFault, identifier, optional_identifier
from cli.adapters.numbers import NumberRules, caller
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason
from cli.adapters.versions import newest, revision_at
from cli.adapters.voiso.mapping import CallType, FieldMapping
from cli.adapters.voiso.values import Values
from contracts.events.call import CallDetailRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class VoisoOptions:
    """zone: of local times, where the mapping says that times are local."""

    account_id: str
    zone: ZoneInfo
    rules: NumberRules
    mapping: FieldMapping


def read(raw: Iterable[bytes], options: VoisoOptions) -> Iterator[Outcome]:
    """The fate of every record of a page; a row is a record. Raises FileRefused."""
    found = records(raw, list_key=options.mapping.records)
    yield from newest([_outcomes(one, options) if isinstance(one, Record) else [one] for one in found])


def _outcomes(record: Record, options: VoisoOptions) -> list[Outcome]:
    rows = (record.number,)
    values = Values(record=record.fields, mapping=options.mapping, zone=options.zone)
    try:
        finding = _no_call(rows, values, options.mapping)
        if finding is not None:
            return [finding]
        return _leg(rows, values, options)
    except UNREADABLE as error:
        return [Finding(rows=rows, reason=Reason.UNREADABLE_ROW, detail=str(error))]


def _no_call(rows: tuple[int, ...], values: Values, mapping: FieldMapping) -> Finding | None:
    """Why the record is no call leg that has ended, or None."""
    kind = values.needed("type")
    if kind in mapping.kinds.messages:
        return Finding(rows=rows, reason=Reason.MESSAGE, detail=kind)
    if kind in mapping.kinds.other:
        return Finding(rows=rows, reason=Reason.NOT_A_CALL, detail=kind)
    if kind not in mapping.types:
        return Finding(rows=rows, reason=Reason.UNKNOWN_KIND, detail=f"type {kind}")
    outcome = values.needed("disposition")
    if outcome in mapping.dispositions.open:
        return Finding(rows=rows, reason=Reason.STILL_OPEN, detail=outcome)
    if outcome not in (*mapping.dispositions.answered, *mapping.dispositions.unanswered):
        return Finding(rows=rows, reason=Reason.UNKNOWN_KIND, detail=f"disposition {outcome}")
    return None


def _leg(rows: tuple[int, ...], values: Values, options: VoisoOptions) -> list[Outcome]:
    kind: CallType = options.mapping.types[values.needed("type")]
    notes: list[Outcome] = []
    near, far = ("to", "from_") if kind.direction == "inbound" else ("from_", "to")
    own = options.rules.e164(values.text(near))
    if own is None:
        notes.append(Finding(rows=rows, reason=Reason.NO_OWN_NUMBER, detail=kind.direction))
    if kind.direction == "inbound":
        other, readable = caller(values.text(far), options.rules)
        if not readable:
            notes.append(Finding(rows=rows, reason=Reason.CALLER_NUMBER, detail=f"{values.name(far)}"))
    else:
        dialled = options.rules.e164(values.text(far))
        if dialled is None:
            return [_undialled(rows, values, kind, options.mapping)]
        other = dialled.number
        if dialled.stripped is not None:
            notes.append(Finding(rows=rows, reason=Reason.STRIPPED, detail=dialled.stripped))
        if dialled.bare_international:
            notes.append(Finding(rows=rows, reason=Reason.BARE_INTERNATIONAL))
    record = _record(values, kind, options, other=other, own=own.number if own else None)
    fault = fault_of(record)
    if fault is not None:
        return [Finding(rows=rows, reason=Reason.INVALID_RECORD, detail=fault)]
    return [Leg(rows=rows, record=record), *notes]


def _record(
    values: Values, kind: CallType, options: VoisoOptions, *, other: str, own: str | None
) -> CallDetailRecord:
    started_at, ended_at = values.needed_instant("started_at"), values.needed_instant("ended_at")
    updated_at = values.instant("updated_at")
    answered_at = billable = None
    if values.needed("disposition") in options.mapping.dispositions.answered:
        billable = values.duration(kind.billable)
        if billable is None:
            raise FieldFault(f"{values.name(kind.billable)} is missing, though the call was answered")
        answered_at = values.instant("answered_at") or max(started_at, ended_at - billable)
    return CallDetailRecord(
        account_id=options.account_id,
        call_id=identifier(values.needed("call_id")),
        leg_id=identifier(values.needed("call_id")),
        direction=kind.direction,
        channel=kind.channel,
        other_party=other,
        disposition=identifier(values.needed("disposition")),
        started_at=started_at,
        ended_at=ended_at,
        revision=1 if updated_at is None else revision_at(updated_at),
        own_number=own,
        presented_caller_id=own if kind.direction == "outbound" else None,
        user_id=optional_identifier(values.text("user_id")),
        team_id=optional_identifier(values.text("team_id")),
        queue_id=optional_identifier(values.text("queue_id")),
        campaign_id=optional_identifier(values.text("campaign_id")),
        answered_at=answered_at,
        billable_duration_ms=None if billable is None else values.milliseconds(billable),
    )


def _undialled(rows: tuple[int, ...], values: Values, kind: CallType, mapping: FieldMapping) -> Finding:
    answered = values.needed("disposition") in mapping.dispositions.answered
    talked = values.duration(kind.billable) if answered else None
    return Finding(
        rows=rows,
        reason=Reason.DIALLED_NUMBER,
        detail=f"{values.name('to')} {values.text('to')}",
        direction="outbound",
        billed_s=int(talked.total_seconds()) if talked else 0,
    )
