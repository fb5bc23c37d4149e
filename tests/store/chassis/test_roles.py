"""What each database role may do, asked of the catalog for every service, so that no new table is forgotten."""

from typing import Any

import asyncpg
import pytest

from chassis.database import Connection, UnsafeRole, account_transaction, open_pool, refuse_unsafe_role
from chassis.migrate import api_role, ingest_role
from cli.stack.postgres import DEVELOPMENT_PASSWORD
from contracts.topics import SERVICES
from tests.conftest import FreshDatabase
from tests.store.chassis.conftest import SERVICE, Connect, Standing
from tests.support.schemas import as_role, migrated

HISTORY = ("offset_fate", "seen_event", "event_conflict", "conflict_resolution")
FOR_EVERYBODY = {"plan", "plan_activation"}
"""Tables whose rows of account `*` every account may read."""

ADDED_TO_UNSEEN = {"plan_scope"}
"""Tables over all accounts that the API may only add to, and of which a constraint alone speaks to it."""

VALUES = {
    "text": "'acme'",
    "uuid": "gen_random_uuid()",
    "bytea": "'\\x00'::bytea",
    "boolean": "true",
    "date": "'2026-07-01'::date",
    "jsonb": "'{}'::jsonb",
    "timestamp with time zone": "'2026-07-01T00:00:00Z'::timestamptz",
    "smallint[]": "'{}'::smallint[]",
    "uuid[]": "'{}'::uuid[]",
    "text[]": "'{}'::text[]",
    "timestamp with time zone[]": "'{}'::timestamptz[]",
    "tstzrange": "tstzrange('2026-07-01Z', NULL)",
}
"""A value of each type that tables have; numbers are 1."""

TABLES = """
    SELECT c.oid, c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attname = 'account_id' ORDER BY c.relname
"""


async def tables_of_accounts(connection: Connection, service: str) -> list[Any]:
    """Every table with an account, partitions aside: they are reached through their parent."""
    return list(await connection.fetch(TABLES, service))


async def put_a_row(connection: Connection, table: Any, account: str) -> None:
    """Any row of this account, whatever the table asks for; its checks and references are dropped first."""
    constraints = await connection.fetch(
        "SELECT conname FROM pg_constraint WHERE conrelid = $1 AND contype IN ('c', 'f', 'x', 'u')", table["oid"]
    )
    for constraint in constraints:
        await connection.execute(
            f'ALTER TABLE {table["relname"]} DROP CONSTRAINT "{constraint["conname"]}" CASCADE'
        )
    columns = await connection.fetch(
        """
        SELECT attname, format_type(atttypid, NULL) AS kind FROM pg_attribute
        WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attidentity = ''
        """,
        table["oid"],
    )
    values = {
        column["attname"]: f"'{account}'" if column["attname"] == "account_id" else VALUES.get(column["kind"], "1")
        for column in columns
    }
    # A name or id that is unique without the account must still differ between the two rows.
    for name in ("lane", "plan_id"):
        if name in values:
            values[name] = f"'{account}'"
    await connection.execute(
        f"INSERT INTO {table['relname']} ({', '.join(values)}) VALUES ({', '.join(values.values())})"
    )


@pytest.mark.parametrize("service", SERVICES)
async def test_the_api_sees_the_account_it_acts_for_and_no_other(
    fresh_database: FreshDatabase, connect: Connect, service: str
) -> None:
    dsn = await fresh_database(migrated(service))
    admin = await connect(dsn, service=service)
    tables = await tables_of_accounts(admin, service)
    assert len(tables) > 8
    for table in tables:
        for account in ("acme", "other"):
            await put_a_row(admin, table, account)
    pool = await open_pool(as_role(dsn, api_role(service)), schema=service, application_name="test", max_size=1)
    seen = 0
    for table in tables:
        name = table["relname"]
        if not await admin.fetchval(
            "SELECT has_table_privilege($1, $2::oid, 'SELECT')", api_role(service), table["oid"]
        ):
            continue
        seen += 1
        assert await pool.fetch(f"SELECT FROM {name}") == [], name
        async with account_transaction(pool, "acme") as connection:
            rows = await connection.fetch(f"SELECT DISTINCT account_id FROM {name}")
        assert [row["account_id"] for row in rows] == ["acme"], name
    await pool.close()
    assert seen > 5


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_of_accounts_is_row_secured(standing: Standing, connect: Connect, service: str) -> None:
    admin = await connect(await standing(service), service=service)
    for table in await tables_of_accounts(admin, service):
        name = table["relname"]
        assert await admin.fetchval("SELECT relrowsecurity FROM pg_class WHERE oid = $1", table["oid"]), name
        granted = await admin.fetchval(
            "SELECT has_table_privilege($1, $2::oid, 'SELECT, INSERT, UPDATE, DELETE')",
            api_role(service),
            table["oid"],
        )
        policies = await admin.fetch(
            "SELECT * FROM pg_policies WHERE schemaname = $1 AND tablename = $2 AND permissive = 'PERMISSIVE'",
            service,
            name,
        )
        if granted:
            assert policies, f"{name}: granted to the API and without a policy"
        for policy in policies:
            assert list(policy["roles"]) == [api_role(service)] and policy["cmd"] == "ALL", name
            assert "current_setting('app.account'" in policy["qual"], name
            assert "current_setting('app.account'" in policy["with_check"], name
            assert " OR " not in policy["with_check"], name
            assert " OR " not in policy["qual"] or name in FOR_EVERYBODY, name


