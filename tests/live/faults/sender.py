"""The platform of a fault run: sends the load at a pace, confirmed and in order, whatever happens to the broker."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.topics import BILLING_UNITS_FACTS, CALLS, DIRECTORY
from tests.live.faults.load import PARTITIONS, SOURCE, Load, Sending

TICK_S = 0.05
CONFIRM_TIMEOUT_S = 15.0
CHUNK_MAX = 1000
MAX_BATCH_BYTES = 900_000
DirectoryEntry = tuple[str, dict[str, Any]]


@dataclass(slots=True, kw_only=True)
class Sender:
    """Sends a load. What is not confirmed in time is sent again by a new producer, so the log may hold repeats.

    seconds: over how long the load is spread. gate: the share of the load that may be sent at most now; it
    keeps load flowing until the last fault. on_progress: awaited with the share before each chunk is sent.
    on_confirmed: told of each record that the broker has, in the order of numbers.
    """

    bootstrap_servers: str
    load: Load
    seconds: float
    gate: Callable[[], float]
    on_confirmed: Callable[[Sending], None]
    on_progress: Callable[[float], Awaitable[None]] | None = None
    confirmed: int = 0
    resent_chunks: int = 0
    _producer: AIOKafkaProducer | None = None
    _hurry: int = 0

    @property
    def progress(self) -> float:
        """The share of the load that is confirmed."""
        return self.confirmed / self.load.count

    @property
    def chunk_share(self) -> float:
        """How much of the load one chunk is at most."""
        return CHUNK_MAX / self.load.count

    def hurry(self, records: int) -> None:
        """Send the next records at once: a burst that keeps every member busy."""
        self._hurry = records

    async def until(self, share: float) -> None:
        """Wait until this share of the load is confirmed."""
        while True:
            if self.progress >= share:
                return
            await asyncio.sleep(TICK_S)

    async def run(self) -> None:
        """Send everything."""
        began = time.monotonic()
        chunk: list[Sending] = []
        ahead = iter(self.load)
        waiting: Sending | None = next(ahead, None)
        try:
            while waiting is not None:
                if self.on_progress is not None:
                    await self.on_progress(self.progress)
                allowed = self._allowed(time.monotonic() - began)
                chunk, waiting = self._next_chunk(ahead, waiting, allowed)
                if not chunk:
                    await asyncio.sleep(TICK_S)
                    continue
                await self._send_confirmed(chunk)
        finally:
            await self._discard()

    async def publish_directory(self, entries: tuple[DirectoryEntry, ...]) -> None:
        """Publish directory events in order, each account in its partition."""
        for kind, data in entries:
            await self._publish(DIRECTORY.name, kind, data)

    async def publish_account_fact(self, recorded: dict[str, Any]) -> None:
        """Say of an account what billing_units would say."""
        data = {name: recorded[name] for name in ("account_id", "version", "currency", "zone")}
        data |= {"anchor_day": 1, "split_policy": "equal", "deleted": False}
        await self._publish(BILLING_UNITS_FACTS.name, "ringledger.account-fact.v1", data)

    async def _publish(self, topic: str, kind: str, data: dict[str, Any]) -> None:
        value, key = _directory_event(kind, data)
        while True:
            try:
                async with asyncio.timeout(CONFIRM_TIMEOUT_S):
                    producer = await self._started()
                    await producer.send_and_wait(topic, value, key=key, partition=crc32(key) % PARTITIONS)
                return
            except (KafkaError, OSError, TimeoutError):
                await self._discard()
                await asyncio.sleep(0.3)

    def _allowed(self, elapsed_s: float) -> int:
        """Up to which number may be sent now."""
        share = min(elapsed_s / self.seconds, self.gate(), 1.0)
        hurry, self._hurry = self._hurry, 0
        ahead = min(self.confirmed + hurry, int(self.gate() * self.load.count)) if hurry else 0
        return max(int(share * self.load.count), ahead)

    def _next_chunk(
        self, ahead: Iterator[Sending], waiting: Sending, allowed: int
    ) -> tuple[list[Sending], Sending | None]:
        """Records that may go together: none that must follow the confirmation of another among them."""
        chunk: list[Sending] = []
        following: Sending | None = waiting
        while following is not None and following.number < allowed and len(chunk) < CHUNK_MAX:
            if chunk and following.after is not None and following.after >= chunk[0].number:
                break
            chunk.append(following)
            following = next(ahead, None)
        return chunk, following

    async def _send_confirmed(self, chunk: list[Sending]) -> None:
        while True:
            try:
                async with asyncio.timeout(CONFIRM_TIMEOUT_S):
                    await self._send(await self._started(), chunk)
                break
            except (KafkaError, OSError, TimeoutError):
                self.resent_chunks += 1
                await self._discard()
                await asyncio.sleep(0.3)
        for sending in chunk:
            self.on_confirmed(sending)
        self.confirmed += len(chunk)

    async def _send(self, producer: AIOKafkaProducer, chunk: list[Sending]) -> None:
        builders: dict[int, Any] = {}
        waits = []
        for sending in chunk:
            part = sending.partition
            builder = builders.get(part) or builders.setdefault(part, producer.create_batch())
            record = {"key": sending.key, "value": sending.value, "headers": list(sending.headers)}
            if builder.append(timestamp=None, **record) is None:
                waits.append(await producer.send_batch(builder, CALLS.name, partition=part))
                builder = builders[part] = producer.create_batch()
                builder.append(timestamp=None, **record)
        for part, builder in builders.items():
            waits.append(await producer.send_batch(builder, CALLS.name, partition=part))
        await asyncio.gather(*waits)

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self.bootstrap_servers,
                client_id="fault-run",
                enable_idempotence=True,
                acks="all",
                max_batch_size=MAX_BATCH_BYTES,
                max_request_size=4 * MAX_BATCH_BYTES,
                request_timeout_ms=8000,
            )
            self._producer = producer
            await producer.start()
        return self._producer

    async def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                async with asyncio.timeout(2):
                    await producer.stop()
            except (KafkaError, OSError, TimeoutError):
                return


def _directory_event(kind: str, data: dict[str, Any]) -> tuple[bytes, bytes]:
    text = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
    event = {
        "specversion": "1.0",
        "id": f"d{crc32(text):08x}-{len(text)}",
        "source": SOURCE,
        "type": kind,
        "time": "2026-10-30T00:00:00Z",
        "data": data,
    }
    return orjson.dumps(event), data["account_id"].encode()
