"""The schema is one: picture and road meet, every query fits it, and each role may do what it should."""

from collections.abc import AsyncIterator
from datetime import date

import asyncpg
import pytest

from chassis.database import Pool, account_transaction
from chassis.migrate import api_role, ingest_role
from services.billing_units.store import (
    alerts,
    auditing,
    budgets,
    charges,
    directory,
    explanations,
    followers,
    listing,
    members,
    reattribution,
    spending,
    unassigned,
    unit_lists,
    views,
)  # fmt: skip
from tests.conftest import FreshDatabase
from tests.store.billing_units.hot_queries import ARGUMENTS, HOT, PAGE
from tests.support.allocating import Allocating, api_pool, ingest_pool
from tests.support.directory import (
    a_membership,
    a_number,
    a_rated_call,
    a_unit,
    a_working_account,
    an_assignment,
    its_reversal,
    unit_id,
)
from tests.support.schemas import catalog_of, drawn, migrated

SCHEMA = "billing_units"
PARTS = (
    views, directory, listing, unit_lists, members, reattribution, explanations, unassigned, auditing, spending,
    budgets, alerts, followers,
)  # fmt: skip
QUERIES = {name: text for part in PARTS for name, text in part.QUERIES.items()}
TABLES = (
    "account", "alert_due", "allocation", "assignment", "assignment_version", "budget_alert", "budget_version",
    "charge", "directory", "directory_user", "follower", "number", "reattribution", "reversal_wait", "spend_change",
    "team", "team_membership", "unassigned_alert_version", "unassigned_share", "unit", "unit_spend",
)  # fmt: skip
ADDED_TO = (
    "charge", "charge_other", "allocation", "assignment_version", "reversal_wait", "follower", "spend_change",
    "unit_spend", "budget_version", "budget_alert", "unassigned_alert_version", "unassigned_share", "alert_due",
)  # fmt: skip
VIEWS = (
    "verify_charge", "verify_allocation", "verify_reversal_wait", "verify_assignment", "verify_number",
    "verify_team_membership", "verify_reattribution", "verify_unit_spend", "verify_spend_change",
    "verify_budget_version", "verify_budget_alert", "verify_unassigned_alert_version", "verify_follower",
)  # fmt: skip


@pytest.fixture
async def dsn(fresh_database: FreshDatabase) -> str:
    return await fresh_database(migrated(SCHEMA))


@pytest.fixture
async def ingest(dsn: str) -> AsyncIterator[Pool]:
    pool = await ingest_pool(dsn)
    yield pool
    await pool.close()


async def test_the_picture_and_the_road_meet(dsn: str, fresh_database: FreshDatabase) -> None:
    picture = await catalog_of(await fresh_database(drawn(SCHEMA)), SCHEMA)
    road = await catalog_of(dsn, SCHEMA)
    assert any("one_unit_for_a_number" in line for line in road)
    assert picture == road


async def test_every_query_fits_the_schema(ingest: Pool) -> None:
    assert len(QUERIES) == sum(len(part.QUERIES) for part in PARTS) > 20
    assert charges.QUERIES is views.QUERIES
    async with ingest.acquire() as connection:
        for name, text in QUERIES.items():
            try:
                await connection.prepare(text)
            except asyncpg.PostgresError as error:
                raise AssertionError(f"{name}: {error}") from error


async def test_hot_queries_use_their_index(dsn: str, ingest: Pool) -> None:
    """On an account of some size, with sequential scans forbidden, the planner shows which index fits."""
    await _fill(dsn, ingest)
    async with ingest.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
        for name, index in HOT.items():
            statement = await connection.prepare(QUERIES[name])
            nothing = ", ".join(["NULL"] * len(statement.get_parameters()))
            await connection.execute(f"PREPARE hot AS {QUERIES[name]}")
            plan = await connection.fetch(f"EXPLAIN EXECUTE hot({ARGUMENTS.get(name, nothing)})")
            await connection.execute("DEALLOCATE hot")
            assert index in "\n".join(row[0] for row in plan), name


async def test_a_limited_caller_s_queries_use_their_index(dsn: str, ingest: Pool) -> None:
    """Row-level security by units is a filter over what the indexes find, not in their place."""
    await _fill(dsn, ingest)
    unit = unit_id("Unit 7")
    limited = {
        "list_charges_of_units": (f"{PAGE}, '{{{unit}}}'", "account_id_unit_id_billed_at_idx"),
        "list_units_by_name": (f"'harbour-care', '', false, now(), NULL, NULL, 10, '{{{unit}}}'", "unit_id"),
        "list_unit_users": (f"'harbour-care', '{unit}', now(), NULL, 10", "assignment_by_unit"),
        "list_unit_members": (f"'harbour-care', '{unit}', NULL, NULL, NULL, NULL, 10", "assignment_by_unit"),
        "find_charge": (f"'harbour-care', '{unit}'", "_pkey"),
    }
    api = await api_pool(dsn)
    try:
        async with account_transaction(api, "harbour-care", [unit]) as connection:
            await connection.execute("SET LOCAL plan_cache_mode = force_custom_plan")
            for name, (arguments, index) in limited.items():
                await connection.execute(f"PREPARE limited AS {QUERIES[name]}")
                plan = "\n".join(
                    row[0] for row in await connection.fetch(f"EXPLAIN (ANALYZE) EXECUTE limited({arguments})")
                )
                await connection.execute("DEALLOCATE limited")
                assert index in plan and "Seq Scan on assignment" not in plan, (name, plan)
    finally:
        await api.close()


