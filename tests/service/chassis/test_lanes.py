"""Outbox lanes: numbered in commit order without gaps, and published by their owner only."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from chassis.database import Pool
from chassis.outbox.lanes import QUERIES, Outgoing, open_command_lane, open_standing_lane, record_standing_lanes
from chassis.outbox.producer import LaneProducer
from chassis.outbox.publisher import StandingPublisher, list_waiting
from tests.service.chassis.conftest import Intaking
from tests.support.broker import Broker, until
from tests.support.noting import SCHEMA
from tests.support.records import AT, note

WRITERS = 8
ROUNDS = 25


async def write(pool: Pool, lane: str, *messages: str, topic: str = "out", before_commit_s: float = 0) -> None:
    """One command: its messages, and perhaps some time between numbering and commit."""
    async with pool.acquire() as connection, connection.transaction():
        outgoing = await open_standing_lane(connection, lane)
        for message in messages:
            outgoing.send(topic, key=None, value=message.encode())
        await outgoing.record(connection, AT)
        await asyncio.sleep(before_commit_s)


async def test_a_lane_is_numbered_in_commit_order_under_many_writers(pool: Pool) -> None:
    """Whoever looks sees the numbers from 1 on without a gap: none is committed before a lower one."""
    done = asyncio.Event()

    async def writer(number: int) -> None:
        for turn in range(ROUNDS):
            names = [f"{number}-{turn}-{part}" for part in range(1 + turn % 3)]
            await write(pool, "lane", *names, before_commit_s=0.001 * (number % 3))

    async def watch() -> int:
        looks = 0
        while not done.is_set():
            async with pool.acquire() as connection:
                lists = await list_waiting(connection, "lane", 0, 10_000)
            expected = 1
            for messages in lists:
                assert messages.first_seq == expected
                expected = messages.last_seq + 1
            looks += 1
        return looks

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(writer(number) for number in range(WRITERS)))
    done.set()
    assert await watching > 5
    async with pool.acquire() as connection:
        lists = await list_waiting(connection, "lane", 0, 10_000)
    values = [value.decode() for messages in lists for value in messages.messages.values if value]
    assert len(values) == lists[-1].last_seq == WRITERS * sum(1 + turn % 3 for turn in range(ROUNDS))
    for number in range(WRITERS):
        own = [value for value in values if value.startswith(f"{number}-")]
        assert own == sorted(own, key=lambda value: [int(part) for part in value.split("-")])


async def test_several_lanes_at_once_are_numbered_without_gaps(pool: Pool) -> None:
    async def writer(number: int) -> None:
        for turn in range(ROUNDS):
            lanes = [Outgoing(lane=f"lane-{(number + turn + step) % 4}") for step in (3, 1, 2)]
            for lane in lanes[: 1 + turn % 3]:
                lane.send("out", key=None, value=b"x")
            async with pool.acquire() as connection, connection.transaction():
                firsts = await record_standing_lanes(connection, lanes, AT)
            assert set(firsts) == {lane.lane for lane in lanes[: 1 + turn % 3]}

    await asyncio.gather(*(writer(number) for number in range(WRITERS)))
    for row in await pool.fetch("SELECT lane, last_seq FROM outbox_lane"):
        seqs = await pool.fetch("SELECT first_seq FROM outbox WHERE lane = $1 ORDER BY 1", row["lane"])
        assert [seq["first_seq"] for seq in seqs] == list(range(1, row["last_seq"] + 1))


async def test_a_rolled_back_command_takes_no_number(pool: Pool) -> None:
    with pytest.raises(ZeroDivisionError):
        async with pool.acquire() as connection, connection.transaction():
            outgoing = await open_command_lane(connection, "acme")
            outgoing.send("out", key=None, value=b"lost")
            await outgoing.record(connection, AT)
            raise ZeroDivisionError
    async with pool.acquire() as connection, connection.transaction():
        outgoing = await open_command_lane(connection, "acme")
        outgoing.send("a", key=b"k", value=b"1", headers=b"")
        outgoing.send("b", key=None, value=b"2")
        outgoing.send("a", key=None, value=None, headers=b"packed")
        lists = await outgoing.record(connection, AT)
    assert [(one.topic, one.first_seq, one.last_seq) for one in lists] == [("a", 1, 2), ("b", 3, 3)]
    assert (lists[0].messages.headers, lists[1].messages.headers) == ([b"", b"packed"], None)
    assert await pool.fetchval("SELECT account_id FROM outbox_lane WHERE lane = 'commands/acme'") == "acme"


async def test_a_cursor_moves_only_under_the_epoch_of_its_owner(intaking: Intaking) -> None:
    await intaking.take(note("a"), note("b"))
    await intaking.take(note("c"))
    pool, lane = intaking.pool, "notes/0"

    async def published() -> tuple[int, int]:
        seq = await pool.fetchval("SELECT published_seq FROM outbox_lane WHERE lane = $1", lane)
        return seq, await pool.fetchval("SELECT count(*) FROM outbox WHERE lane = $1", lane)

    await pool.execute(QUERIES["move_cursor"], lane, 2, 1)
    assert await published() == (2, 1)
    await intaking.claim()
    await pool.execute(QUERIES["move_cursor"], lane, 3, 1)
    assert await published() == (2, 1), "its owner of before"
    assert await pool.fetchrow(QUERIES["take_lane"], lane, 1) is None, "nor can it take the lane back"
    await pool.execute(QUERIES["move_cursor"], lane, 3, 2)
    assert await published() == (3, 0)
    await pool.execute(QUERIES["move_cursor"], lane, 1, 2)
    assert await published() == (3, 0), "a cursor never goes back"


async def test_several_cursors_move_each_under_its_own_epoch(pool: Pool) -> None:
    lanes = [f"lane-{name}" for name in "abc"]
    for lane in lanes:
        await write(pool, lane, "one", topic="somewhere")
        await write(pool, lane, "two", topic="somewhere")
    await pool.execute(QUERIES["take_lane"], lanes[1], 7)
    await pool.execute(QUERIES["move_cursors"], lanes, [1, 2, 2], [0, 0, 0])
    assert await pool.fetch("SELECT lane, published_seq FROM outbox_lane ORDER BY lane") == [
        (lanes[0], 1),
        (lanes[1], 0),
        (lanes[2], 2),
    ]
    assert await pool.fetch("SELECT lane, first_seq FROM outbox ORDER BY lane, first_seq") == [
        (lanes[0], 2),
        (lanes[1], 1),
        (lanes[1], 2),
    ]


@asynccontextmanager
async def standing_by(pool: Pool, servers: str, name: str) -> AsyncIterator[None]:
    """A standing publisher of one process."""
    producer = LaneProducer(servers, name)
    task = asyncio.create_task(StandingPublisher(pool, producer, schema=SCHEMA).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        await producer.close()


async def test_one_of_two_publishers_leads_and_the_other_takes_over(pool: Pool, kafka_bootstrap: str) -> None:
    broker = Broker(kafka_bootstrap)
    topic = await broker.topic("standing")
    lanes = [f"lane-{uuid4().hex[:6]}" for _ in range(10)]
    leaders = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
    )

    async def write_some(start: int) -> None:
        for number in range(start, start + 5):
            await asyncio.gather(*(write(pool, lane, f"{lane} {number}", topic=topic) for lane in lanes))

    async def all_sent() -> bool:
        return not await pool.fetchval("SELECT count(*) FROM outbox")

    async with standing_by(pool, kafka_bootstrap, "second-to-come"):
        async with standing_by(pool, kafka_bootstrap, "first-to-go"):
            await write_some(0)
            await until(all_sent)
            assert await pool.fetchval(leaders) == 1
        await write_some(5)
        await until(all_sent)
    records = await broker.records(topic)
    assert Counter(record.value for record in records) == Counter(
        f"{lane} {number}".encode() for lane in lanes for number in range(10)
    )
    for lane in lanes:
        own = [record for record in records if dict(record.headers)["lane"] == lane.encode()]
        assert [record.value.decode() for record in own] == [f"{lane} {number}" for number in range(10)]
        assert [int(dict(record.headers)["lane_seq"]) for record in own] == list(range(1, 11))


async def test_a_lane_that_cannot_be_sent_does_not_hold_up_or_repeat_the_others(
    pool: Pool, kafka_bootstrap: str
) -> None:
    broker = Broker(kafka_bootstrap)
    topic = await broker.topic("standing")
    await write(pool, "b-stuck", "too large for its topic" * 50_000, topic=topic)
    await write(pool, "a-free", "one", topic=topic)
    await write(pool, "c-free", "two", topic=topic)

    async def free_ones_sent() -> bool:
        return await pool.fetchval("SELECT count(*) FROM outbox") == 1

    async with standing_by(pool, kafka_bootstrap, "only"):
        await until(free_ones_sent)
        await asyncio.sleep(1)
        assert await pool.fetchval("SELECT lane FROM outbox") == "b-stuck"
    assert sorted(record.value for record in await broker.records(topic)) == [b"one", b"two"]
