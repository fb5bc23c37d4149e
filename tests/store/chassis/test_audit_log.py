"""The audit log of every service: nobody changes it, its statements fit, and its filters have their indexes."""

import asyncio

import asyncpg
import pytest

from chassis.audit.recording import QUERIES, record_all
from chassis.clock import system_clock
from chassis.database import account_transaction, open_pool
from chassis.migrate import api_role, ingest_role
from contracts.topics import SERVICES
from contracts.values.access import Privilege
from contracts.values.audit import Change
from tests.conftest import FreshDatabase
from tests.store.chassis.conftest import SERVICE, Connect, Standing
from tests.support.callers import a_caller
from tests.support.schemas import as_role

ADA = a_caller("acme", Privilege.ADMINISTER)
INDEXES = {
    "subject": ("NULL", "NULL", "'unit-7'", "NULL", "audit_entry_by_subject"),
    "caller": ("NULL", "NULL", "NULL", "'nobody'", "audit_entry_by_caller"),
    "time": ("'2020-01-01Z'", "'2020-01-02Z'", "NULL", "NULL", "audit_entry_by_time"),
    "everything": ("NULL", "NULL", "NULL", "NULL", "audit_entry_pkey"),
}


@pytest.mark.parametrize("service", SERVICES)
async def test_nobody_changes_the_audit_log(standing: Standing, connect: Connect, service: str) -> None:
    admin = await connect(await standing(service), service=service)
    rows = await admin.fetch(
        """
        SELECT role, privilege, has_table_privilege(role, 'audit_entry', privilege) AS may
        FROM unnest($1::text[]) AS role, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS privilege
        """,
        [api_role(service), ingest_role(service)],
    )
    may = {(row["role"], row["privilege"]) for row in rows if row["may"]}
    assert may == {(api_role(service), "SELECT"), (api_role(service), "INSERT")}


async def test_its_statements_fit_and_filters_use_their_index(
    dsn: str, connect: Connect, fresh_database: FreshDatabase
) -> None:
    pool = await open_pool(as_role(dsn, api_role(SERVICE)), schema=SERVICE, application_name="test", max_size=1)
    try:
        async with account_transaction(pool, "acme") as connection:
            changes = [Change(action="unit.change", subject=f"unit-{index % 500}") for index in range(5000)]
            await record_all(connection, ADA, changes, system_clock())
            for name, statement in QUERIES.items():
                assert await connection.prepare(statement), name
    finally:
        await pool.close()
    admin = await connect(dsn)
    await admin.execute("ANALYZE audit_entry")
    api = await connect(dsn, api_role(SERVICE))
    async with api.transaction():
        await api.execute("SELECT set_config('app.account', 'acme', true)")
        await api.execute(QUERIES["plan_anew"])
        await api.execute(f"PREPARE listed AS {QUERIES['list_audit']}")
        for name, (from_at, until_at, subject, caller, index) in INDEXES.items():
            asked = f"'acme', NULL, {from_at}, {until_at}, {subject}, {caller}, 51"
            plan = "\n".join(row[0] for row in await api.fetch(f"EXPLAIN EXECUTE listed({asked})"))
            assert index in plan, (name, plan)


async def test_changes_at_once_make_one_chain(dsn: str, connect: Connect) -> None:
    pool = await open_pool(as_role(dsn, api_role(SERVICE)), schema=SERVICE, application_name="test", max_size=8)

    async def change(number: int) -> None:
        async with account_transaction(pool, f"account-{number % 2}") as connection:
            caller = a_caller(f"account-{number % 2}", Privilege.ADMINISTER)
            changes = [Change(action="unit.change", subject=f"{number}.{part}") for part in range(number % 3)]
            await record_all(connection, caller, changes, system_clock())

    try:
        await asyncio.gather(*map(change, range(60)))
    finally:
        await pool.close()
    admin = await connect(dsn)
    rows = await admin.fetch("SELECT * FROM audit_entry ORDER BY account_id, seq")
    assert len(rows) == 60
    heads = {row["account_id"]: row for row in await admin.fetch("SELECT * FROM audit_head")}
    for account, head in heads.items():
        chain = [row for row in rows if row["account_id"] == account]
        assert [row["seq"] for row in chain] == list(range(1, head["seq"] + 1))
        assert [row["previous_hash"] for row in chain[1:]] == [row["hash"] for row in chain[:-1]]
        assert head["hash"] == chain[-1]["hash"]


async def test_an_entry_goes_with_the_change_or_not_at_all(dsn: str, connect: Connect) -> None:
    pool = await open_pool(as_role(dsn, api_role(SERVICE)), schema=SERVICE, application_name="test", max_size=1)
    try:
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with account_transaction(pool, "acme") as connection:
                await record_all(connection, ADA, [Change(action="unit.change", subject="x")], system_clock())
                await connection.execute("SELECT 1 / 0")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with account_transaction(pool, "other") as connection:
                await record_all(connection, ADA, [Change(action="unit.change", subject="x")], system_clock())
    finally:
        await pool.close()
    admin = await connect(dsn)
    assert await admin.fetch("SELECT FROM audit_entry UNION ALL SELECT FROM audit_head") == []
