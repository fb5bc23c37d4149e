"""Reads the broker as an outsider: how long partitions are, what they hold, what a group has shown as committed."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

RECORDS_AT_ONCE = 5000
WAIT_MS = 2000


@asynccontextmanager
async def _reader(bootstrap_servers: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        isolation_level="read_committed",
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def ends_of(bootstrap_servers: str, places: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The offset after the last record of each (topic, partition). Raises KafkaError while the broker is away."""
    async with _reader(bootstrap_servers) as consumer:
        ends = await consumer.end_offsets([TopicPartition(topic, partition) for topic, partition in places])
    return {(place.topic, place.partition): end for place, end in ends.items()}


async def read_topic(bootstrap_servers: str, topic: str, partitions: int) -> AsyncIterator[ConsumerRecord]:
    """Every record of a topic from its beginning to where it ends now, each partition in order."""
    places = [TopicPartition(topic, partition) for partition in range(partitions)]
    async with _reader(bootstrap_servers) as consumer:
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        open_places = {place for place in places if ends[place] > 0}
        while open_places:
            found = await consumer.getmany(timeout_ms=WAIT_MS, max_records=RECORDS_AT_ONCE)
            for records in found.values():
                for record in records:
                    yield record
            for place in list(open_places):
                if await consumer.position(place) >= ends[place]:
                    open_places.discard(place)


async def committed_of(bootstrap_servers: str, group: str) -> dict[tuple[str, int], int]:
    """The offsets a group shows as committed: from there the broker would deliver again."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    return {(place.topic, place.partition): told.offset for place, told in offsets.items()}
