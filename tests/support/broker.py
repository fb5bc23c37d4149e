"""A broker as tests use it: topics of one's own, records published and read as raw bytes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from chassis.header_names import AnyNameBatch
from chassis.outbox.producer import MAX_BATCH_BYTES
from chassis.topic_creation import BROKER_MAX_MESSAGE_BYTES, TopicSpec, create_topics
from cli.verify.log import open_log

WAIT_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A record to publish."""

    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()
    partition: int = 0
    timestamp_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Broker:
    """The run's broker."""

    servers: str

    async def topic(self, name: str, *, partitions: int = 1, large: bool = False) -> str:
        """A topic of this test's own."""
        full = f"test.{name}.{uuid4().hex[:8]}"
        await self.make(full, partitions=partitions, large=large)
        return full

    async def make(self, *names: str, partitions: int = 1, large: bool = False) -> None:
        """Topics by these very names. large: with room for dead letters of the largest records."""
        most = BROKER_MAX_MESSAGE_BYTES * (2 if large else 1)
        specs = [
            TopicSpec(name=name, partitions=partitions, retention_days=1, max_message_bytes=most) for name in names
        ]
        await create_topics(self.servers, specs)

    @asynccontextmanager
    async def producer(self, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, acks="all", linger_ms=5, **options)
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def publish(self, topic: str, messages: Iterable[Message]) -> None:
        """Publish in order and wait until the broker has them all."""
        async with self.producer(max_request_size=4_000_000) as producer:
            waits = [await send(producer, topic, message) for message in messages]
            await asyncio.gather(*waits)

    async def publish_in_one_batch(self, topic: str, messages: Iterable[Message]) -> None:
        """The same to partition 0, as neighbours in one batch of Kafka's; header names may be no text."""
        batch = AnyNameBatch(MAX_BATCH_BYTES)
        for message in messages:
            assert batch.append(
                timestamp=message.timestamp_ms, key=message.key, value=message.value, headers=message.headers
            ), "too large for one batch"
        async with self.producer() as producer:
            await (await producer.send_batch(batch, topic, partition=0))

    async def records(self, topic: str) -> list[Any]:
        """Everything in a topic now, partition by partition."""
        async with open_log(self.servers) as log:
            whole = {place: (extent.start, extent.end) for place, extent in (await log.extents([topic])).items()}
            found = [record async for chunk in log.read(whole) for record in chunk]
        return sorted(found, key=lambda record: (record.partition, record.offset))

    async def delete_before(self, topic: str, offset: int) -> None:
        """Delete the records of partition 0 before an offset, as retention does."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
        await admin.start()
        try:
            await admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=offset)})
        finally:
            await admin.close()


async def send(producer: AIOKafkaProducer, topic: str, message: Message) -> "asyncio.Future[Any]":
    """Hand one message to a producer."""
    return await producer.send(
        topic,
        value=message.value,
        key=message.key,
        partition=message.partition,
        headers=list(message.headers),
        timestamp_ms=message.timestamp_ms,
    )


async def until(condition: Callable[[], Awaitable[bool]], *, timeout_s: float = WAIT_S, said: str = "") -> None:
    """Wait until a condition holds; an AssertionError when it does not in time."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, f"not within {timeout_s} s: {said}"
        await asyncio.sleep(0.05)
