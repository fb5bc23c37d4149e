"""Finds what has left one service and not arrived at the next: in an outbox, in a topic, or in a recorded wait."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson

from chassis.outbox.packing import unpack_messages
from cli.verify.log import Extent, Log, Place, Record
from cli.verify.snapshot import QUERIES, Snapshot
from cli.verify.verdict import Flow
from contracts.topics import CHARGES, RATED_USAGE, Topic, dead_letter_topic, replay_topic

COPY_AT_ONCE = 20_000
OUTBOX_ROWS_AT_ONCE = 50

Extents = Mapping[Place, Extent]
Positions = Mapping[tuple[str, str, int], int]
"""Next offset by service, topic and partition."""

Sighting = tuple[str, str, UUID, str, str, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The way from one service to the next."""

    flow: Flow
    topic: Topic
    producer: str
    consumer: str
    await_query: str


PASSAGES = (
    Passage(
        flow="charges",
        topic=RATED_USAGE,
        producer="usage_rating",
        consumer="billing_units",
        await_query="insert_rated_without_charge",
    ),
    Passage(
        flow="reported",
        topic=CHARGES,
        producer="billing_units",
        consumer="reporting",
        await_query="insert_charges_without_fact",
    ),
)


def topics_of_passages() -> list[str]:
    """Every topic in which something may be on its way."""
    found = []
    for passage in PASSAGES:
        name = passage.topic.name
        found += [name, replay_topic(name, passage.consumer), dead_letter_topic(name, passage.consumer)]
    return found


async def find_in_flight(snapshot: Snapshot, log: Log, extents: Extents, positions: Positions) -> None:
    """Fill the scratch tables: `awaited` with what has not arrived, `found` with where it is.

    extents: taken after the snapshot, so that all which was published by then is inside. Places are looked at
    from the commonest on, and only as long as something is still to be found.
    """
    for passage in PASSAGES:
        await snapshot.execute(passage.await_query, snapshot.account_id, snapshot.period)
    await _look(snapshot, _waits(snapshot))
    for passage in PASSAGES:
        name, consumer = passage.topic.name, passage.consumer
        replay, dead = replay_topic(name, consumer), dead_letter_topic(name, consumer)
        unread = {
            **_unread(extents, positions, consumer, name),
            **_unread(extents, positions, consumer, replay),
        }
        letters = {place: (extent.start, extent.end) for place, extent in extents.items() if place[0] == dead}
        for sightings in (
            _outbox(snapshot, passage, passage.producer, name, "outbox"),
            _topic(log, passage, unread, "topic"),
            _outbox(snapshot, passage, consumer, dead, "dead_letter"),
            _topic(log, passage, letters, "dead_letter"),
        ):
            if not await _still_awaited(snapshot, passage.flow):
                await sightings.aclose()
                continue
            await _look(snapshot, sightings)


async def _still_awaited(snapshot: Snapshot, flow: Flow) -> bool:
    return any(row["flow"] == flow for row in await snapshot.fetch("list_awaited_flows"))


async def _look(snapshot: Snapshot, sightings: AsyncGenerator[Sequence[Sighting], None]) -> None:
    """Keep those sightings that are of something awaited, each thing once."""
    async for chunk in sightings:
        if chunk:
            await snapshot.connection.copy_records_to_table("sighting", records=chunk, schema_name="pg_temp")
        await snapshot.execute("insert_found")
        await snapshot.execute("delete_sightings")


async def _waits(snapshot: Snapshot) -> AsyncGenerator[Sequence[Sighting], None]:
    """Waits and quarantine are tables already: they are seen within the database."""
    topics = [[passage.topic.name, replay_topic(passage.topic.name, passage.consumer)] for passage in PASSAGES]
    await snapshot.execute("insert_sightings_in_waits", *topics)
    yield []


async def _outbox(
    snapshot: Snapshot, passage: Passage, service: str, topic: str, kind: str
) -> AsyncGenerator[Sequence[Sighting], None]:
    await snapshot.within(service)
    chunk: list[Sighting] = []
    async for row in snapshot.connection.cursor(QUERIES["list_outbox"], topic, prefetch=OUTBOX_ROWS_AT_ONCE):
        for index, value in enumerate(unpack_messages(row["messages"]).values):
            identity = identity_of(value)
            if identity is not None:
                place = f"{service}.outbox {row['lane']} #{row['first_seq'] + index}"
                chunk.append((passage.flow, *identity, kind, place, row["recorded_at"]))
        if len(chunk) >= COPY_AT_ONCE:
            yield chunk
            chunk = []
    yield chunk


async def _topic(
    log: Log, passage: Passage, ranges: Mapping[Place, tuple[int, int]], kind: str
) -> AsyncGenerator[Sequence[Sighting], None]:
    async for records in log.read(ranges):
        yield [sighting for record in records for sighting in _sighted(passage, record, kind)]


def _sighted(passage: Passage, record: Record, kind: str) -> Iterable[Sighting]:
    identity = identity_of(record.value)
    if identity is not None:
        since = datetime.fromtimestamp(record.timestamp / 1000, tz=UTC)
        yield passage.flow, *identity, kind, f"{record.topic}/{record.partition}@{record.offset}", since


def identity_of(value: bytes | None) -> tuple[str, UUID] | None:
    """(account, event id) of a message of ours; None for what is not one, such as a dead letter that never was."""
    try:
        document = orjson.loads(value or b"")
        return str(document["data"]["account_id"]), UUID(document["id"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _unread(extents: Extents, positions: Positions, service: str, topic: str) -> dict[Place, tuple[int, int]]:
    """What a service has not read of a topic; a partition it never took up is read from its start."""
    return {
        place: (max(extent.start, positions.get((service, *place), extent.start)), extent.end)
        for place, extent in extents.items()
        if place[0] == topic
    }
