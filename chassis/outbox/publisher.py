"""Publishes what transactions recorded: partition lanes by their owner, standing lanes by one publisher."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import asyncpg

from chassis.database import ACQUIRE_TIMEOUT_S, INFRASTRUCTURE_ERRORS, Connection, Pool
from chassis.logs import get_logger
from chassis.outbox.lanes import QUERIES, MessageList
from chassis.outbox.packing import concatenated, unpack_messages
from chassis.outbox.producer import LaneProducer, NotConfirmed

LOG = get_logger(__name__)
RETRY_S = 0.5
BACKLOG_BATCHES = 8
"""Committed batches that may wait for the broker before a worker waits too."""

LISTS_AT_ONCE = 20
STANDING_IDLE_S = 0.05
MESSAGES_AT_ONCE = 10_000
"""Messages of standing lanes sent side by side, a single lane with more aside; bounds memory."""

StillOwned = Callable[[], bool]
PrepareTopic = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What one committed batch has to send, and the epoch under which its lane is owned."""

    lane: str
    epoch: int
    lists: list[MessageList]
    still_owned: StillOwned


async def list_waiting(connection: Connection, lane: str, published_seq: int, limit: int) -> list[MessageList]:
    """What a lane has recorded and not yet published, oldest first."""
    rows = await connection.fetch(QUERIES["list_waiting"], [lane], [published_seq], limit)
    return [_list_of(row) for row in rows]


def _list_of(row: Mapping[str, Any]) -> MessageList:
    return MessageList(first_seq=row["first_seq"], topic=row["topic"], messages=unpack_messages(row["messages"]))


class PartitionPublisher:
    """Publishes partition lanes in commit order; a lane always goes through the same task."""

    def __init__(self, pool: Pool, producer: LaneProducer, tasks: int = 4) -> None:
        self._pool = pool
        self._producer = producer
        self._queues: list[asyncio.Queue[Committed]] = [
            asyncio.Queue(maxsize=BACKLOG_BATCHES) for _ in range(tasks)
        ]

    async def offer(self, committed: Committed) -> None:
        """Hand over a committed batch; waits when the broker is far behind."""
        if committed.lists:
            await self._queues[hash(committed.lane) % len(self._queues)].put(committed)

    async def run(self) -> None:
        """Publish until cancelled."""
        async with asyncio.TaskGroup() as group:
            for queue in self._queues:
                group.create_task(self._drain(queue))

    async def drained(self) -> None:
        """Wait until everything offered so far is published or given up."""
        for queue in self._queues:
            await queue.join()

    async def _drain(self, queue: asyncio.Queue[Committed]) -> None:
        while True:
            committed = await queue.get()
            try:
                await self._publish(committed)
            finally:
                queue.task_done()

    async def _publish(self, committed: Committed) -> None:
        for messages in committed.lists:
            while committed.still_owned():
                try:
                    await self._producer.publish(committed.lane, messages)
                    break
                except NotConfirmed:
                    await asyncio.sleep(RETRY_S)
            else:
                LOG.info("lane_left_to_next_owner", lane=committed.lane, first_seq=messages.first_seq)
                return
        try:
            await self._pool.execute(
                QUERIES["move_cursor"], committed.lane, committed.lists[-1].last_seq, committed.epoch
            )
        except (*INFRASTRUCTURE_ERRORS, asyncpg.PostgresError) as error:
            # The rows stay and are sent once more by whoever claims the lane next; consumers drop repeats.
            LOG.warning("cursor_not_moved", lane=committed.lane, error=repr(error))


class StandingPublisher:
    """Publishes the service's standing lanes. One process does it: who holds an advisory lock.

    Commands, jobs and unit topics write to standing lanes. A publisher that froze and lost its lock may
    repeat what its successor sent; every message carries its lane sequence, and consumers drop repeats.
    """

    def __init__(
        self, pool: Pool, producer: LaneProducer, *, schema: str, prepare_topic: PrepareTopic | None = None
    ) -> None:
        self._pool = pool
        self._producer = producer
        self._lock_name = f"{schema}:standing-publisher"
        self._prepare_topic = prepare_topic

    async def run(self) -> None:
        """Stand by until the lock is free, then publish; begin again after any failure, until cancelled."""
        while True:
            try:
                async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
                    leads = await connection.fetchval(
                        "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", self._lock_name
                    )
                    while leads:
                        if not await self._publish_waiting(connection):
                            await asyncio.sleep(STANDING_IDLE_S)
            except NotConfirmed:
                LOG.info("standing_lanes_wait_for_broker")
            except (*INFRASTRUCTURE_ERRORS, asyncpg.PostgresError) as error:
                LOG.warning("standing_lanes_wait", error=repr(error))
            await asyncio.sleep(RETRY_S)

    async def _publish_waiting(self, connection: Connection) -> bool:
        lanes = await connection.fetch(QUERIES["list_waiting_standing_lanes"])
        for some in in_turns(lanes):
            await self._publish_lanes(connection, some)
        return bool(lanes)

    async def _publish_lanes(self, connection: Connection, lanes: Sequence[Mapping[str, Any]]) -> None:
        """Send what some lanes have waiting, side by side, and move all their cursors in one commit.

        Hundreds of lanes wait at once where each unit has its own: a commit for each made every unit wait for all
        the others.
        """
        rows = await connection.fetch(
            QUERIES["list_waiting"],
            [lane["lane"] for lane in lanes],
            [lane["published_seq"] for lane in lanes],
            LISTS_AT_ONCE,
        )
        waiting: dict[str, list[MessageList]] = {}
        for row in rows:
            waiting.setdefault(row["lane"], []).append(_list_of(row))
        # All are waited for, also when one fails: a lane must not be sent twice at the same time.
        sent = await asyncio.gather(
            *(self._send(lane, lists) for lane, lists in waiting.items()), return_exceptions=True
        )
        last_seqs = {
            lane: lists[-1].last_seq
            for (lane, lists), failure in zip(waiting.items(), sent, strict=True)
            if failure is None
        }
        if last_seqs:
            epochs = {lane["lane"]: lane["epoch"] for lane in lanes}
            await connection.execute(
                QUERIES["move_cursors"],
                list(last_seqs),
                list(last_seqs.values()),
                [epochs[lane] for lane in last_seqs],
            )
        for failure in sent:
            if failure is not None:
                raise failure

    async def _send(self, lane: str, lists: Sequence[MessageList]) -> None:
        for messages in joined(lists):
            if self._prepare_topic is not None:
                await self._prepare_topic(messages.topic)
            await self._producer.publish(lane, messages)


def joined(lists: Sequence[MessageList]) -> list[MessageList]:
    """The lists of a lane with neighbours of one topic made one, so that the broker is waited for once."""
    whole = []
    for topic, neighbours in groupby(lists, key=lambda messages: messages.topic):
        same = list(neighbours)
        whole.append(
            MessageList(
                first_seq=same[0].first_seq, topic=topic, messages=concatenated([one.messages for one in same])
            )
        )
    return whole


def in_turns(lanes: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Lanes in groups that have about so many messages waiting as may be in memory at once."""
    start, messages = 0, 0
    for place, lane in enumerate(lanes):
        if messages and messages + lane["waiting"] > MESSAGES_AT_ONCE:
            yield lanes[start:place]
            start, messages = place, 0
        messages += lane["waiting"]
    if lanes:
        yield lanes[start:]
