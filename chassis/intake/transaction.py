"""The batch transaction: position, deduplication, effects, dead letters, fates and outbox, or nothing."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from chassis.database import ACQUIRE_TIMEOUT_S, Connection, Pool
from chassis.intake.batch import Batch, Conflict, DeadLetter, Fate, Slice
from chassis.intake.dead_letters import dead_letter_headers
from chassis.intake.events import Event
from chassis.outbox.lanes import MessageList, Outgoing
from chassis.sql import Queries
from chassis.stripes import Stripes, take_stripes

QUERIES = Queries(__package__)

Handler = Callable[[Batch], Awaitable[None]]
Identity = tuple[str, str, str]


class PositionLost(RuntimeError):
    """Another process has moved or claimed this partition since: nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A slice that was read: its events and the records that could not be.

    expected: the offset the position stands at; offsets between it and the first record are absent.
    quarantined: records older than the horizon of deduplication.
    """

    slice: Slice
    expected: int
    epoch: int
    events: Sequence[Event[Any]]
    dead: Sequence[DeadLetter]
    quarantined: Sequence[Conflict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a committed batch did."""

    lists: list[MessageList]
    fates: Counter[Fate]


@dataclass(slots=True, kw_only=True)
class BatchTransaction:
    """Applies slices of one consumer group; `schema` names the service's stripes."""

    pool: Pool
    schema: str
    group: str

    async def apply(self, work: Work, handler: Handler, stripes: Sequence[Stripes], recorded_at: datetime) -> Done:
        """Apply one slice in one transaction. Raises PositionLost when the partition was taken over.

        The order of locks is the law's (DESIGN §5): position, stripes, deduplication keys, the handler's
        rows, lane.
        """
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
            batch = await self._decide(connection, work, handler, stripes, recorded_at)
            await self._record(batch, work)
            lists = await batch.outgoing.record(connection, recorded_at)
        return Done(lists=lists, fates=batch.fates)

    async def rehearse(
        self, work: Work, handler: Handler, stripes: Sequence[Stripes], recorded_at: datetime
    ) -> None:
        """Try the events of a slice in a transaction that is always rolled back. Raises what `apply` would."""
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                await self._decide(connection, work, handler, stripes, recorded_at)
                await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
            finally:
                await transaction.rollback()

    async def _decide(
        self,
        connection: Connection,
        work: Work,
        handler: Handler,
        stripes: Sequence[Stripes],
        recorded_at: datetime,
    ) -> Batch:
        """Everything up to the records of what became of the batch."""
        where = work.slice
        await self._move_position(connection, work)
        accounts = {event.account_id for event in work.events}
        if accounts and stripes:
            await take_stripes(connection, schema=self.schema, stripes=stripes, accounts=accounts)
        fresh, repeated, conflicts = await _deduplicate(connection, work.events)
        batch = Batch(
            connection=connection,
            events=fresh,
            outgoing=Outgoing(lane=lane_of(where.topic, where.partition)),
            recorded_at=recorded_at,
            fates=Counter(
                {
                    Fate.ACCEPTED: len(fresh),
                    Fate.DUPLICATE: repeated,
                    Fate.CONFLICT: len(conflicts) + len(work.quarantined),
                    Fate.DEAD_LETTER: len(work.dead),
                    Fate.ABSENT: where.next_offset - work.expected - len(where.records),
                }
            ),
            conflicts=[*work.quarantined, *conflicts],
        )
        if fresh:
            await handler(batch)
        return batch

    async def _move_position(self, connection: Connection, work: Work) -> None:
        where = work.slice
        moved = await connection.fetchval(
            QUERIES["move_position"],
            self.group,
            where.topic,
            where.partition,
            work.epoch,
            work.expected,
            where.next_offset,
        )
        if moved is None:
            raise PositionLost(f"{where.topic}/{where.partition} at {work.expected}, epoch {work.epoch}")

    async def _record(self, batch: Batch, work: Work) -> None:
        """Conflicts, dead letters and the fate of every offset."""
        where = work.slice
        if batch.conflicts:
            await batch.connection.executemany(
                QUERIES["insert_conflict"],
                [_conflict_row(conflict, batch.recorded_at) for conflict in batch.conflicts],
            )
        # A replay that fails again is a dead letter of the topic it was replayed for.
        origin = where.topic.removesuffix(f".{self.group}.replay")
        for letter in work.dead:
            batch.outgoing.send(
                f"{origin}.{self.group}.dlq",
                key=letter.record.key,
                value=letter.record.value,
                headers=dead_letter_headers(letter, group=self.group, failed_at=batch.recorded_at),
            )
        await batch.connection.execute(
            QUERIES["insert_fate"],
            where.topic,
            where.partition,
            work.expected,
            where.next_offset - 1,
            *(batch.fates[fate] for fate in Fate),
            batch.recorded_at,
        )


def lane_of(topic: str, partition: int) -> str:
    """The outbox lane of what a partition of input causes."""
    return f"{topic}/{partition}"


async def _deduplicate(
    connection: Connection, events: Sequence[Event[Any]]
) -> tuple[list[Event[Any]], int, list[Conflict]]:
    """(fresh events in log order, number of repeats, conflicts); the fresh are remembered."""
    firsts: dict[Identity, Event[Any]] = {}
    later: list[Event[Any]] = []
    for event in events:
        if firsts.setdefault((event.account_id, event.source, event.event_id), event) is not event:
            later.append(event)
    if not firsts:
        return [], 0, []
    hashes = {identity: event.content_hash for identity, event in firsts.items()}
    fresh = await _remember(connection, hashes)
    known = [event for identity, event in firsts.items() if identity not in fresh]
    if known:
        hashes |= await _known_hashes(connection, known)
    repeated, conflicts = 0, []
    for event in (*known, *later):
        if hashes[(event.account_id, event.source, event.event_id)] == event.content_hash:
            repeated += 1
        else:
            conflicts.append(Conflict(event=event, reason="the same event id with other content"))
    if not known:
        return list(firsts.values()), repeated, conflicts
    return [event for identity, event in firsts.items() if identity in fresh], repeated, conflicts


async def _remember(connection: Connection, hashes: Mapping[Identity, bytes]) -> set[Identity]:
    """Insert identities with their hashes; those that were new."""
    ordered = sorted(hashes)
    columns = [" ".join(column) for column in zip(*ordered, strict=True)]
    content = " ".join([hashes[identity].hex() for identity in ordered])
    row = await connection.fetchrow(QUERIES["insert_seen"], *columns, content, len(ordered))
    if row["new"] == len(ordered):
        return set(ordered)
    return {(account_id, source, event_id) for account_id, source, event_id in orjson.loads(row["which"] or "[]")}


async def _known_hashes(connection: Connection, events: Sequence[Event[Any]]) -> dict[Identity, bytes]:
    rows = await connection.fetch(
        QUERIES["list_seen"],
        [event.account_id for event in events],
        [event.source for event in events],
        [event.event_id for event in events],
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _conflict_row(conflict: Conflict, recorded_at: datetime) -> tuple[object, ...]:
    event, record = conflict.event, conflict.event.record
    return (
        event.account_id,
        record.topic,
        record.partition,
        record.offset,
        event.source,
        event.event_id,
        conflict.reason,
        record.key,
        record.value,
        recorded_at,
    )
