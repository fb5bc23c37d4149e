"""The schema is one: picture and road meet, every query fits it, and each role may do what it should."""

import asyncpg
import pytest

from chassis.database import Pool, account_transaction
from chassis.migrate import api_role, ingest_role
from services.reporting.store import QUERIES
from tests.conftest import FreshDatabase
from tests.store.reporting.conftest import Record
from tests.support.schemas import catalog_of, drawn
from tests.support.unit_costs import a_charge, an_event

HISTORY = ("charge_fact", "report", "report_line")
HOT = {
    "list_known_charges": "charge_fact_other_pkey",
    "list_unit_costs": "charge_fact_other_unit_key_account_id_seq_idx",
    "lock_unit_lanes": "unit_cost_lane_pkey",
    "list_period_totals": "unit_period_total_pkey",
    "find_last_period_of_units": "unit_period_total_pkey",
}


async def test_the_picture_and_the_road_meet(dsn: str, fresh_database: FreshDatabase) -> None:
    picture = await catalog_of(await fresh_database(drawn("reporting")), "reporting")
    road = await catalog_of(dsn, "reporting")
    assert any("charge_fact" in line for line in road)
    assert picture == road


async def test_every_query_fits_the_schema(ingest: Pool) -> None:
    wrong = {}
    async with ingest.acquire() as connection:
        for name, query in QUERIES.items():
            try:
                await connection.prepare(query)
            except asyncpg.PostgresError as error:
                wrong[name] = str(error)
    assert wrong == {}


async def test_hot_queries_use_their_index(ingest: Pool) -> None:
    """On tables never analysed, as they are while the first million charges come in.

    Sequential scans are forbidden, for an empty table would be read so; of the indexes the planner then
    takes the one that the statement was written for.
    """
    wrong = {}
    async with ingest.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL plan_cache_mode = force_generic_plan")
        for name, index in HOT.items():
            statement = await connection.prepare(QUERIES[name])
            nulls = ", ".join(["NULL"] * len(statement.get_parameters()))
            await connection.execute(f"PREPARE {name} AS {QUERIES[name]}")
            plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE {name}({nulls})"))
            await connection.execute(f"DEALLOCATE {name}")
            if index not in plan:
                wrong[name] = plan
    assert wrong == {}


async def test_every_table_of_accounts_is_secured_by_row(ingest: Pool) -> None:
    rows = await ingest.fetch(
        """
        SELECT c.relname, c.relrowsecurity FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'reporting'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'account_id'
        """
    )
    assert len(rows) > 8
    assert [row["relname"] for row in rows if not row["relrowsecurity"]] == []


async def test_one_account_does_not_see_another_s_costs(api: Pool, record: Record) -> None:
    await record([an_event(a_charge(1, account="acme"), 0), an_event(a_charge(1, account="other"), 1)])
    for table in ("charge_fact", "unit_day_cost", "unit_period_total", "unit_cost_lane", "verify_charge_fact"):
        if table.startswith("verify"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await api.fetch(f"SELECT account_id FROM {table}")
            continue
        assert await api.fetch(f"SELECT account_id FROM {table}") == []
        async with account_transaction(api, "acme") as connection:
            rows = await connection.fetch(f"SELECT account_id FROM {table}")
        assert [row["account_id"] for row in rows] == ["acme"], table


async def test_nobody_changes_history(ingest: Pool) -> None:
    roles = [ingest_role("reporting"), api_role("reporting")]
    rows = await ingest.fetch(
        """
        SELECT role, history, privilege
        FROM unnest($1::text[]) AS role, unnest($2::text[]) AS history,
             unnest('{UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS privilege
        WHERE has_table_privilege(role, history, privilege)
        """,
        roles,
        HISTORY,
    )
    assert rows == []


async def test_the_api_writes_nothing_but_reports(ingest: Pool) -> None:
    rows = await ingest.fetch(
        """
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'reporting'::regnamespace AND c.relkind IN ('r', 'p')
          AND has_table_privilege($1, c.oid, 'INSERT, UPDATE, DELETE')
        """,
        api_role("reporting"),
    )
    of_the_chassis = {"outbox", "outbox_lane", "conflict_resolution", "audit_entry", "audit_head"}
    assert {row["relname"] for row in rows} == {"report", "report_line"} | of_the_chassis


async def test_an_amount_is_a_number(dsn: str, record: Record) -> None:
    await record([an_event(a_charge(1), 0)])
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "reporting"})
    try:
        for table, column in (
            ("charge_fact", "amount"),
            ("charge_fact", "running_total"),
            ("unit_period_total", "running_total"),
            ("unit_day_cost", "amount"),
        ):
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(f"UPDATE {table} SET {column} = 'NaN'")
    finally:
        await connection.close()
