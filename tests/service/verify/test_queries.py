"""Every statement of the proof fits the schemas it reads, and rights are seen when they are too many."""

import asyncpg
import pytest

from chassis.migrate import api_role, ingest_role
from cli.quarantine.conflicts import QUERIES as QUARANTINE
from cli.verify.bounds import run_bounds_check
from cli.verify.checks import run_checks_of
from cli.verify.snapshot import QUERIES, NotMigrated, open_snapshot
from contracts.topics import SERVICES
from tests.conftest import FreshDatabase
from tests.support.schemas import migrated


async def all_services(dsn: str) -> None:
    for service in SERVICES:
        await migrated(service)(dsn)


async def test_every_statement_can_be_prepared(fresh_database: FreshDatabase) -> None:
    connection = await asyncpg.connect(await fresh_database(all_services))
    try:
        await connection.execute(QUERIES["make_scratch"])
        await connection.execute("SET search_path TO usage_rating, pg_temp")
        for name, statement in (*QUERIES.items(), *QUARANTINE.items()):
            if name != "make_scratch":
                await connection.prepare(statement)
    finally:
        await connection.close()


async def test_a_missing_schema_names_the_command_that_makes_it(fresh_database: FreshDatabase) -> None:
    dsn = await fresh_database(migrated("usage_rating"))
    with pytest.raises(NotMigrated, match=r"billing_units, reporting, portal .* `ringledger migrate`"):
        async with open_snapshot(dsn, account_id=None, period=None):
            pass


RIGHTS = [
    ("history", f"GRANT UPDATE ON usage_rating.rated_usage TO {ingest_role('usage_rating')}"),
    ("history", f"GRANT UPDATE (amount) ON usage_rating.rated_usage TO {ingest_role('usage_rating')}"),
    ("history", f"GRANT DELETE ON usage_rating.usage_other TO {ingest_role('usage_rating')}"),
    ("history", f"GRANT TRUNCATE ON usage_rating.leg TO {api_role('usage_rating')}"),
    ("row-level security", "ALTER TABLE usage_rating.suspense DISABLE ROW LEVEL SECURITY"),
    ("row-level security", "CREATE POLICY more ON usage_rating.leg USING (true)"),
    ("row-level security", "CREATE TABLE usage_rating.more (account_id text)"),
    (
        "row-level security",
        "ALTER TABLE usage_rating.usage_other DISABLE ROW LEVEL SECURITY; "
        f"GRANT SELECT ON usage_rating.usage_other TO {api_role('usage_rating')}",
    ),
    ("roles", f"ALTER TABLE usage_rating.leg OWNER TO {api_role('usage_rating')}"),
]


@pytest.mark.parametrize(("name", "statement"), RIGHTS)
async def test_a_right_too_many_is_named(fresh_database: FreshDatabase, name: str, statement: str) -> None:
    dsn = await fresh_database(all_services)
    assert await broken_of(dsn) == set()
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()
    assert name in await broken_of(dsn)


async def broken_of(dsn: str) -> set[str]:
    """The checks of usage_rating that do not hold."""
    async with open_snapshot(dsn, account_id=None, period=None) as snapshot:
        results = await run_checks_of(snapshot, "usage_rating", {})
    return {result.name for result in results if not result.holds}


async def test_what_is_no_amount_or_instant_is_found_in_any_table(fresh_database: FreshDatabase) -> None:
    dsn = await fresh_database(all_services)
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "INSERT INTO usage_rating.suspense "
        "VALUES ('acme', gen_random_uuid(), 1, '2026-10-01', 'no_plan', 'infinity', 'call')"
    )
    await connection.close()
    async with open_snapshot(dsn, account_id=None, period=None) as snapshot:
        result = await run_bounds_check(snapshot, "usage_rating")
        untouched = await run_bounds_check(snapshot, "reporting")
    assert result.rows == [{"table": "usage_rating.suspense", "column": "recorded_at", "rows": 1}]
    assert untouched.holds
