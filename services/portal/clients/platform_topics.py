"""The topics that platforms write to, through an idempotent producer: each record confirmed, or not claimed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis import metrics
from chassis.logs import get_logger
from chassis.outbox.producer import KeptProducer, NotConfirmed, partition_of
from contracts.events.envelope import CONTENT_TYPE

LOG = get_logger(__name__)
CONFIRM_TIMEOUT_S = 10
"""How long one who asks waits for the broker; a client gives up soon after."""

_HEADERS = [("content-type", CONTENT_TYPE.encode())]
_FAILURES = (NotConfirmed, KafkaError, OSError, TimeoutError, AssertionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformRecord:
    """One event in structured mode, with its topic and key."""

    topic: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A batch on its way, and which of the records it holds."""

    confirmation: "asyncio.Future[object]"
    places: Sequence[int]

    @property
    def confirmed(self) -> bool:
        """Whether the broker has it."""
        done = self.confirmation.done() and not self.confirmation.cancelled()
        return done and self.confirmation.exception() is None


class PlatformTopics:
    """Publishes for platforms without Kafka; the producer is started with the first record."""

    def __init__(self, bootstrap_servers: str, client_id: str) -> None:
        self._kept = KeptProducer(bootstrap_servers, client_id)

    async def publish(self, records: Sequence[PlatformRecord]) -> Sequence[bool]:
        """Send all, those of one key in their order; for each whether the broker has confirmed it.

        What is not confirmed may be there all the same: who sends it again does no harm.
        """
        sent: list[_Sent] = []
        producer: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(CONFIRM_TIMEOUT_S):
                producer = await self._kept.started()
                await _submit(producer, records, sent)
                await asyncio.wait([one.confirmation for one in sent])
        except _FAILURES as error:
            LOG.warning("events_not_confirmed", error=repr(error))
        confirmed = {place for one in sent if one.confirmed for place in one.places}
        if len(confirmed) < len(records):
            metrics.PUBLISH_FAILURES.inc()
            if producer is not None:
                await self._kept.discard(producer)
        for place in confirmed:
            metrics.PUBLISHED.labels(records[place].topic).inc()
        return [place in confirmed for place in range(len(records))]

    async def close(self) -> None:
        """Stop the producer if there is one."""
        await self._kept.close()


async def _submit(producer: AIOKafkaProducer, records: Sequence[PlatformRecord], sent: list[_Sent]) -> None:
    """Hand everything over, batch by batch; `sent` gets each as soon as it is on its way."""
    by_partition: dict[tuple[str, int], list[int]] = {}
    for place, record in enumerate(records):
        partitions = await producer.partitions_for(record.topic)
        by_partition.setdefault((record.topic, partition_of(record.key, len(partitions))), []).append(place)
    for (topic, partition), places in by_partition.items():
        rest: Sequence[int] = places
        while rest:
            batch, held = producer.create_batch(), 0
            for place in rest:
                record = records[place]
                if batch.append(key=record.key, value=record.value, timestamp=None, headers=_HEADERS) is None:
                    break
                held += 1
            assert held, f"{topic}: a record is larger than a batch may be"
            confirmation = await producer.send_batch(batch, topic, partition=partition)
            sent.append(_Sent(confirmation=confirmation, places=rest[:held]))
            rest = rest[held:]
