"""Reads topics between offsets, outside any consumer group: nothing here moves anybody's position."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chassis.header_names import read_any_header_name

Place: TypeAlias = tuple[str, int]
"""A topic and one of its partitions."""

Record: TypeAlias = Any
"""An aiokafka `ConsumerRecord` of bytes; that library is not typed."""

CONNECT_S = 20
FETCH_MS = 1000
RECORDS_AT_ONCE = 5_000
SILENCE_LIMIT = 30
"""Empty fetches in a row, of FETCH_MS each, after which the broker counts as gone."""


class LogUnavailable(RuntimeError):
    """The broker does not answer; the message names its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Where a partition's log starts, and the offset after its end."""

    start: int
    end: int


class Log:
    """Read access to the broker's topics."""

    def __init__(self, consumer: Any, admin: Any, address: str) -> None:
        self._consumer = consumer
        self._admin = admin
        self._address = address

    async def extents(self, topics: Iterable[str]) -> dict[Place, Extent]:
        """Start and end of every partition of those topics that exist."""
        existing = sorted(set(topics) & await self.topics())
        described = await self._admin.describe_topics(existing) if existing else []
        partitions = [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in described
            for partition in topic["partitions"]
        ]
        if not partitions:
            return {}
        starts = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        return {(p.topic, p.partition): Extent(start=starts[p], end=ends[p]) for p in partitions}

    async def topics(self) -> set[str]:
        """The names of all topics."""
        return set(await self._admin.list_topics())

    async def read(self, ranges: Mapping[Place, tuple[int, int]]) -> AsyncIterator[list[Record]]:
        """The records of half-open ranges of offsets, a few thousand at once, each partition in its order."""
        ends = {TopicPartition(*place): end for place, (start, end) in ranges.items() if start < end}
        if not ends:
            return
        self._consumer.assign(list(ends))
        for place, (start, end) in ranges.items():
            if start < end:
                self._consumer.seek(TopicPartition(*place), start)
        silent = 0
        while ends:
            fetched = await self._consumer.getmany(*ends, timeout_ms=FETCH_MS, max_records=RECORDS_AT_ONCE)
            silent = 0 if fetched else silent + 1
            if silent > SILENCE_LIMIT:
                raise LogUnavailable(f"the broker at {self._address} stopped answering")
            for partition, records in fetched.items():
                wanted = [record for record in records if record.offset < ends[partition]]
                if wanted:
                    yield wanted
            for partition in [p for p in ends if await self._consumer.position(p) >= ends[p]]:
                # The position passes control records too, so a range that ends with one is left as well.
                del ends[partition]


@asynccontextmanager
async def open_log(bootstrap_servers: str) -> AsyncIterator[Log]:
    """Connect to the broker. Raises LogUnavailable when it does not answer."""
    read_any_header_name()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        client_id="ringledger-verify",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        fetch_max_wait_ms=50,
        # It learns of the topics one by one and pauses so long after each.
        retry_backoff_ms=10,
        max_partition_fetch_bytes=4 * 1024 * 1024,
        request_timeout_ms=CONNECT_S * 1000,
    )
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, client_id="ringledger-verify")
    try:
        await admin.start()
        await consumer.start()
        yield Log(consumer, admin, bootstrap_servers)
    except (KafkaError, OSError) as error:
        raise LogUnavailable(f"the broker at {bootstrap_servers} does not answer: {error}") from error
    finally:
        await consumer.stop()
        await admin.close()
