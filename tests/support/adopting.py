"""portal's consumer of accounts on a real database, fed with records as the consumer would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from chassis.database import Pool, open_pool
from chassis.intake.batch import Slice
from chassis.intake.transaction import QUERIES as INTAKE
from chassis.intake.transaction import BatchTransaction, Done, Work, lane_of
from chassis.migrate import ingest_role
from chassis.outbox.lanes import QUERIES as LANES
from contracts.events.facts import AccountFact
from contracts.topics import BILLING_UNITS_FACTS, group_of
from contracts.values.access import AccessModel
from services.portal.consumers import SERVICE, routes
from tests.support.rating_records import BEGAN_AT, an_account_fact
from tests.support.records import a_record
from tests.support.schemas import as_role

TOPIC = BILLING_UNITS_FACTS.name


def an_account_with(
    access: AccessModel, account: str = "acme", *, version: int = 1, deleted: bool = False
) -> AccountFact:
    """An account's fact as billing_units tells it."""
    return replace(an_account_fact(account, version=version, deleted=deleted), access=access)


@dataclass(slots=True, kw_only=True)
class Adopting:
    """The service whose consumer is the test, on one partition."""

    pool: Pool
    epoch: int
    next_offset: int = 0

    async def take(self, *values: bytes) -> Done:
        """Apply records as one batch."""
        route = next(route for route in routes(record_max_bytes=1_000_000) if route.topic == TOPIC)
        records = [
            a_record(value, topic=TOPIC, partition=0, offset=self.next_offset + index)
            for index, value in enumerate(values)
        ]
        work = Work(
            slice=Slice(topic=TOPIC, partition=0, generation=1, records=records),
            expected=self.next_offset,
            epoch=self.epoch,
            events=[route.reader.read(record) for record in records],
            dead=(),
            quarantined=(),
        )
        transaction = BatchTransaction(pool=self.pool, schema=SERVICE, group=group_of(SERVICE))
        done = await transaction.apply(work, route.handler, route.stripes, BEGAN_AT)
        self.next_offset += len(records)
        return done


@asynccontextmanager
async def adopting_on(dsn: str) -> AsyncIterator[Adopting]:
    """The consumer on a migrated database."""
    pool = await open_pool(as_role(dsn, ingest_role(SERVICE)), schema=SERVICE, application_name="test", max_size=4)
    async with pool.acquire() as connection:
        row = await connection.fetchrow(INTAKE["claim_position"], group_of(SERVICE), TOPIC, 0, "test", 0)
        await connection.execute(LANES["insert_lane"], lane_of(TOPIC, 0), None, False)
    yield Adopting(pool=pool, epoch=row["epoch"])
    await pool.close()
