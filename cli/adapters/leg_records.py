"""The record of a call leg for the topic of calls."""

from dataclasses import dataclass

from cli.adapters.outcomes import Leg
from cli.publishing import PlatformRecord
from contracts.events.call import CALL_RECORDED
from contracts.events.envelope import encode, to_json
from contracts.topics import CALLS
from contracts.values.ids import IdKind, derived_id


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRecord(PlatformRecord):
    """A leg as it is published. first_row: where the leg begins in the file."""

    first_row: int


def record_of(leg: Leg, source: str) -> LegRecord:
    """The leg as a CloudEvents message.

    Its id is derived from source and record, so that the same file imported again gives the same ids and
    every leg is a duplicate; its time is the leg's end, for the same reason.
    """
    record = leg.record
    own_source = leg.source or source
    event_id = leg.event_id or derived_id(IdKind.CALL_EVENT, own_source, to_json(record).decode())
    return LegRecord(
        topic=CALLS.name,
        key=f"{record.account_id}|{record.call_id}".encode(),
        value=encode(kind=CALL_RECORDED, event_id=event_id, source=own_source, time=record.ended_at, data=record),
        first_row=leg.rows[0],
    )
