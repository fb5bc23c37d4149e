"""Migrations are applied once, in order, by one at a time; a changed or missing file stops everything."""

import asyncio

import asyncpg
import pytest

from chassis.database import Connection
from chassis.migrate import (
    MigrationError,
    api_role,
    ensure_roles,
    ingest_role,
    migrate_service,
    read_migrations,
    with_roles,
)
from cli.stack.postgres import DEVELOPMENT_PASSWORD
from tests.conftest import FreshDatabase
from tests.store.chassis.conftest import SERVICE, Connect
from tests.support.schemas import ROOT, as_role, catalog_of

FILES = len(read_migrations("chassis", "chassis") + read_migrations(f"services.{SERVICE}", SERVICE))


async def migrate(connection: Connection) -> list[str]:
    return await migrate_service(
        connection, service=SERVICE, package=f"services.{SERVICE}", password=DEVELOPMENT_PASSWORD
    )


async def test_a_second_run_finds_nothing_to_do(fresh_database: FreshDatabase, connect: Connect) -> None:
    dsn = await fresh_database()
    connection = await connect(dsn)
    first = [line for line in await migrate(connection) if line.startswith("applied")]
    assert len(first) == FILES
    assert first[0] == f"applied {SERVICE}: chassis/0001_intake_and_outbox.sql"
    before = await catalog_of(dsn, SERVICE)
    assert await migrate(connection) == []
    assert await catalog_of(dsn, SERVICE) == before


async def test_concurrent_runs_apply_each_file_once(fresh_database: FreshDatabase, connect: Connect) -> None:
    dsn = await fresh_database()
    connections = [await connect(dsn) for _ in range(3)]
    done = await asyncio.gather(*(migrate(connection) for connection in connections))
    applied = [line for lines in done for line in lines if line.startswith("applied")]
    assert len(applied) == len(set(applied)) == FILES


async def test_a_file_that_changed_after_it_was_applied_is_refused(dsn: str, connect: Connect) -> None:
    connection = await connect(dsn)
    await connection.execute("UPDATE migration SET checksum = 'other' WHERE origin = 'chassis'")
    with pytest.raises(MigrationError, match=r"0001_intake_and_outbox\.sql changed after it was applied"):
        await migrate(connection)
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert await connection.fetchval(held) == 0


async def test_a_database_of_a_newer_version_is_refused(dsn: str, connect: Connect) -> None:
    connection = await connect(dsn)
    await connection.execute("INSERT INTO migration VALUES ('chassis', '0099_later.sql', 'x')")
    with pytest.raises(MigrationError, match=r"chassis/0099_later\.sql; use a newer Ringledger"):
        await migrate(connection)


async def test_who_may_not_make_roles_is_told_so(dsn: str, connect: Connect) -> None:
    connection = await connect(dsn, ingest_role(SERVICE))
    with pytest.raises(MigrationError, match="must be an administrator's"):
        await ensure_roles(connection, SERVICE, "x")


async def test_the_chassis_picture_is_its_road(dsn: str, fresh_database: FreshDatabase) -> None:
    """chassis/schema.sql alone, against the chassis' migrations alone."""
    drawn, driven = await fresh_database(), await fresh_database()
    texts = {
        drawn: [(ROOT / "chassis" / "schema.sql").read_text(encoding="utf-8")],
        driven: [one.text for one in read_migrations("chassis", "chassis")],
    }
    for target, statements in texts.items():
        connection = await asyncpg.connect(target)
        await connection.execute(f"CREATE SCHEMA {SERVICE}; SET search_path TO {SERVICE}")
        for text in statements:
            await connection.execute(with_roles(text, SERVICE))
        await connection.close()
    catalog = await catalog_of(driven, SERVICE)
    assert any("seen_event" in line for line in catalog)
    assert await catalog_of(drawn, SERVICE) == catalog


async def test_the_two_roles_are_as_the_law_says(dsn: str, connect: Connect) -> None:
    connection = await connect(dsn)
    rows = await connection.fetch(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = ANY ($1)",
        [ingest_role(SERVICE), api_role(SERVICE)],
    )
    assert {tuple(row) for row in rows} == {
        (ingest_role(SERVICE), False, True, False, False),
        (api_role(SERVICE), False, False, False, False),
    }
    owned = await connection.fetchval(
        "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = ANY ($1)",
        [ingest_role(SERVICE), api_role(SERVICE)],
    )
    assert owned == 0
    for role in (ingest_role(SERVICE), api_role(SERVICE)):
        bound = await asyncpg.connect(as_role(dsn, role))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await bound.execute(f"CREATE TABLE {SERVICE}.mine (n int)")
        await bound.close()
