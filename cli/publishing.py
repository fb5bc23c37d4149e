"""Publishes records to Kafka as a telephony platform does: idempotently, confirmed, in order by key."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chassis.outbox.producer import partition_of
from contracts.events.envelope import CONTENT_TYPE

CHUNK = 2_000
"""Records sent before the broker's confirmation of all of them is awaited."""

CONNECT_TIMEOUT_S = 15
CONFIRM_TIMEOUT_S = 60
"""How long a chunk may stay unconfirmed; aiokafka's idempotent producer never gives up by itself."""

STOP_TIMEOUT_S = 5
MAX_BATCH_BYTES = 900_000
"""Below the broker's default `message.max.bytes`; a single larger record gets a batch of its own."""

UNREACHED = (KafkaError, TimeoutError, OSError)
_HEADERS = [("content-type", CONTENT_TYPE.encode())]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRecord:
    """One record as the platform publishes it: topic, key and the event in structured mode."""

    topic: str
    key: bytes
    value: bytes


Published = TypeVar("Published", bound=PlatformRecord)


class PublishError(RuntimeError):
    """The broker is away, lacks a topic or did not confirm; what it has is there, and a repeat is harmless."""


async def publish(
    bootstrap_servers: str,
    records: Iterable[Published],
    *,
    on_confirmed: Callable[[Sequence[Published]], object] | None = None,
) -> int:
    """Send every record and wait until the broker has it; returns how many.

    on_confirmed: told of each chunk once all of it is confirmed, in the order of `records`, which is read one
    chunk ahead at most. Raises PublishError.
    """
    topics = await _topics(bootstrap_servers)
    sent = 0
    async with _connected(bootstrap_servers) as producer:
        rest = iter(records)
        while chunk := list(islice(rest, CHUNK)):
            missing = {record.topic for record in chunk} - topics
            if missing:
                raise PublishError(
                    f"the broker at {bootstrap_servers} has no topic {', '.join(sorted(missing))}; start the stack "
                    "with `ringledger up`, which creates the topics"
                )
            try:
                async with asyncio.timeout(CONFIRM_TIMEOUT_S):
                    await _confirmed(producer, chunk)
            except UNREACHED as error:
                raise PublishError(f"Kafka at {bootstrap_servers} did not confirm ({_name(error)})") from error
            sent += len(chunk)
            if on_confirmed is not None:
                on_confirmed(chunk)
    return sent


async def _topics(bootstrap_servers: str) -> set[str]:
    """What topics there are, asked first: a producer would wait for one that is missing, or make it."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=10_000)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await admin.start()
            return set(await admin.list_topics())
    except UNREACHED as error:
        raise PublishError(f"no Kafka broker answers at {bootstrap_servers} ({_name(error)})") from error
    finally:
        await admin.close()


@asynccontextmanager
async def _connected(bootstrap_servers: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer; stopped within seconds, also when it would wait for ever to flush to a broker that is away."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        client_id="ringledger-cli",
        enable_idempotence=True,
        acks="all",
        max_batch_size=MAX_BATCH_BYTES,
        max_request_size=4 * MAX_BATCH_BYTES,
    )
    try:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await producer.start()
        except UNREACHED as error:
            raise PublishError(f"no Kafka broker answers at {bootstrap_servers} ({_name(error)})") from error
        yield producer
    finally:
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await producer.stop()
        except UNREACHED:
            # Nothing is lost with it: what was not confirmed has been said to be so.
            pass


async def _confirmed(producer: AIOKafkaProducer, records: Sequence[PlatformRecord]) -> None:
    """One batch per partition: four times as fast as record by record."""
    by_partition: dict[tuple[str, int], list[PlatformRecord]] = {}
    for record in records:
        partitions = await producer.partitions_for(record.topic)
        place = (record.topic, partition_of(record.key, len(partitions)))
        by_partition.setdefault(place, []).append(record)
    waits = []
    for (topic, partition), mine in by_partition.items():
        batch = producer.create_batch()
        for record in mine:
            if batch.append(key=record.key, value=record.value, timestamp=None, headers=_HEADERS) is None:
                waits.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(key=record.key, value=record.value, timestamp=None, headers=_HEADERS)
        waits.append(await producer.send_batch(batch, topic, partition=partition))
    await asyncio.gather(*waits)


def _name(error: BaseException) -> str:
    return type(error).__name__
