"""usage_rating's schema is one: picture and road meet, every statement fits it, hot ones find their index."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from chassis.database import Connection, Pool, account_transaction, open_pool
from chassis.intake.transaction import QUERIES as INTAKE
from chassis.migrate import api_role, ingest_role
from chassis.outbox.lanes import QUERIES as LANES
from services.usage_rating.store import QUERIES
from tests.conftest import FreshDatabase
from tests.support.schemas import as_role, catalog_of, drawn, migrated

SERVICE = "usage_rating"
STATEMENTS = {**INTAKE, **LANES, **QUERIES}
HOT = {
    "list_accounts": "account_pkey",
    "list_held_numbers": "own_number_pkey",
    "lock_legs": "leg_pkey",
    "update_leg": "leg_pkey",
    "find_call_revision": "usage_other_pkey",
    "get_published": "Subplans Removed",
    "list_ratings": "rated_usage_other",
    "find_call": "usage_other_pkey",
    "delete_suspense": "suspense_pkey",
    "list_suspended": "suspense_pkey",
    "list_reratings": "rerating_pkey",
    "list_rerating_changes": "rerating_change_pkey",
    "list_rerating_totals": "rerating_total_pkey",
    "list_stored_ratings": "leg_pkey",
    "lock_part_to_preview": "rerating_part_pkey",
    "list_changes_to_post": "rerating_change_pkey",
    "list_uses_to_rate_anew": "usage_other_pkey",
    "update_legs_rated": "leg_pkey",
    "get_plan_document": "plan_pkey",
    "list_seen": "seen_event_pkey",
    "move_position": "input_position_pkey",
    "list_waiting": "outbox_pkey",
    "move_cursor": "outbox_lane_pkey",
    "move_cursors": "outbox_lane_pkey",
    "list_waiting_standing_lanes": "outbox_lane_waiting",
}


@pytest.fixture
async def dsn(fresh_database: FreshDatabase) -> str:
    """A migrated database, as its administrator."""
    return await fresh_database(migrated(SERVICE))


@pytest.fixture
async def ingest(dsn: str) -> AsyncIterator[Pool]:
    """The pool of consumers and jobs."""
    pool = await open_pool(as_role(dsn, ingest_role(SERVICE)), schema=SERVICE, application_name="test", max_size=1)
    yield pool
    await pool.close()


async def test_the_picture_and_the_road_meet(dsn: str, fresh_database: FreshDatabase) -> None:
    picture = await catalog_of(await fresh_database(drawn(SERVICE)), SERVICE)
    road = await catalog_of(dsn, SERVICE)
    assert any("rated_usage" in line for line in road)
    assert picture == road


async def test_every_statement_fits_the_schema(ingest: Pool) -> None:
    async with ingest.acquire() as connection:
        for name, statement in STATEMENTS.items():
            try:
                await connection.prepare(statement)
            except asyncpg.PostgresError as error:
                pytest.fail(f"{name}: {error}")


async def plan_of(connection: Connection, statement: str) -> str:
    """How it would be run with sequential scans forbidden: shows whether an index fits at all."""
    prepared = await connection.prepare(statement)
    count = len(prepared.get_parameters())
    async with connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE hot AS {statement}")
        arguments = f"({', '.join(['NULL'] * count)})" if count else ""
        rows = await connection.fetch(f"EXPLAIN EXECUTE hot{arguments}")
        await connection.execute("DEALLOCATE hot")
    return "\n".join(row[0] for row in rows)


async def test_hot_statements_use_their_index(ingest: Pool) -> None:
    async with ingest.acquire() as connection:
        for name, index in HOT.items():
            plan = await plan_of(connection, STATEMENTS[name])
            assert index in plan, f"{name}:\n{plan}"
            assert "Seq Scan" not in plan, f"{name}:\n{plan}"


async def test_an_account_makes_no_plan_id_everybodys(dsn: str) -> None:
    api = await open_pool(as_role(dsn, api_role(SERVICE)), schema=SERVICE, application_name="test", max_size=1)
    try:
        for account, everybodys in (("acme", False), ("acme", False), ("other", False), ("*", True)):
            async with account_transaction(api, account) as connection:
                await connection.execute(QUERIES["insert_plan_scope"], f"deck-{everybodys}", everybodys)
        for account, everybodys in (("acme", True), ("*", False)):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                async with account_transaction(api, account) as connection:
                    await connection.execute(QUERIES["insert_plan_scope"], "new", everybodys)
    finally:
        await api.close()


async def test_an_account_activates_its_own_plan_or_everybodys(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": SERVICE})
    activation = "INSERT INTO plan_activation VALUES ($1, gen_random_uuid(), $2, $3, 1, now(), now())"
    try:
        for account, plan_id in (("acme", "deck"), ("other", "deck"), ("other", "more"), ("*", "every")):
            await connection.execute(QUERIES["insert_plan_scope"], plan_id, account == "*")
            values = (account, plan_id, 1, "sha", "Deck", "EUR", datetime(2026, 1, 1, tzinfo=UTC), 1, "{}")
            await connection.execute(QUERIES["insert_plan"], *values, datetime(2026, 1, 1, tzinfo=UTC))
        for account, owner, plan_id in (("acme", "acme", "deck"), ("acme", "*", "every"), ("*", "*", "every")):
            await connection.execute(activation, account, owner, plan_id)
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(activation, "acme", "other", "deck")
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await connection.execute(activation, "acme", "acme", "more")
    finally:
        await connection.close()


async def test_an_amount_is_a_number(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": SERVICE})
    row = """
        INSERT INTO rated_usage
        VALUES ('acme', gen_random_uuid(), '2026-07-01', gen_random_uuid(), 1, 'rated', 'EUR',
                $1, 1, 1, 1, '2026-07-01', '{}', now())
    """
    try:
        await connection.execute(row.replace("$1", "12345678901234.123456"))
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(row.replace("$1", "'NaN'"))
    finally:
        await connection.close()


async def test_the_proof_can_read_a_call_whose_unknown_fields_hold_anything(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, server_settings={"search_path": SERVICE})
    calls = {
        1: (rb'{"voided":false,"x":"a\u0000b"}', False),
        2: (rb'{"voided":true,"x":"\\u0000"}', True),
        3: (rb'{"x":{"voided":true}}', False),
    }
    try:
        for revision, (call, _) in calls.items():
            await connection.execute(
                "INSERT INTO usage VALUES ('acme', $1, $2, '2026-07-01', 's', 'e', 'call', $3, now())",
                "00000000-0000-0000-0000-000000000001",
                revision,
                call,
            )
        rows = await connection.fetch("SELECT revision, voided FROM verify_usage")
    finally:
        await connection.close()
    assert {row["revision"]: row["voided"] for row in rows} == {n: voided for n, (_, voided) in calls.items()}
