"""A database with the chassis' tables and a table of effects, and the test in the place of the consumer."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chassis.database import Pool, open_pool
from chassis.intake.batch import Batch, Conflict, DeadLetter, Slice
from chassis.intake.events import EventReader, RecordRefused
from chassis.intake.transaction import QUERIES, BatchTransaction, Done, Handler, Work, lane_of
from chassis.migrate import ingest_role
from chassis.outbox.lanes import QUERIES as LANES
from tests.conftest import FreshDatabase
from tests.support.noting import SCHEMA, Notes, noting
from tests.support.records import AT, NOTED, a_record
from tests.support.schemas import as_role

GROUP = "test"
OUT = "effects"
TABLES = ("input_position", "offset_fate", "seen_event", "event_conflict", "outbox_lane", "outbox", "effect")
READER = EventReader([NOTED], max_bytes=10_000)


@dataclass(kw_only=True)
class Intaking:
    """Applies values as batches of one partition, as a worker would after claiming it."""

    pool: Pool
    topic: str = "notes"
    partition: int = 0
    epoch: int = 0
    next_offset: int = 0

    async def claim(self) -> int:
        """Take the partition up: its new epoch."""
        lane = lane_of(self.topic, self.partition)
        async with self.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(QUERIES["claim_position"], GROUP, self.topic, self.partition, "test", 0)
            await connection.execute(LANES["insert_lane"], lane, None, False)
            await connection.fetchrow(LANES["take_lane"], lane, row["epoch"])
        self.epoch, self.next_offset = row["epoch"], row["next_offset"]
        return self.epoch

    def work(self, values: Sequence[bytes | None], *, absent: int = 0, too_old: int = 0, **record: Any) -> Work:
        """A slice that was read. absent: offsets missing before it; too_old: the first so many events."""
        first = self.next_offset + absent
        records = [
            a_record(value, topic=self.topic, partition=self.partition, offset=first + index, **record)
            for index, value in enumerate(values)
        ]
        events, dead = [], []
        for one in records:
            try:
                events.append(READER.read(one))
            except RecordRefused as refused:
                dead.append(DeadLetter(record=one, code=refused.code, detail=refused.detail))
        return Work(
            slice=Slice(topic=self.topic, partition=self.partition, generation=1, records=records),
            expected=self.next_offset,
            epoch=self.epoch,
            events=events[too_old:],
            dead=dead,
            quarantined=[Conflict(event=event, reason="too old") for event in events[:too_old]],
        )

    async def apply(self, work: Work, handler: Handler | None = None) -> Done:
        """Apply, and stand behind it afterwards."""
        transaction = BatchTransaction(pool=self.pool, schema=SCHEMA, group=GROUP)
        done = await transaction.apply(work, handler or Notes(out=OUT), (), AT)
        self.next_offset = work.slice.next_offset
        return done

    async def take(self, *values: bytes | None, **given: Any) -> Done:
        return await self.apply(self.work(values, **given))

    def elsewhere(self, partition: int) -> "Intaking":
        """The same group on another partition."""
        return replace(self, partition=partition, epoch=0, next_offset=0)

    async def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything a batch may change, to see that nothing did."""
        tables = (
            "input_position",
            "offset_fate",
            "seen_event",
            "event_conflict",
            "outbox_lane",
            "outbox",
            "effect",
        )
        return {
            table: sorted((tuple(row) for row in await self.pool.fetch(f"SELECT * FROM {table}")), key=repr)
            for table in tables
        }

    async def effects(self) -> list[str]:
        return [row["event_id"] for row in await self.pool.fetch("SELECT event_id FROM effect")]


async def nothing_more(batch: Batch) -> None:
    """A handler for batches whose effects do not matter."""


@pytest.fixture
async def database(fresh_database: FreshDatabase) -> str:
    """The administrator's address."""
    return await fresh_database(noting())


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    """The pool of the ingest role."""
    opened = await open_pool(
        as_role(database, ingest_role(SCHEMA)), schema=SCHEMA, application_name="test", max_size=12
    )
    yield opened
    await opened.close()


@pytest.fixture
async def intaking(pool: Pool) -> Intaking:
    """Partition 0, claimed."""
    made = Intaking(pool=pool)
    await made.claim()
    return made
