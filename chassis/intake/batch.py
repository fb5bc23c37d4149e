"""One batch in its transaction: the fresh events, what becomes of each, and the messages to send."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from chassis.database import Connection
from chassis.intake.events import Event, Record
from chassis.outbox.lanes import Outgoing


class Fate(StrEnum):
    """What became of an offset; every offset has exactly one."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    DEAD_LETTER = "dead_letter"
    SUSPENSE = "suspense"
    ABSENT = "absent"


class RecordFailed(Exception):
    """A handler found one event that can never be applied: it alone is dead-lettered, its neighbours commit."""

    def __init__(self, event: Event[Any], code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.event = event
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Consecutive records of one partition, read in one generation of its assignment."""

    topic: str
    partition: int
    generation: int
    records: Sequence[Record]

    @property
    def first_offset(self) -> int:
        """Offset of the first record."""
        return int(self.records[0].offset)

    @property
    def next_offset(self) -> int:
        """The offset after the last record."""
        return int(self.records[-1].offset) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A record that says something else under an identity that is taken."""

    event: Event[Any]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record that failed alone, and why."""

    record: Record
    code: str
    detail: str


@dataclass(slots=True, kw_only=True)
class Batch:
    """What a handler is given. It reads and writes through `connection`, sends through `outgoing`.

    events: fresh ones only, in the order of the log; repeats and conflicts are already taken out.
    recorded_at: the instant of this transaction, the same for all it records.
    """

    connection: Connection
    events: Sequence[Event[Any]]
    outgoing: Outgoing
    recorded_at: datetime
    fates: Counter[Fate] = field(default_factory=Counter)
    conflicts: list[Conflict] = field(default_factory=list)

    def suspend(self, event: Event[Any]) -> None:
        """The event is kept in suspense: it counts as seen and is retried when what it lacks appears."""
        self._refate(Fate.SUSPENSE)

    def found_duplicate(self, event: Event[Any]) -> None:
        """The event says what another identity said already; nothing changes."""
        self._refate(Fate.DUPLICATE)

    def found_conflict(self, event: Event[Any], reason: str) -> None:
        """The event contradicts what is known under its leg and revision: it is quarantined."""
        self._refate(Fate.CONFLICT)
        self.conflicts.append(Conflict(event=event, reason=reason))

    def _refate(self, fate: Fate) -> None:
        self.fates[Fate.ACCEPTED] -= 1
        self.fates[fate] += 1
