"""Dead letters in their topics: read, told apart by where they failed, and sent again to the group that failed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from chassis.header_names import AnyNameBatch
from chassis.outbox.headers import Header
from chassis.outbox.producer import partition_of
from cli.verify.log import Log, LogUnavailable, Record
from contracts.topics import SERVICES, TOPICS, dead_letter_topic, replay_topic

PREFIX = "dlq_"
REPLAY_OF = "replay_of"
MAX_REQUEST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record that failed alone.

    address: topic/partition/offset it was read from. topic: what it belongs to, also when it failed again on
    its way as a replay. headers: the record's own. replays: how often it was sent again.
    """

    address: str
    topic: str
    service: str
    code: str
    detail: str
    failed_at: str
    key: bytes | None
    value: bytes | None
    headers: Sequence[Header]
    replays: int = 0


async def list_dead_letters(
    log: Log, *, topic: str | None = None, service: str | None = None, code: str | None = None
) -> list[DeadLetter]:
    """Those that fit the filters, in the order in which they failed; each once, however often it was published."""
    origins = {
        dead_letter_topic(declared.name, reader): (declared.name, reader)
        for declared in TOPICS
        for reader in declared.consumers
        if reader in SERVICES and topic in (None, declared.name) and service in (None, reader)
    }
    replays = await _replays(log, [replay_topic(*origin) for origin in origins.values()])
    found: dict[tuple[str, str], DeadLetter] = {}
    async for records in log.read(await _whole(log, origins)):
        for record in records:
            letter = _letter(record, *origins[record.topic], replays)
            if code in (None, letter.code):
                found.setdefault((letter.service, letter.address), letter)
    return sorted(found.values(), key=lambda letter: (letter.failed_at, letter.address, letter.service))


def at(letters: Iterable[DeadLetter], address: str) -> list[DeadLetter]:
    """The letters of the record at an address: one for each service in which it failed."""
    return [letter for letter in letters if letter.address == address]


async def replay(bootstrap_servers: str, letters: Sequence[DeadLetter]) -> None:
    """Send letters again, each to the group that failed and to no other, and wait until the broker has them.

    Key, value and headers are the record's own; `replay_of` is added. Raises LogUnavailable.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        client_id="ringledger-replay",
        enable_idempotence=True,
        acks="all",
        max_request_size=MAX_REQUEST_BYTES,
    )
    try:
        await producer.start()
        for letter in letters:
            headers = [header for header in letter.headers if header[0] != REPLAY_OF]
            batch = AnyNameBatch(MAX_REQUEST_BYTES)
            batch.append(
                timestamp=None,
                key=letter.key,
                value=letter.value,
                headers=[*headers, (REPLAY_OF, letter.address.encode())],
            )
            topic = replay_topic(letter.topic, letter.service)
            partition = partition_of(letter.key, len(await producer.partitions_for(topic)))
            await (await producer.send_batch(batch, topic, partition=partition))
    except (KafkaError, OSError) as error:
        raise LogUnavailable(f"the broker at {bootstrap_servers} did not take them all: {error!r}") from error
    finally:
        await producer.stop()


def _letter(record: Record, topic: str, service: str, replays: dict[tuple[str, str], int]) -> DeadLetter:
    """The letters' own headers come last and count, should the record have had some of the same name."""
    told = {name: value.decode("utf-8", "replace") for name, value in record.headers if name.startswith(PREFIX)}
    address = f"{told.get('dlq_topic', topic)}/{told.get('dlq_partition', '?')}/{told.get('dlq_offset', '?')}"
    return DeadLetter(
        address=address,
        topic=topic,
        service=service,
        code=told.get("dlq_code", "unknown"),
        detail=told.get("dlq_detail", ""),
        failed_at=told.get("dlq_failed_at", ""),
        key=record.key,
        value=record.value,
        headers=[(name, value) for name, value in record.headers if not name.startswith(PREFIX)],
        replays=replays.get((replay_topic(topic, service), address), 0),
    )


async def _replays(log: Log, topics: Iterable[str]) -> dict[tuple[str, str], int]:
    """How often each address was sent again, by replay topic."""
    counts: dict[tuple[str, str], int] = {}
    async for records in log.read(await _whole(log, topics)):
        for record in records:
            for name, value in record.headers:
                if name == REPLAY_OF:
                    key = (record.topic, value.decode("utf-8", "replace"))
                    counts[key] = counts.get(key, 0) + 1
    return counts


async def _whole(log: Log, topics: Iterable[str]) -> dict[tuple[str, int], tuple[int, int]]:
    extents = await log.extents(topics)
    return {place: (extent.start, extent.end) for place, extent in extents.items()}
