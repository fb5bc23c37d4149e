"""Taking up a partition: raise its epoch, compare positions, publish what its lane still holds, notice loss."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError

from chassis import metrics
from chassis.broker_errors import BROKER_ERRORS
from chassis.database import ACQUIRE_TIMEOUT_S, INFRASTRUCTURE_ERRORS, Connection, Pool
from chassis.intake.batch import Slice
from chassis.intake.partitions import Hold, Partitions
from chassis.intake.transaction import QUERIES, lane_of
from chassis.logs import get_logger
from chassis.outbox.lanes import QUERIES as LANE_QUERIES
from chassis.outbox.publisher import LISTS_AT_ONCE, Committed, PartitionPublisher, list_waiting

LOG = get_logger(__name__)
TAKEOVER_MARGIN_S = 2.0
ANSWER_S = 5.0
"""How long the broker is waited for; a client that lost its connection in between would wait 40 s by itself."""


_Claim = tuple[int, int, int, int]
"""Next offset, epoch, and what the lane has published and drawn."""


@dataclass(slots=True, kw_only=True)
class Claims:
    """Claims partitions for this process; `consumer` is there once the subscriber has started."""

    pool: Pool
    group: str
    owner: str
    partitions: Partitions
    publisher: PartitionPublisher
    session_timeout_s: float
    consumer: Callable[[], AIOKafkaConsumer | None]
    stopping: Callable[[], bool]
    _waits: set[asyncio.Task[None]] = field(default_factory=set)
    _claiming: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def claim(self, at_hand: TopicPartition | None = None) -> None:
        """Take up every partition that is assigned and not held: raise its epoch and learn its position.

        All together, because each question to the broker may wait behind a long poll. A partition whose log
        lost what its position points to is stopped. A process that stops takes nothing up. at_hand: the
        partition whose records the caller holds and compares itself; every other is read again from its position.
        """
        async with self._claiming:
            consumer = None if self.stopping() else self.consumer()
            wanted = sorted(p for p in self.partitions.assigned if self.partitions[p].hold is Hold.UNCLAIMED)
            if consumer is None or not wanted:
                return
            generations = {partition: self.partitions[partition].generation for partition in wanted}
            beginnings, ends = await _bounds(consumer, wanted)
            async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
                claims = [await self._raise_epoch(connection, p, beginnings[p]) for p in wanted]
            for partition, claim in zip(wanted, claims, strict=True):
                metrics.CLAIMS.labels(partition.topic).inc()
                if self.partitions[partition].generation == generations[partition]:
                    await self._hold(partition, claim, _loss(claim[0], beginnings[partition], ends[partition]))
                    if partition != at_hand:
                        # Wherever the consumer stood: Kafka's own offset may be ahead of a database set
                        # back in time, with nothing new arriving that would show it.
                        self.seek_to_position(partition)

    async def _raise_epoch(self, connection: Connection, partition: TopicPartition, beginning: int) -> _Claim:
        row = await connection.fetchrow(
            QUERIES["claim_position"],
            self.group,
            partition.topic,
            partition.partition,
            self.owner,
            beginning,
        )
        lane = lane_of(partition.topic, partition.partition)
        await connection.execute(LANE_QUERIES["insert_lane"], lane, None, False)
        cursor = await connection.fetchrow(LANE_QUERIES["take_lane"], lane, row["epoch"])
        return row["next_offset"], row["epoch"], cursor["published_seq"], cursor["last_seq"]

    async def _hold(self, partition: TopicPartition, claim: _Claim, loss: str | None) -> None:
        next_offset, epoch, published_seq, last_seq = claim
        state = self.partitions[partition]
        state.next_offset, state.epoch = next_offset, epoch
        if loss is not None:
            self._stop(partition, loss)
            return
        state.hold = Hold.HELD
        if published_seq < last_seq:
            lane = lane_of(partition.topic, partition.partition)
            await self._publish_left_over(partition, epoch, lane, published_seq)

    async def _publish_left_over(
        self, partition: TopicPartition, epoch: int, lane: str, published_seq: int
    ) -> None:
        """What an earlier owner committed and did not publish goes before anything new in this lane."""
        while True:
            async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
                lists = await list_waiting(connection, lane, published_seq, LISTS_AT_ONCE)
            if not lists:
                return
            LOG.info("lane_taken_over", lane=lane, lists=len(lists), first_seq=lists[0].first_seq)
            await self.publisher.offer(
                Committed(
                    lane=lane,
                    epoch=epoch,
                    lists=lists,
                    still_owned=lambda: self.partitions.owns(partition, epoch),
                )
            )
            published_seq = lists[-1].last_seq

    async def gap_is_absent(self, partition: TopicPartition, taken: Slice) -> bool:
        """Whether offsets missing before a slice are absent from the log; if not, what is right was done.

        Within a generation the consumer delivers without a gap of its own making; only the start of one
        that did not begin with our own seek to the position proves nothing. But when records are deleted
        under a consumer it moves to the log's new start by itself, so the broker is asked each time.
        """
        state = self.partitions[partition]
        if not state.anchored or state.generation != taken.generation:
            self.seek_to_position(partition)
            return False
        return not await self._stopped_by_loss(partition)

    async def look_again(self, partition: TopicPartition) -> None:
        """A whole slice lay below the position: read on from there, or stop when the log was made anew."""
        if not await self._stopped_by_loss(partition):
            self.seek_to_position(partition)

    async def _stopped_by_loss(self, partition: TopicPartition) -> bool:
        consumer = self.consumer()
        state = self.partitions[partition]
        generation = state.generation
        if consumer is None:
            return True
        beginnings, ends = await _bounds(consumer, [partition])
        if state.generation != generation:
            return True
        loss = _loss(state.next_offset, beginnings[partition], ends[partition])
        if loss is not None:
            self._stop(partition, loss)
        return loss is not None

    def _stop(self, partition: TopicPartition, alarm: str) -> None:
        LOG.error("partition_stopped", topic=partition.topic, partition=partition.partition, alarm=alarm)
        self.partitions.stop(partition, alarm)

    def seek_to_position(self, partition: TopicPartition) -> None:
        """Read from the position on: a new generation that begins exactly there."""
        consumer = self.consumer()
        state = self.partitions[partition]
        if consumer is None or state.hold is not Hold.HELD:
            return
        try:
            consumer.seek(partition, state.next_offset)
        except IllegalStateError:
            return
        state.generation += 1
        state.anchored = True
        LOG.info(
            "sought_to_position",
            topic=partition.topic,
            partition=partition.partition,
            offset=state.next_offset,
        )

    def wait_and_reclaim(self, partition: TopicPartition) -> None:
        """Somebody else moved on: forget, and look again only after the group has certainly noticed."""
        state = self.partitions[partition]
        state.generation += 1
        self.partitions[partition].hold = Hold.WAITING
        task = asyncio.create_task(self._reclaim_later(partition, state.generation))
        self._waits.add(task)
        task.add_done_callback(self._waits.discard)

    async def _reclaim_later(self, partition: TopicPartition, generation: int) -> None:
        await asyncio.sleep(self.session_timeout_s + TAKEOVER_MARGIN_S)
        state = self.partitions[partition]
        if state.generation != generation or state.hold is not Hold.WAITING:
            return
        state.hold = Hold.UNCLAIMED
        while self._is_unclaimed(partition, generation) and not self.stopping():
            try:
                await self.claim()
            except INFRASTRUCTURE_ERRORS as error:
                LOG.warning("reclaim_waits", topic=partition.topic, error=repr(error))
                await asyncio.sleep(1)

    def _is_unclaimed(self, partition: TopicPartition, generation: int) -> bool:
        state = self.partitions[partition]
        return (
            state.generation == generation
            and state.hold is Hold.UNCLAIMED
            and partition in self.partitions.assigned
        )


async def _bounds(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> tuple[dict[TopicPartition, int], dict[TopicPartition, int]]:
    """Where the broker, asked now, has the partitions begin and end. Raises OSError."""
    try:
        async with asyncio.timeout(ANSWER_S):
            return await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    except BROKER_ERRORS as error:
        raise OSError(f"the broker did not say where partitions begin and end: {error!r}") from error


def _loss(next_offset: int, beginning: int, end: int) -> str | None:
    """What the log has lost, in words; None when it still holds the position."""
    if beginning > next_offset:
        return f"records {next_offset} to {beginning - 1} were deleted before they were read"
    if end < next_offset:
        return f"the log ends at {end}, before the position {next_offset}: it was cut or made anew"
    return None
