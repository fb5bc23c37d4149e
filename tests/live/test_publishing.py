"""Records published from the command line: confirmed chunk by chunk, in order by key, or a sentence why not."""

from collections.abc import Sequence

import pytest

from chassis.outbox.producer import partition_of
from cli.publishing import CHUNK, PlatformRecord, PublishError, publish
from cli.stack.ports import free_port
from tests.support.broker import Broker

PARTITIONS = 3


def records(topic: str, count: int) -> list[PlatformRecord]:
    return [PlatformRecord(topic=topic, key=b"k%d" % (n % 7), value=b"%d" % n) for n in range(count)]


async def test_chunks_are_confirmed_in_order_and_keys_keep_theirs(kafka_bootstrap: str) -> None:
    broker = Broker(kafka_bootstrap)
    topic = await broker.topic("published", partitions=PARTITIONS)
    sent, confirmed = records(topic, 2 * CHUNK + 1), list[PlatformRecord]()
    sizes: list[int] = []

    def on_confirmed(chunk: Sequence[PlatformRecord]) -> None:
        sizes.append(len(chunk))
        confirmed.extend(chunk)

    assert await publish(kafka_bootstrap, iter(sent), on_confirmed=on_confirmed) == len(sent)
    assert (sizes, confirmed) == ([CHUNK, CHUNK, 1], sent)
    found = await broker.records(topic)
    for key in {record.key for record in sent}:
        mine = [record for record in found if record.key == key]
        assert [record.value for record in mine] == [record.value for record in sent if record.key == key]
        assert {record.partition for record in mine} == {partition_of(key, PARTITIONS)}


async def test_a_record_larger_than_a_batch_goes_alone(kafka_bootstrap: str) -> None:
    broker = Broker(kafka_bootstrap)
    topic = await broker.topic("published")
    values = [b"small", b"x" * 950_000, b"y" * 600_000, b"z" * 600_000, b"last"]
    await publish(kafka_bootstrap, [PlatformRecord(topic=topic, key=b"k", value=value) for value in values])
    assert [record.value for record in await broker.records(topic)] == values


async def test_what_was_confirmed_before_a_failure_is_told(kafka_bootstrap: str) -> None:
    broker = Broker(kafka_bootstrap)
    topic = await broker.topic("published")
    confirmed: list[int] = []
    sent = [*records(topic, CHUNK), *records("test.nowhere", 1)]
    with pytest.raises(PublishError, match=r"has no topic test\.nowhere"):
        await publish(kafka_bootstrap, sent, on_confirmed=lambda chunk: confirmed.append(len(chunk)))
    assert confirmed == [CHUNK]
    assert len(await broker.records(topic)) == CHUNK


async def test_a_broker_that_is_away_is_named() -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(PublishError, match=f"no Kafka broker answers at {address}"):
        await publish(address, records("test.nowhere", 1))
