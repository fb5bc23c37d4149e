"""A consumer on a real broker and database: nothing is lost, doubled or skipped, whatever a record does to it."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from chassis.migrate import ingest_role
from chassis.service import Process
from tests.conftest import FreshDatabase
from tests.support.breaking import Break, breaking_line
from tests.support.broker import Broker, Message, send, until
from tests.support.noting import SCHEMA, Notes, NotingSettings, noting, readiness, running
from tests.support.records import note
from tests.support.schemas import as_role

FATES = ("accepted", "duplicate", "conflict", "dead_letter", "suspense", "absent")


@dataclass(slots=True, kw_only=True)
class Ground:
    """Topics and a database of this test's own."""

    broker: Broker
    dsn: str
    topic: str
    out: str
    group: str
    admin: Any

    @property
    def dead(self) -> str:
        """Where dead letters go."""
        return f"{self.topic}.{self.group}.dlq"

    def settings(self, **given: Any) -> NotingSettings:
        common = {
            "ingest_postgres_dsn": as_role(self.dsn, ingest_role(SCHEMA)),
            "kafka_bootstrap_servers": self.broker.servers,
            "topic": self.topic,
            "out": self.out,
            "group": self.group,
            "instance": "one",
            "session_timeout_ms": 6000,
        }
        return NotingSettings(**{**common, **given})

    async def effects(self) -> Counter[str]:
        rows = await self.admin.fetch("SELECT event_id FROM effect")
        return Counter(row["event_id"] for row in rows)

    async def fates(self) -> Counter[str]:
        """Offsets by fate, after looking that every batch follows the one before without a gap."""
        rows = await self.admin.fetch("SELECT * FROM offset_fate ORDER BY topic, partition, first_offset")
        found: Counter[str] = Counter()
        ends: dict[int, int] = {}
        for row in rows:
            assert row["first_offset"] == ends.get(row["partition"], row["first_offset"])
            ends[row["partition"]] = row["last_offset"] + 1
            found.update({fate: row[fate] for fate in FATES if row[fate]})
        return found

    async def position(self, partition: int = 0) -> int:
        found = await self.admin.fetchval("SELECT next_offset FROM input_position WHERE partition = $1", partition)
        return int(found or 0)

    async def until_position(self, offset: int, partition: int = 0) -> None:
        async def there() -> bool:
            return await self.position(partition) >= offset

        await until(there, said=f"position {offset} of partition {partition}")

    async def until_published(self) -> None:
        """Until the broker has confirmed everything the outbox held."""

        async def empty() -> bool:
            return not await self.admin.fetchval("SELECT count(*) FROM outbox")

        await until(empty, said="an empty outbox")


@pytest.fixture
async def ground(kafka_bootstrap: str, fresh_database: FreshDatabase) -> AsyncIterator[Ground]:
    broker, dsn = Broker(kafka_bootstrap), await fresh_database(noting())
    admin = await asyncpg.connect(dsn, server_settings={"search_path": SCHEMA})
    topic, out = await broker.topic("notes", partitions=2), await broker.topic("effects")
    made = Ground(broker=broker, dsn=dsn, topic=topic, out=out, group=f"test.{uuid4().hex[:8]}", admin=admin)
    await broker.make(made.dead, large=True)
    yield made
    await admin.close()


def notes(*names: str, **said: Any) -> list[Message]:
    return [Message(value=note(name, **said)) for name in names]


async def until_alarm(process: Process) -> None:
    """Until readiness says that an alarm stopped a partition."""

    async def alarmed() -> bool:
        status, checks = await readiness(process)
        return status == 503 and checks["partitions"] != "ok"

    await until(alarmed, said="a partition stopped by an alarm")


