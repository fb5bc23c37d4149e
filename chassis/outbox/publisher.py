"""Publishes what transactions recorded: partition lanes by their owner, standing lanes by one publisher."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg

from chassis.database import ACQUIRE_TIMEOUT_S, INFRASTRUCTURE_ERRORS, Connection, Pool
from chassis.logs import get_logger
from chassis.outbox.lanes import QUERIES, MessageList
from chassis.outbox.packing import unpack_messages
from chassis.outbox.producer import LaneProducer, NotConfirmed

LOG = get_logger(__name__)
RETRY_S = 0.5
BACKLOG_BATCHES = 8
"""Committed batches that may wait for the broker before a worker waits too."""

LISTS_AT_ONCE = 20
STANDING_IDLE_S = 0.05
STANDING_LANES_AT_ONCE = 8

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
    rows = await connection.fetch(QUERIES["list_waiting"], lane, published_seq, limit)
    return [
        MessageList(first_seq=row["first_seq"], topic=row["topic"], messages=unpack_messages(row["messages"]))
        for row in rows
    ]


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
        for start in range(0, len(lanes), STANDING_LANES_AT_ONCE):
            chunk = lanes[start : start + STANDING_LANES_AT_ONCE]
            waiting = [
                (lane, await list_waiting(connection, lane["lane"], lane["published_seq"], LISTS_AT_ONCE))
                for lane in chunk
            ]
            # All are waited for, also when one fails: a lane must not be sent twice at the same time.
            sent = await asyncio.gather(
                *(self._send(lane["lane"], lists) for lane, lists in waiting), return_exceptions=True
            )
            for (lane, lists), failure in zip(waiting, sent, strict=True):
                if lists and failure is None:
                    await connection.execute(
                        QUERIES["move_cursor"], lane["lane"], lists[-1].last_seq, lane["epoch"]
                    )
            for failure in sent:
                if failure is not None:
                    raise failure
        return bool(lanes)

    async def _send(self, lane: str, lists: list[MessageList]) -> None:
        for messages in lists:
            if self._prepare_topic is not None:
                await self._prepare_topic(messages.topic)
            await self._producer.publish(lane, messages)
