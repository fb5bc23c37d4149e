"""The group's consumer: a FastStream batch subscriber that touches nothing, in front of a few workers."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER

from chassis import metrics
from chassis.broker_errors import BROKER_ERRORS
from chassis.clock import Clock, monotonic_s
from chassis.database import Pool
from chassis.header_names import read_any_header_name
from chassis.intake.batch import Slice
from chassis.intake.claims import Claims
from chassis.intake.dead_letters import DeadLetterLimit
from chassis.intake.events import Record
from chassis.intake.partitions import Hold, Partitions
from chassis.intake.transaction import BatchTransaction, Done
from chassis.intake.worker import Route, Worker
from chassis.logs import get_logger
from chassis.outbox.publisher import PartitionPublisher
from chassis.settings import ServiceSettings

LOG = get_logger(__name__)
DISPLAY_COMMIT_S = 2.0
DISPLAY_PATIENCE_S = 2.0
"""How long showing a position may take; a rebalance and a stop wait for it."""

POLL_MS = 20
CLAIM_IDLE_S = 1.0
FETCH_WAIT_MS = 50
"""A fetch that waits for data holds up every other question on its connection."""

BATCHES_AT_ONCE = 4
"""Batches' worth of records taken from the client at once; with one, most would be cut where a partition ends."""

SLICES_AHEAD = 2
"""Slices a worker may have waiting: enough to read ahead while it commits, few enough to stay small."""

NEVER_MS = 24 * 3600 * 1000
"""A member that waits for its database keeps its partitions; /livez, not the group, ends a stuck one."""

_by_partition = attrgetter("topic", "partition")


async def _untouched(batch: Sequence[Record]) -> KafkaMessage:
    """Wraps a batch without looking into it: one header that is not UTF-8 kills a typed batch."""
    return KafkaMessage(raw_message=batch, body=b"", consumer=FAKE_CONSUMER)


async def _raw_records(message: KafkaMessage) -> Any:
    return message.raw_message