async def test_what_fails_alone_is_found_among_its_neighbours_and_can_come_back(ground: Ground) -> None:
    """Two errors of ours, one of the database and one that the handler names, all in one batch."""
    good = [f"good-{number}" for number in range(120)]
    messages = notes("seen", *good[:40]) + notes("bad-1", word="raise") + notes("seen", *good[40:80])
    messages += notes("bad-2", word="data") + notes("bad-3", word="guilty") + notes(*good[80:])
    messages += notes("bad-4", word="raise")
    await ground.broker.publish(ground.topic, messages)
    async with running(ground.settings()):
        await ground.until_position(len(messages))
        await ground.until_published()
    assert await ground.effects() == Counter(["seen", *good])
    assert await ground.fates() == {"accepted": 121, "duplicate": 1, "dead_letter": 4}
    dead = await ground.broker.records(ground.dead)
    said = {
        dict(record.headers)["dlq_code"].decode(): dict(record.headers)["dlq_detail"].decode() for record in dead
    }
    assert len(dead) == 4
    assert said["blamed"] == "bad-3 is to blame"
    assert {record.value for record in dead} == {message.value for message in messages if b"bad-" in message.value}
    assert {dict(record.headers)["dlq_detail"] for record in dead} >= {
        b"ValueError: cannot bear bad-1",
        b"ValueError: cannot bear bad-4",
    }

    again = [Message(value=record.value) for record in dead]
    await ground.broker.publish(ground.topic, again)
    async with running(ground.settings(), Notes(out=ground.out, healed=("raise", "data", "guilty"))):
        await ground.until_position(len(messages) + 4)
    assert await ground.effects() == Counter(["seen", *good, "bad-1", "bad-2", "bad-3", "bad-4"])


async def test_too_many_dead_letters_stop_their_partition_and_no_other(ground: Ground) -> None:
    bad = [Message(value=b"not JSON") for _ in range(12)]
    settings = ground.settings(dead_letter_limit=10, batch_max_records=12)
    async with running(settings) as process:
        await ground.broker.publish(ground.topic, notes("first"))
        await ground.until_position(1)
        await ground.broker.publish(ground.topic, bad)
        await until_alarm(process)
        passed = await ground.position()
        await ground.broker.publish(
            ground.topic, [*notes("held-back"), Message(value=note("other-partition"), partition=1)]
        )
        await ground.until_position(1, partition=1)
        await ground.until_published()
        status, checks = await readiness(process)
    assert (status, checks["database"], checks["consumer"]) == (503, "ok", "ok")
    assert checks["partitions"] == (
        f"{ground.topic}/0 stopped: too many dead letters: at least the limit and more than the share set"
    )
    assert 11 <= passed == await ground.position() <= 13
    assert len(await ground.broker.records(ground.dead)) == passed - 1
    assert await ground.effects() == Counter(["first", "other-partition"])
    async with running(ground.settings()):
        await ground.until_position(14)
    assert await ground.effects() == Counter(["first", "other-partition", "held-back"])


async def test_records_of_aborted_transactions_and_markers_are_absent(ground: Ground) -> None:
    async with ground.broker.producer(transactional_id=f"t-{uuid4().hex[:8]}") as producer:
        for number in range(6):
            await producer.begin_transaction()
            waits = [await send(producer, ground.topic, one) for one in notes(f"{number}-a", f"{number}-b")]
            await asyncio.gather(*waits)
            await (producer.abort_transaction() if number % 2 else producer.commit_transaction())
    await ground.broker.publish(ground.topic, notes("last"))
    async with running(ground.settings(batch_max_records=3)) as process:
        await ground.until_position(19)
        assert process.intake is not None
        assert not await process.intake.behind_at_broker()
        async with ground.broker.producer(transactional_id=f"t-{uuid4().hex[:8]}") as producer:
            await producer.begin_transaction()
            await (await send(producer, ground.topic, notes("tail")[0]))
            await producer.commit_transaction()
        await ground.until_position(20)

        async def at_rest() -> bool:
            return not await process.intake.behind_at_broker()

        await until(at_rest, said="a marker at the end of the log must not look like a standstill")
    assert await ground.effects() == Counter(["0-a", "0-b", "2-a", "2-b", "4-a", "4-b", "last", "tail"])
    assert await ground.fates() == {"accepted": 8, "absent": 12}


