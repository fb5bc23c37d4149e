"""The last look at a call record before it is published: the contract's types, and times in order."""

from pydantic import TypeAdapter, ValidationError

from contracts.events.call import CallDetailRecord
from contracts.events.envelope import to_json

RECORD = TypeAdapter(CallDetailRecord)


def fault_of(record: CallDetailRecord) -> str | None:
    """What is wrong with the record in one phrase, or None."""
    try:
        RECORD.validate_json(to_json(record))
    except ValidationError as error:
        return phrase(error)
    return fault_in_times(record)


def fault_in_times(record: CallDetailRecord) -> str | None:
    """What is wrong with the order of the three instants, or None."""
    if record.ended_at < record.started_at:
        return "it ended before it started"
    if record.answered_at is not None and not record.started_at <= record.answered_at <= record.ended_at:
        return "it was not answered between its start and its end"
    return None


def phrase(error: ValidationError) -> str:
    """The first fault that Pydantic found, with its field and without the value (it may be personal)."""
    first = error.errors(include_input=False, include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    return f"{field}: {first['msg']}" if field else str(first["msg"])
