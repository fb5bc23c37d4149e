"""Partitions of charges: a month each, made ahead; what comes for none of them has a place all the same."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from chassis.database import Pool
from chassis.month_partitions import MonthPartitions
from tests.conftest import FreshDatabase
from tests.support.allocating import Allocating, ingest_pool
from tests.support.directory import a_rated_call, a_working_account, its_reversal
from tests.support.schemas import migrated


@pytest.fixture
async def ingest(fresh_database: FreshDatabase) -> AsyncIterator[Pool]:
    """The pool of consumers and jobs."""
    pool = await ingest_pool(await fresh_database(migrated("billing_units")))
    yield pool
    await pool.close()


async def test_partitions_are_made_ahead_and_take_the_charges(ingest: Pool) -> None:
    allocating = Allocating(pool=ingest)
    await allocating.adopt(*a_working_account())
    await allocating.rate(a_rated_call("early", answered="2031-05-02T08:15:00Z"))
    months = MonthPartitions(
        pool=ingest, clock=lambda: datetime(2031, 5, 31, tzinfo=UTC), tables=("charge",), months_ahead=2
    )
    assert await months.make_missing() == 2
    assert await months.make_missing() == 0
    await allocating.rate(a_rated_call("late", answered="2031-06-30T08:15:00Z"))
    rows = await ingest.fetch("SELECT tableoid::regclass::text AS place, use_on FROM charge ORDER BY use_on")
    assert [row["place"] for row in rows] == ["charge_other", "charge_2031_06"]
    await allocating.rate(its_reversal(a_rated_call("late", answered="2031-06-30T08:15:00Z")))
    assert await ingest.fetchval("SELECT sum(amount) FROM charge WHERE use_on = '2031-06-30'") == 0
