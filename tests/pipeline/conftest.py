"""One month that went the whole way, played once for all tests of this folder on a broker of their own."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from chassis.clock import system_clock, system_random
from chassis.database import Connection, account_transaction, open_pool
from chassis.migrate import api_role
from cli.demo.centre import ACCOUNT_ID, MONTH, contact_centre
from cli.stack.jars import KAFKA_VERSION, cache_folder, missing_jars, unreachable
from cli.stack.kafka import LocalKafka
from contracts.topics import SERVICES
from contracts.values.calendar import start_of_day, zone_of
from contracts.values.ids import time_ordered_id
from services.billing_units.domain.budgets import Threshold
from services.billing_units.handlers.budgets import Plan, Wanted, put_budget, put_threshold
from services.billing_units.handlers.commands import Commands
from services.billing_units.handlers.spending import SpendingHandler
from services.reporting.handlers.reports import make_unit_report
from tests.support.allocating import api_pool, ingest_pool
from tests.support.callers import a_caller
from tests.support.databases import Databases
from tests.support.proving import broken, settled
from tests.support.report import RunReport
from tests.support.schemas import as_role, migrated
from tests.support.stack import scratch_folder
from tests.support.way_of_a_call import (
    WayOfACall,
    accept_demo_plan,
    demo_directory,
    demo_month,
    make_topics,
    play,
)

CALL_COUNT = 500


async def prepare(dsn: str) -> None:
    """All three services' schemas in one database."""
    for service in SERVICES:
        await migrated(service)(dsn)


@pytest.fixture(scope="session")
def own_broker(run_report: RunReport) -> Iterator[str]:
    """A broker of these tests' own: the proof looks at whole topics."""
    missing = missing_jars(cache_folder())
    problem = unreachable(missing[0]) if missing else None
    if problem is not None:
        pytest.skip(f"no broker: {problem}")
    folder = scratch_folder()
    server = LocalKafka(folder / "kafka")
    server.start()
    run_report.use_broker(f"Apache Kafka {KAFKA_VERSION} (jars, started by tests)")
    yield server.bootstrap_servers
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def way(own_broker: str, databases: Databases) -> Iterator[WayOfACall]:
    """A month of calls that went the whole way, with a report made; the services stand still.

    A test that plays more leaves everything settled and standing still again.
    """
    folder = scratch_folder()
    dsn = asyncio.run(_played(own_broker, databases, folder))
    found = WayOfACall(dsn=dsn, kafka=own_broker, folder=folder)
    yield found
    found.stop()
    asyncio.run(databases.drop(dsn))
    shutil.rmtree(folder)


@pytest.fixture
async def admin(way: WayOfACall) -> AsyncIterator[Connection]:
    """The administrator's connection, for changes behind the services' backs."""
    connection = await asyncpg.connect(way.dsn)
    yield connection
    await connection.close()


async def _played(broker: str, databases: Databases, folder: Path) -> str:
    await make_topics(broker)
    dsn = await databases.create(prepare)
    await accept_demo_plan(dsn)
    way = WayOfACall(dsn=dsn, kafka=broker, folder=folder)
    way.start()
    try:
        await play(broker, demo_directory())
        await settled(way)
        await play(broker, demo_month(seed=1, calls=CALL_COUNT))
        await settled(way)
        await _make_report(dsn)
        way.stop(("billing_units",))
        await _say_budgets(dsn)
        way.start(("billing_units",))
        verdict = await settled(way)
    finally:
        way.stop()
    assert verdict.holds, broken(verdict)
    return dsn


async def _say_budgets(dsn: str) -> None:
    """A budget that the month passed and a threshold, said and announced at the month's end."""
    api, ingest = await api_pool(dsn, 2), await ingest_pool(dsn, 2)
    at = start_of_day(MONTH.end_on, zone_of("UTC")) - timedelta(days=1)
    commands = Commands(pool=api, schema="billing_units", clock=lambda: at, random=system_random).by(
        a_caller(ACCOUNT_ID)
    )
    wanted = Wanted(amount=Decimal("0.50"), stages=(50, 100), from_period=MONTH.start_on, only=False)
    try:
        for unit in contact_centre().units:
            plan = await put_budget(commands, ACCOUNT_ID, unit.unit_id, wanted, _anything)
            assert isinstance(plan, Plan), plan
        await put_threshold(commands, ACCOUNT_ID, Threshold(), _anything)
        assert await SpendingHandler(pool=ingest, clock=lambda: at).announce() > 0
        assert await ingest.fetchval("SELECT count(*) FROM budget_alert") > 0
    finally:
        await api.close()
        await ingest.close()


def _anything(version: int) -> bool:
    """Whatever stands is expected."""
    return True


async def _make_report(dsn: str) -> None:
    dsn = as_role(dsn, api_role("reporting"))
    pool = await open_pool(dsn, schema="reporting", application_name="test", max_size=1)
    now = system_clock()
    try:
        async with account_transaction(pool, ACCOUNT_ID) as connection:
            report_id = time_ordered_id(now, system_random)
            await make_unit_report(connection, ACCOUNT_ID, MONTH.start_on, report_id=report_id, now=now)
    finally:
        await pool.close()
