"""JSON lines: one call record a line, bare or in a CloudEvents envelope."""

from collections.abc import Iterable, Iterator

import orjson
from pydantic import ValidationError

from cli.adapters.checked import RECORD, fault_in_times, phrase
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason
from contracts.events.call import CALL_RECORDED
from contracts.events.envelope import HEAD

MAX_LINE_CHARACTERS = 900_000
"""Longer lines are refused: a broker's default largest record is 1 MB."""


def read(lines: Iterable[str], *, account_id: str | None) -> Iterator[Outcome]:
    """One outcome a line, as the lines come; nothing but the current line is held.

    Records are taken as the contract has them, without any conversion. An envelope keeps its own id and
    source; a bare record gets a derived id and the importer's source. account_id: the account that every
    record must name; None takes any.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _outcome(number, line, account_id)


def _outcome(number: int, line: str, account_id: str | None) -> Leg | Finding:
    if len(line) > MAX_LINE_CHARACTERS:
        return _unreadable(number, f"{len(line):,} characters are too long for one record")
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return _unreadable(number, f"not JSON: {error.msg} at column {error.colno}")
    if not isinstance(value, dict):
        return _unreadable(number, "not a JSON object")
    event_id = source = None
    data: object = value
    if "specversion" in value:
        try:
            head = HEAD.validate_json(line)
        except ValidationError as error:
            return _unreadable(number, f"not a CloudEvents envelope: {phrase(error)}")
        if head.type != CALL_RECORDED.name:
            return _unreadable(number, f"an event of type {head.type}, not {CALL_RECORDED.name}")
        event_id, source, data = head.id, head.source, value.get("data")
    try:
        record = RECORD.validate_json(orjson.dumps(data))
    except ValidationError as error:
        return Finding(rows=(number,), reason=Reason.INVALID_RECORD, detail=phrase(error))
    fault = fault_in_times(record)
    if fault is None and account_id not in (None, record.account_id):
        fault = f"account_id is not {account_id}, which --account names"
    if fault is not None:
        return Finding(rows=(number,), reason=Reason.INVALID_RECORD, detail=fault)
    return Leg(rows=(number,), record=record, event_id=event_id, source=source)


def _unreadable(number: int, detail: str) -> Finding:
    return Finding(rows=(number,), reason=Reason.UNREADABLE_ROW, detail=detail)
