"""An idempotent producer that is discarded and rebuilt when it does not confirm in time."""

import asyncio
from functools import partial
from typing import Any
from zlib import crc32

from aiokafka import AIOKafkaProducer

from chassis import metrics
from chassis.broker_errors import BROKER_ERRORS
from chassis.header_names import AnyNameBatch
from chassis.logs import get_logger
from chassis.outbox.headers import Header, unpack_headers
from chassis.outbox.lanes import MessageList
from contracts.events.envelope import CONTENT_TYPE

LOG = get_logger(__name__)
CONFIRM_TIMEOUT_S = 30
MAX_BATCH_BYTES = 900_000
"""Below the broker's default `message.max.bytes`; a single larger message gets a batch of its own."""

UNCONFIRMED: tuple[type[BaseException], ...] = (*BROKER_ERRORS, AssertionError)
"""What leaves it open whether the broker has a list; aiokafka asserts about its own state."""

_CONTENT_TYPE = ("content-type", CONTENT_TYPE.encode())


class NotConfirmed(RuntimeError):
    """The broker did not confirm a list of messages; it will be sent again from its start."""


def partition_of(key: bytes | None, partitions: int) -> int:
    """CRC-32 of the key modulo the partitions: what librdkafka calls `consistent`; a tenth of murmur2's time."""
    return 0 if key is None else crc32(key) % partitions


class KeptProducer:
    """One idempotent producer, started when first needed and kept for as long as it confirms.

    aiokafka's idempotent producer never gives a batch up by itself and may stop for good on
    OutOfOrderSequence (its issue 1017): whoever waits for it bounds the wait, and discards one that failed.
    """

    def __init__(self, bootstrap_servers: str, client_id: str) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._lock = asyncio.Lock()

    async def started(self) -> AIOKafkaProducer:
        """The producer. Raises NotConfirmed while no broker answers."""
        async with self._lock:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap_servers,
                    client_id=self._client_id,
                    enable_idempotence=True,
                    acks="all",
                    linger_ms=0,
                    max_batch_size=MAX_BATCH_BYTES,
                    max_request_size=4 * MAX_BATCH_BYTES,
                    request_timeout_ms=20_000,
                    retry_backoff_ms=100,
                )
                try:
                    await producer.start()
                except BROKER_ERRORS as error:
                    await _stop_quietly(producer)
                    raise NotConfirmed(f"no broker: {error!r}") from error
                except asyncio.CancelledError:
                    await _stop_quietly(producer)
                    raise
                self._producer = producer
            return self._producer

    async def discard(self, producer: AIOKafkaProducer) -> None:
        """Stop a producer that failed; the next one begins anew."""
        async with self._lock:
            if self._producer is producer:
                self._producer = None
        await _stop_quietly(producer)

    async def close(self) -> None:
        """Stop the producer if there is one."""
        if self._producer is not None:
            await self.discard(self._producer)


class LaneProducer:
    """Publishes message lists of a lane in order; one per process. A producer that failed is replaced."""

    def __init__(self, bootstrap_servers: str, client_id: str) -> None:
        self._kept = KeptProducer(bootstrap_servers, client_id)

    async def publish(self, lane: str, messages: MessageList) -> None:
        """Send one list and wait until the broker has it all. Raises NotConfirmed after replacing the producer."""
        producer = await self._kept.started()
        try:
            async with asyncio.timeout(CONFIRM_TIMEOUT_S):
                partitions = await producer.partitions_for(messages.topic)
                waits = await self._submit(producer, lane, messages, len(partitions))
                await asyncio.gather(*waits)
        except UNCONFIRMED as error:
            metrics.PUBLISH_FAILURES.inc()
            LOG.warning("not_confirmed", lane=lane, topic=messages.topic, error=repr(error))
            await self._kept.discard(producer)
            raise NotConfirmed(f"{messages.topic}: {error!r}") from error
        metrics.PUBLISHED.labels(messages.topic).inc(messages.count)

    async def _submit(
        self, producer: AIOKafkaProducer, lane: str, messages: MessageList, partitions: int
    ) -> list[asyncio.Future[object]]:
        listed = messages.messages
        extra = listed.headers
        # Lists with headers of their own are dead letters, whose names may be no text.
        new_batch = partial(AnyNameBatch, MAX_BATCH_BYTES) if extra else producer.create_batch
        builders: dict[int, Any] = {}
        waits = []
        lane_header = ("lane", lane.encode())
        for index, (key, value) in enumerate(zip(listed.keys, listed.values, strict=True)):
            headers: list[Header] = [_CONTENT_TYPE, lane_header, ("lane_seq", b"%d" % (messages.first_seq + index))]
            if extra and extra[index]:
                headers = unpack_headers(extra[index]) + headers[1:]
            partition = partition_of(key, partitions)
            builder = builders.get(partition)
            if builder is None:
                builder = builders[partition] = new_batch()
            if builder.append(timestamp=None, key=key, value=value, headers=headers) is None:
                waits.append(await producer.send_batch(builder, messages.topic, partition=partition))
                builder = builders[partition] = new_batch()
                if builder.append(timestamp=None, key=key, value=value, headers=headers) is None:
                    raise NotConfirmed(f"{messages.topic}: a message is larger than a batch may be")
        for partition, builder in builders.items():
            waits.append(await producer.send_batch(builder, messages.topic, partition=partition))
        return waits

    async def close(self) -> None:
        """Stop the producer if there is one."""
        await self._kept.close()


async def _stop_quietly(producer: AIOKafkaProducer) -> None:
    """A producer that failed may also fail to stop; it is given two seconds and forgotten."""
    try:
        async with asyncio.timeout(2):
            await producer.stop()
    except BROKER_ERRORS as error:
        LOG.warning("producer_left_behind", error=repr(error))