def in_even_parts(records: Sequence[Record], limit: int) -> Iterator[Sequence[Record]]:
    """The records in as few parts as the limit allows, all of about one size: a small rest costs a whole commit."""
    parts = -(-len(records) // limit)
    for number in range(parts):
        yield records[number * len(records) // parts : (number + 1) * len(records) // parts]


@dataclass(slots=True, kw_only=True)
class Intake:
    """Everything between the broker and the handlers of one service."""

    settings: ServiceSettings
    group: str
    schema: str
    pool: Pool
    publisher: PartitionPublisher
    routes: Sequence[Route]
    clock: Clock
    partitions: Partitions = field(init=False)
    last_commit_s: float = field(default_factory=monotonic_s)
    broker: KafkaBroker = field(init=False)
    claims: Claims = field(init=False)
    _queues: "list[asyncio.Queue[Slice]]" = field(init=False)
    _stopping: bool = False
    _handed: dict[TopicPartition, int] = field(default_factory=dict)
    """The offset after the last record handed to a worker."""

    def __post_init__(self) -> None:
        settings = self.settings
        read_any_header_name()
        self.partitions = Partitions(self._show)
        self.broker = KafkaBroker(
            settings.kafka_bootstrap_servers,
            client_id=f"{self.group}-{settings.instance}",
            allow_auto_create_topics=False,
            consumer_only=True,
            apply_types=False,
            logger=None,
        )
        self.claims = Claims(
            pool=self.pool,
            group=self.group,
            owner=f"{self.group}-{settings.instance}",
            partitions=self.partitions,
            publisher=self.publisher,
            session_timeout_s=settings.session_timeout_ms / 1000,
            consumer=self._consumer,
            stopping=lambda: self._stopping,
        )
        self._queues = [asyncio.Queue(maxsize=SLICES_AHEAD) for _ in range(settings.batch_workers)]
        subscriber = self.broker.subscriber(
            *(route.topic for route in self.routes),
            group_id=self.group,
            group_instance_id=f"{self.group}-{settings.instance}",
            batch=True,
            max_records=settings.batch_max_records * BATCHES_AT_ONCE,
            batch_timeout_ms=POLL_MS,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_partition_fetch_bytes=settings.batch_max_bytes,
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=max(100, settings.session_timeout_ms // 5),
            max_poll_interval_ms=NEVER_MS,
            rebalance_timeout_ms=settings.session_timeout_ms * 2,
            listener=self.partitions,
            parser=_untouched,
            decoder=_raw_records,
        )
        subscriber(self._on_batch)

    def _consumer(self) -> AIOKafkaConsumer | None:
        subscriber: Any = self.broker.subscribers[0]
        consumer: AIOKafkaConsumer | None = subscriber.consumer
        return consumer

    async def _on_batch(self, records: Sequence[Record]) -> None:
        """Hand each partition's records to its worker; waits when the workers are behind."""
        slices = [
            Slice(
                topic=topic,
                partition=partition,
                generation=self.partitions[TopicPartition(topic, partition)].generation,
                records=part,
            )
            for (topic, partition), group in groupby(records, key=_by_partition)
            for part in in_even_parts(list(group), self.settings.batch_max_records)
        ]
        for taken in slices:
            if self._stopping:
                return
            queue = self._queues[hash((taken.topic, taken.partition)) % len(self._queues)]
            self._handed[TopicPartition(taken.topic, taken.partition)] = taken.next_offset
            await queue.put(taken)

    async def run(self) -> None:
        """Consume until cancelled."""
        worker = self._worker()
        await self._start()
        try:
            async with asyncio.TaskGroup() as group:
                for queue in self._queues:
                    group.create_task(worker.run(queue))
                group.create_task(self._commit_for_display())
                group.create_task(self._claim_idle())
        finally:
            await self.broker.stop()

    async def _start(self) -> None:
        while True:
            try:
                await self.broker.start()
                return
            except BROKER_ERRORS as error:
                LOG.warning("broker_not_reached", servers=self.settings.kafka_bootstrap_servers, error=repr(error))
                await self.broker.stop()
                await asyncio.sleep(1)

    async def finish(self) -> None:
        """Take in nothing more and wait until what was taken in is committed and published."""
        self._stopping = True
        for queue in self._queues:
            await queue.join()
        await self._show(self.partitions.held())
        await self.publisher.drained()

    def _worker(self) -> Worker:
        settings = self.settings
        horizon = settings.event_horizon_days
        return Worker(
            routes={route.topic: route for route in self.routes},
            partitions=self.partitions,
            claims=self.claims,
            transaction=BatchTransaction(pool=self.pool, schema=self.schema, group=self.group),
            publisher=self.publisher,
            clock=self.clock,
            new_limit=lambda: DeadLetterLimit(
                count=settings.dead_letter_limit,
                share=settings.dead_letter_share,
                window_s=settings.dead_letter_window_s,
            ),
            limits={},
            horizon=None if horizon is None else timedelta(days=horizon),
            on_commit=self._on_commit,
        )

    def _on_commit(self, partition: TopicPartition, applied: Slice, done: Done) -> None:
        self.last_commit_s = monotonic_s()

    def lag(self) -> dict[TopicPartition, int]:
        """Records behind the end of each held partition, as the consumer last heard of the end."""
        consumer = self._consumer()
        if consumer is None:
            return {}
        return {
            partition: max(0, (consumer.highwater(partition) or 0) - offset)
            for partition, offset in self.partitions.held().items()
        }

    async def behind_at_broker(self) -> bool:
        """Whether the broker, asked now, has records this process should have passed. Raises as the client does."""
        consumer = self._consumer()
        moving = [
            partition
            for partition in self.partitions.assigned
            if self.partitions[partition].hold is not Hold.STOPPED
        ]
        if consumer is None or not moving:
            return False
        ends = await consumer.end_offsets(moving)
        rows = await self.pool.fetch(
            "SELECT topic, partition, next_offset FROM input_position WHERE consumer_group = $1", self.group
        )
        positions = {TopicPartition(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        for partition, end in ends.items():
            position = positions.get(partition, 0)
            # The end may be a marker of a transaction: the consumer passes it, and no record ever shows it.
            if position < self._handed.get(partition, 0) or await consumer.position(partition) < end > position:
                return True
        return False

    async def _commit_for_display(self) -> None:
        """Kafka's own offsets are for tools that show lag; the truth is in `input_position`."""
        while True:
            await asyncio.sleep(DISPLAY_COMMIT_S)
            for partition, lag in self.lag().items():
                metrics.CONSUMER_LAG.labels(partition.topic, str(partition.partition)).set(lag)
            metrics.STOPPED_PARTITIONS.set(len(self.partitions.alarms))
            await self._show(self.partitions.held())

    async def _show(self, standing: Mapping[TopicPartition, int]) -> None:
        """Commit to Kafka where this process stands; the next owner is then delivered little again."""
        consumer = self._consumer()
        if not standing or consumer is None:
            return
        try:
            async with asyncio.timeout(DISPLAY_PATIENCE_S):
                await consumer.commit(standing)
        except BROKER_ERRORS as error:
            LOG.debug("offsets_not_shown", error=repr(error))

    async def _claim_idle(self) -> None:
        """A partition that receives nothing is claimed too: its lane may hold what an earlier owner left."""
        while True:
            await asyncio.sleep(CLAIM_IDLE_S)
            try:
                await self.claims.claim()
            except Exception as error:
                LOG.warning("claim_waits", error=repr(error))
