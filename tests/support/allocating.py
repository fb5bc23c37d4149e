"""billing_units' handlers on a real database, fed with records as the consumer would."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from aiokafka.structs import ConsumerRecord

from chassis.database import Pool, open_pool
from chassis.intake.batch import Batch, DeadLetter, Fate, RecordFailed, Slice
from chassis.intake.events import Event, EventReader
from chassis.intake.transaction import QUERIES as INTAKE
from chassis.intake.transaction import BatchTransaction, Done, Work, lane_of
from chassis.intake.worker import Route
from chassis.migrate import api_role, ingest_role
from chassis.outbox.lanes import QUERIES as LANES
from chassis.outbox.packing import unpack_messages
from contracts.events.envelope import encode
from contracts.events.rated_usage import USAGE_RATED, RatedUsage
from contracts.topics import ALERTS, BILLING_UNITS_FACTS, CHARGES, DIRECTORY, RATED_USAGE, group_of
from contracts.values.ids import IdKind, derived_id
from services.billing_units.consumers import SERVICE, routes
from services.billing_units.handlers.directory_cache import DirectoryCache
from services.billing_units.handlers.reattribution import ReattributionHandler
from services.billing_units.handlers.spending import SpendingHandler
from services.billing_units.handlers.usage import UsageHandler
from tests.support.schemas import as_role

RECORDED_AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
DIRECTORY_KINDS = {kind.data: kind for kind in DIRECTORY.events}


async def ingest_pool(dsn: str, size: int = 4) -> Pool:
    """A pool of the role that consumers have."""
    return await open_pool(
        as_role(dsn, ingest_role(SERVICE)), schema=SERVICE, application_name="test-ingest", max_size=size
    )


async def api_pool(dsn: str, size: int = 4) -> Pool:
    """A pool of the role that HTTP handlers have."""
    return await open_pool(
        as_role(dsn, api_role(SERVICE)), schema=SERVICE, application_name="test-api", max_size=size
    )


def message_of(data: Any, event_id: str | None = None) -> bytes:
    """A structured event as its producer writes it; ids derive from what it says unless given."""
    if isinstance(data, RatedUsage):
        return encode(
            kind=USAGE_RATED,
            event_id=event_id or data.rated_usage_id,
            source="ringledger/usage-rating",
            time=RECORDED_AT,
            data=data,
        )
    made = str(derived_id(IdKind.FACT, repr(data)))
    return encode(
        kind=DIRECTORY_KINDS[type(data)], event_id=event_id or made, source="pbx", time=RECORDED_AT, data=data
    )


@dataclass(kw_only=True)
class Allocating:
    """A service whose consumer is the test. stripes: whether batches take the locks they should."""

    pool: Pool
    stripes: bool = True
    cache: DirectoryCache = field(default_factory=DirectoryCache)
    fates: Counter[Fate] = field(default_factory=Counter)
    dead: list[DeadLetter] = field(default_factory=list)
    _routes: dict[str, Route] = field(init=False)
    _next_offset: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    _epochs: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._routes = {
            route.topic: route for route in routes(UsageHandler(directory=self.cache), record_max_bytes=1_000_000)
        }

    async def adopt(self, *entries: Any, partition: int = 0) -> Done:
        """Directory statements as one batch."""
        return await self.take(DIRECTORY.name, [message_of(entry) for entry in entries], partition)

    async def rate(self, *usages: RatedUsage, partition: int = 0) -> Done:
        """Rated usage as one batch."""
        return await self.take(RATED_USAGE.name, [message_of(usage) for usage in usages], partition)

    async def take(
        self,
        topic: str,
        values: Sequence[bytes],
        partition: int = 0,
        before_commit: Callable[[], Awaitable[None]] | None = None,
    ) -> Done:
        """Apply records as one batch; those a handler names as guilty are dead-lettered and the rest applied.

        before_commit: awaited when everything is decided and nothing committed.
        """

        async def handler(batch: Batch) -> None:
            await route.handler(batch)
            if before_commit is not None:
                await before_commit()

        where = (topic, partition)
        route = self._routes[topic]
        if where not in self._epochs:
            await self._claim(topic, partition)
        first = self._next_offset[where]
        records = [_record(topic, partition, first + index, value) for index, value in enumerate(values)]
        events, dead = _read(route.reader, route, records)
        transaction = BatchTransaction(pool=self.pool, schema=SERVICE, group=group_of(SERVICE))
        while True:
            work = Work(
                slice=Slice(topic=topic, partition=partition, generation=1, records=records),
                expected=first,
                epoch=self._epochs[where],
                events=events,
                dead=dead,
                quarantined=(),
            )
            try:
                done = await transaction.apply(work, handler, route.stripes if self.stripes else (), RECORDED_AT)
                break
            except RecordFailed as failed:
                dead = [*dead, DeadLetter(record=failed.event.record, code=failed.code, detail=failed.detail)]
                events = [event for event in events if event is not failed.event]
        self._next_offset[where] = first + len(records)
        self.fates.update(done.fates)
        self.dead.extend(dead)
        return done

    async def work_off(self, ratings_per_chunk: int = 500) -> int:
        """Let the job put right all that changes left; how many chunks it took."""
        chunks = 0
        while worked := await self.work_off_once(ratings_per_chunk):
            chunks += worked
        return chunks

    async def work_off_once(self, ratings_per_chunk: int) -> int:
        """Let the job do one chunk of every account that has something to do."""
        job = ReattributionHandler(
            pool=self.pool,
            schema=SERVICE,
            clock=lambda: RECORDED_AT,
            directory=self.cache,
            ratings_per_chunk=ratings_per_chunk,
        )
        return await job.work_off()

    async def add_up(self, now: datetime = RECORDED_AT) -> int:
        """Let the jobs add up what units spent, and announce what is due then; how many changes were added up."""
        jobs = SpendingHandler(pool=self.pool, clock=lambda: now)
        added = await jobs.add_up()
        await jobs.announce()
        return added

    async def _claim(self, topic: str, partition: int) -> None:
        async with self.pool.acquire() as connection:
            row = await connection.fetchrow(
                INTAKE["claim_position"], group_of(SERVICE), topic, partition, "test", 0
            )
            await connection.execute(LANES["insert_lane"], lane_of(topic, partition), None, False)
        self._epochs[topic, partition] = row["epoch"]
        self._next_offset[topic, partition] = row["next_offset"]

    async def published(self, topic: str) -> list[dict[str, Any]]:
        """The events recorded for a topic so far, lane by lane."""
        rows = await self.pool.fetch("SELECT messages FROM outbox WHERE topic = $1 ORDER BY lane, first_seq", topic)
        return [orjson.loads(value) for row in rows for value in unpack_messages(row["messages"]).values]

    async def charges(self) -> list[dict[str, Any]]:
        """What was published on the charges topic; a charge without a unit says nothing of one."""
        return [{"unit_id": None, **event["data"]} for event in await self.published(CHARGES.name)]

    async def facts(self) -> list[dict[str, Any]]:
        """What was published as facts."""
        return await self.published(BILLING_UNITS_FACTS.name)

    async def alerts(self) -> list[dict[str, Any]]:
        """What was announced, each with the type of its message as `said`."""
        return [{"said": event["type"], **event["data"]} for event in await self.published(ALERTS.name)]

    async def owed(self, account: str) -> tuple[dict[str, dict[str | None, int]], dict[str, set[str | None]]]:
        """What each unit owes of each use, in millionths, and the units of the charges that are live."""
        rows = await self.pool.fetch(
            "SELECT usage_id::text, unit_id::text, (sum(amount) * 1000000)::bigint AS micros FROM charge "
            "WHERE account_id = $1 GROUP BY usage_id, unit_id",
            account,
        )
        owed: dict[str, dict[str | None, int]] = {}
        for row in rows:
            owed.setdefault(row["usage_id"], {})[row["unit_id"]] = row["micros"]
        rows = await self.pool.fetch(
            "SELECT usage_id::text, unit_id::text FROM charge c WHERE account_id = $1 AND kind = 'charge' "
            "AND NOT EXISTS (SELECT FROM charge r WHERE r.account_id = $1 AND r.reverses = c.charge_id)",
            account,
        )
        live: dict[str, set[str | None]] = {}
        for row in rows:
            live.setdefault(row["usage_id"], set()).add(row["unit_id"])
        return owed, live


def _read(reader: EventReader, route: Route, records: Sequence[Any]) -> tuple[list[Event[Any]], list[DeadLetter]]:
    events, dead = [], []
    for record in records:
        event = reader.read(record)
        refusal = route.refusal(event.data) if route.refusal else None
        if refusal is None:
            events.append(event)
        else:
            dead.append(DeadLetter(record=record, code="invalid", detail=refusal))
    return events, dead


def _record(topic: str, partition: int, offset: int, value: bytes) -> Any:
    return ConsumerRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=1_780_000_000_000,
        timestamp_type=0,
        key=None,
        value=value,
        checksum=None,
        serialized_key_size=-1,
        serialized_value_size=len(value),
        headers=(),
    )
