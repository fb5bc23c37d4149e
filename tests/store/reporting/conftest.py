"""Reporting's schema in a database of the test's own, reached as the service's own roles."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from chassis.database import Pool, open_pool
from chassis.intake.batch import Batch
from chassis.intake.events import Event
from chassis.migrate import api_role, ingest_role
from chassis.outbox.lanes import Outgoing
from contracts.events.facts import AccountFact, UnitFact
from services.reporting.handlers.charges import record_charges
from services.reporting.handlers.facts import adopt_facts
from tests.conftest import FreshDatabase
from tests.support.schemas import as_role, migrated
from tests.support.unit_costs import AT, an_event

Record = Callable[[Sequence[Event[Any]]], Awaitable[Batch]]
Adopt = Callable[[Sequence[AccountFact | UnitFact]], Awaitable[None]]


@pytest.fixture
async def dsn(fresh_database: FreshDatabase) -> str:
    """An empty reporting schema, as its administrator."""
    return await fresh_database(migrated("reporting"))


async def pool_as(dsn: str, role: str) -> Pool:
    return await open_pool(as_role(dsn, role), schema="reporting", application_name="test", max_size=4)


@pytest.fixture
async def ingest(dsn: str) -> AsyncIterator[Pool]:
    """The pool of consumers and jobs."""
    pool = await pool_as(dsn, ingest_role("reporting"))
    yield pool
    await pool.close()


@pytest.fixture
async def api(dsn: str) -> AsyncIterator[Pool]:
    """The pool of HTTP handlers."""
    pool = await pool_as(dsn, api_role("reporting"))
    yield pool
    await pool.close()


@pytest.fixture
def record(ingest: Pool) -> Record:
    """Applies charges as one batch in a transaction of its own, as the chassis does."""
    now = AT

    async def apply(events: Sequence[Event[Any]]) -> Batch:
        nonlocal now
        now += timedelta(seconds=1)
        async with ingest.acquire() as connection, connection.transaction():
            batch = Batch(
                connection=connection, events=events, outgoing=Outgoing(lane="charges/0"), recorded_at=now
            )
            await record_charges(batch)
        return batch

    return apply


@pytest.fixture
def adopt(ingest: Pool) -> Adopt:
    """Takes in facts of accounts and units."""

    async def apply(facts: Sequence[AccountFact | UnitFact]) -> None:
        events = [an_event(fact, place) for place, fact in enumerate(facts)]
        async with ingest.acquire() as connection, connection.transaction():
            await adopt_facts(
                Batch(connection=connection, events=events, outgoing=Outgoing(lane="facts/0"), recorded_at=AT)
            )

    return apply