@pytest.mark.parametrize("while_running", [False, True])
async def test_deleted_records_stop_the_partition_and_are_not_skipped(ground: Ground, while_running: bool) -> None:
    settings = ground.settings()
    if not while_running:
        async with running(settings):
            await ground.broker.publish(ground.topic, notes("read"))
            await ground.until_position(1)
        await ground.broker.publish(ground.topic, notes(*(f"lost-{number}" for number in range(5))))
        await ground.broker.delete_before(ground.topic, 4)
    async with running(settings) as process:
        if while_running:
            await ground.broker.publish(ground.topic, notes("read"))
            await ground.until_position(1)
            # Unread for as long as its database is locked, while the log's start moves on.
            async with ground.admin.transaction():
                await ground.admin.execute("LOCK TABLE seen_event")
                await ground.broker.publish(ground.topic, notes("in-the-batch"))
                await asyncio.sleep(0.5)
                assert process.intake is not None
                consumer = process.intake.claims.consumer()
                assert consumer is not None
                [partition] = [one for one in process.intake.partitions.assigned if one.partition == 0]
                consumer.pause(partition)
                await asyncio.sleep(0.5)  # a fetch that was under way comes back empty
                await ground.broker.publish(ground.topic, notes(*(f"lost-{number}" for number in range(5))))
                await ground.broker.delete_before(ground.topic, 5)
                consumer.resume(partition)

        await until_alarm(process)
        _, checks = await readiness(process)
        await ground.broker.publish(ground.topic, notes("after"))
        await asyncio.sleep(1)
    first, last = (2, 4) if while_running else (1, 3)
    assert checks["partitions"] == (
        f"{ground.topic}/0 stopped: records {first} to {last} were deleted before they were read"
    )
    assert await ground.position() == first
    assert "after" not in await ground.effects()
    assert "absent" not in await ground.fates()


async def test_a_commit_that_nobody_heard_of_is_neither_lost_nor_doubled(ground: Ground) -> None:
    draw = random.Random(11)

    def next_break() -> Break:
        return draw.choice([None, None, "before", "after"])

    names = [f"note-{number}" for number in range(240)]
    async with (
        breaking_line(ground.settings().ingest_postgres_dsn, next_break) as (dsn, line),
        running(ground.settings(ingest_postgres_dsn=dsn, batch_max_records=20)),
    ):
        for start in range(0, len(names), 20):
            await ground.broker.publish(ground.topic, notes(*names[start : start + 20]))
        await ground.until_position(len(names))
        await ground.until_published()
    assert {"before", "after"} <= set(line.broken)
    assert await ground.effects() == Counter(names)
    assert await ground.fates() == {"accepted": len(names)}
    told: dict[int, bytes] = {}
    for record in await ground.broker.records(ground.out):
        told.setdefault(int(dict(record.headers)["lane_seq"]), record.value)
    assert [told[seq].decode() for seq in sorted(told)] == names
    assert sorted(told) == list(range(1, len(names) + 1))


async def test_asked_to_stop_it_finishes_its_batch_and_leaves_the_rest(ground: Ground, scratch: Path) -> None:
    names = [f"note-{number}" for number in range(1000)]
    await ground.broker.publish(ground.topic, notes(*names))
    settings = ground.settings(batch_max_records=50, batch_pause_s=0.2, http_port=0)
    given = {f"NOTING_{name.upper()}": str(value) for name, value in settings.model_dump(exclude_none=True).items()}
    loop = asyncio.get_running_loop()
    with (scratch / "noting.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.noting", "--role", "ingest"),
            env={**os.environ, **given},
            stdout=log,
            stderr=log,
        )
        await ground.until_position(100)
        asked_s = loop.time()
        process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(process.wait(), 20)
    assert code == 0, (scratch / "noting.log").read_text()
    assert loop.time() - asked_s < 15
    committed = await ground.position()
    assert 100 <= committed < 1000
    assert await ground.admin.fetchval("SELECT count(*) FROM outbox") == 0
    async with running(ground.settings()):
        await ground.until_position(1000)
    assert await ground.effects() == Counter(names)
    assert await ground.fates() == {"accepted": 1000}