async def _fill(dsn: str, ingest: Pool) -> None:
    numbers = [f"+4420794{index:05d}" for index in range(60000, 60500)]
    allocating = Allocating(pool=ingest)
    await allocating.adopt(*a_working_account(), *map(a_number, numbers))
    await allocating.adopt(*(an_assignment(number, f"Unit {n % 300}") for n, number in enumerate(numbers)))
    people = [a_membership(user=f"agent-{index}") for index in range(500)]
    await allocating.adopt(*people, *(a_unit(f"Unit {index}") for index in range(300)))
    months = [date(2026, month, 1) for month in range(1, 11)]
    await allocating.rate(
        *(
            a_rated_call(f"call-{index}", own_number=numbers[index], booked_period=months[index % len(months)])
            for index in range(400)
        )
    )
    await allocating.add_up()
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute("ANALYZE")
    finally:
        await admin.close()


async def test_every_table_of_accounts_is_secured_by_row(ingest: Pool) -> None:
    rows = await ingest.fetch(
        """
        SELECT c.relname, c.relrowsecurity FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'account_id'
        """,
        SCHEMA,
    )
    assert {row["relname"] for row in rows} > {*TABLES, "charge_other"}
    assert [row["relname"] for row in rows if not row["relrowsecurity"]] == []


async def test_one_account_sees_nothing_of_another(dsn: str, ingest: Pool) -> None:
    allocating = Allocating(pool=ingest)
    for account in ("acme", "other"):
        await allocating.adopt(*a_working_account(account))
        await allocating.rate(a_rated_call(account=account))
    api = await api_pool(dsn)
    try:
        for table in ("account", "assignment", "charge", "directory", "directory_user", "number", "unit"):
            assert await api.fetch(f"SELECT account_id FROM {table}") == [], table
            async with account_transaction(api, "acme") as connection:
                rows = await connection.fetch(f"SELECT DISTINCT account_id FROM {table}")
            assert [row["account_id"] for row in rows] == ["acme"], table
        for hidden in (*VIEWS, "charge_other"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await api.fetch(f"SELECT account_id FROM {hidden}")
        async with account_transaction(api, "acme") as connection:
            assert await connection.execute("UPDATE unit SET name = 'x' WHERE account_id = 'other'") == "UPDATE 0"
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute(
                    "INSERT INTO unit VALUES ('other', gen_random_uuid(), 1, 'x', 'x', NULL, false, NULL, now())"
                )
    finally:
        await api.close()


async def test_history_is_only_added_to_and_only_by_the_consumers(ingest: Pool) -> None:
    rows = await ingest.fetch(
        """
        SELECT role, privilege, relname
        FROM unnest($1::text[]) AS role, unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS privilege, pg_class c
        WHERE relnamespace = $2::regnamespace AND relkind IN ('r', 'p') AND relname = ANY ($3::text[])
          AND has_table_privilege(role, c.oid, privilege)
        """,
        [ingest_role(SCHEMA), api_role(SCHEMA)],
        SCHEMA,
        list(ADDED_TO),
    )
    assert {(row["role"], row["privilege"], row["relname"]) for row in rows} == {
        (ingest_role(SCHEMA), "INSERT", "charge"),
        (ingest_role(SCHEMA), "INSERT", "assignment_version"),
        (api_role(SCHEMA), "INSERT", "assignment_version"),
        (ingest_role(SCHEMA), "INSERT", "allocation"),
        (ingest_role(SCHEMA), "UPDATE", "allocation"),
        (ingest_role(SCHEMA), "INSERT", "reversal_wait"),
        (ingest_role(SCHEMA), "DELETE", "reversal_wait"),
        *((ingest_role(SCHEMA), right, "follower") for right in ("INSERT", "UPDATE", "DELETE")),
        (ingest_role(SCHEMA), "INSERT", "spend_change"),
        (ingest_role(SCHEMA), "DELETE", "spend_change"),
        (ingest_role(SCHEMA), "INSERT", "unit_spend"),
        (ingest_role(SCHEMA), "UPDATE", "unit_spend"),
        (api_role(SCHEMA), "INSERT", "budget_version"),
        (ingest_role(SCHEMA), "INSERT", "budget_alert"),
        (api_role(SCHEMA), "INSERT", "unassigned_alert_version"),
        (ingest_role(SCHEMA), "INSERT", "unassigned_share"),
        (ingest_role(SCHEMA), "UPDATE", "unassigned_share"),
        (ingest_role(SCHEMA), "INSERT", "alert_due"),
        (ingest_role(SCHEMA), "DELETE", "alert_due"),
        (api_role(SCHEMA), "INSERT", "alert_due"),
    }


async def test_the_proof_reads_every_charge_and_wait(dsn: str, ingest: Pool) -> None:
    allocating = Allocating(pool=ingest)
    await allocating.adopt(*a_working_account())
    await allocating.rate(a_rated_call("one"), its_reversal(a_rated_call("two")))
    admin = await asyncpg.connect(dsn, server_settings={"search_path": SCHEMA})
    try:
        found = {view: await admin.fetch(f"SELECT * FROM {view}") for view in VIEWS}
    finally:
        await admin.close()
    assert [len(found[view]) for view in VIEWS] == [1, 2, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0]
    assert {row["state"] for row in found["verify_allocation"]} == {"allocated", "reversal_waiting"}
    assert found["verify_assignment"][0]["unit_known"]


async def test_an_amount_is_a_number(dsn: str, ingest: Pool) -> None:
    allocating = Allocating(pool=ingest)
    await allocating.adopt(*a_working_account())
    await allocating.rate(a_rated_call())
    admin = await asyncpg.connect(dsn, server_settings={"search_path": SCHEMA})
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await admin.execute("UPDATE charge SET amount = 'NaN'")
    finally:
        await admin.close()