@pytest.mark.parametrize("service", SERVICES)
async def test_tables_without_an_account_are_closed_to_the_api(
    standing: Standing, connect: Connect, service: str
) -> None:
    admin = await connect(await standing(service), service=service)
    rows = await admin.fetch(
        """
        SELECT c.relname FROM pg_class c WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v')
          AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id')
          AND has_table_privilege($2, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
        """,
        service,
        api_role(service),
    )
    assert {row["relname"] for row in rows} <= {"migration", *ADDED_TO_UNSEEN}
    for table in {row["relname"] for row in rows} & ADDED_TO_UNSEEN:
        seen = "has_table_privilege($1, $2, 'SELECT, UPDATE, DELETE') OR has_any_column_privilege($1, $2, 'SELECT')"
        assert not await admin.fetchval(f"SELECT {seen}", api_role(service), table)


@pytest.mark.parametrize("service", SERVICES)
async def test_nobody_may_empty_a_table_or_point_at_it(standing: Standing, connect: Connect, service: str) -> None:
    admin = await connect(await standing(service), service=service)
    rows = await admin.fetch(
        """
        SELECT c.relname, role FROM pg_class c, unnest($2::text[]) AS role
        WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p', 'v')
          AND has_table_privilege(role, c.oid, 'TRUNCATE, REFERENCES, TRIGGER')
        """,
        service,
        [api_role(service), ingest_role(service)],
    )
    assert rows == []


@pytest.mark.parametrize("table", [*HISTORY, "usage", "rated_usage"])
async def test_consumers_insert_history_and_never_change_it(
    standing: Standing, connect: Connect, table: str
) -> None:
    ingest = await connect(await standing(SERVICE), ingest_role(SERVICE))
    column = "topic" if table == "offset_fate" else "account_id"
    for change in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ingest.execute(change)
    assert await ingest.fetchval("SELECT has_table_privilege($1, 'INSERT')", table)


async def test_the_api_cannot_write_another_account_s_rows(dsn: str, connect: Connect) -> None:
    api = await connect(dsn, api_role(SERVICE))
    async with api.transaction():
        await api.execute("SELECT set_config('app.account', 'acme', true)")
        await api.execute("INSERT INTO suspense_retry VALUES ('acme', now())")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with api.transaction():
                await api.execute("INSERT INTO suspense_retry VALUES ('other', now())")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with api.transaction():
                await api.execute(
                    "INSERT INTO outbox_lane (lane, account_id, standing) VALUES ('x', 'other', true)"
                )
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with api.transaction():
                await api.execute(
                    "INSERT INTO outbox_lane (lane, account_id, standing) VALUES ('x', 'acme', false)"
                )
    assert await api.fetch("SELECT FROM suspense_retry") == []


async def test_an_api_role_that_row_security_does_not_bind_is_refused(dsn: str, connect: Connect) -> None:
    async def refused(role: str | None) -> bool:
        address = dsn if role is None else as_role(dsn, role)
        pool = await open_pool(address, schema=SERVICE, application_name="test", max_size=1)
        try:
            await refuse_unsafe_role(pool, SERVICE)
        except UnsafeRole as error:
            assert "may read past row-level security" in str(error)
            return True
        finally:
            await pool.close()
        return False

    assert not await refused(api_role(SERVICE))
    assert await refused(None)
    assert await refused(ingest_role(SERVICE))
    admin = await connect(dsn)
    owner = f"owner_{dsn.rpartition('_')[2]}"
    await admin.execute(f"CREATE ROLE {owner} LOGIN PASSWORD '{DEVELOPMENT_PASSWORD}'")
    try:
        await admin.execute(f"GRANT USAGE ON SCHEMA {SERVICE} TO {owner}; ALTER TABLE leg OWNER TO {owner}")
        assert await refused(owner)
    finally:
        await admin.execute(f"REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}; DROP ROLE {owner}")
