"""The schema is one: picture and road meet, every query fits it, under the role that asks it."""

import asyncpg

from chassis.database import open_pool
from chassis.migrate import api_role, ingest_role
from services.portal.store import QUERIES
from tests.conftest import FreshDatabase
from tests.support.schemas import as_role, catalog_of, drawn, migrated

JOBS = {"lock_signing_keys", "list_signing_keys", "upsert_signing_key", "delete_expired", "upsert_accounts"}


async def test_the_picture_and_the_road_meet(fresh_database: FreshDatabase) -> None:
    picture = await catalog_of(await fresh_database(drawn("portal")), "portal")
    road = await catalog_of(await fresh_database(migrated("portal")), "portal")
    assert any("audit_entry" in line for line in road)
    assert picture == road


async def test_every_query_fits_the_schema_and_its_role(fresh_database: FreshDatabase) -> None:
    dsn = await fresh_database(migrated("portal"))
    wrong = {}
    for role, names in ((api_role("portal"), set(QUERIES) - JOBS), (ingest_role("portal"), JOBS)):
        pool = await open_pool(as_role(dsn, role), schema="portal", application_name="test", max_size=1)
        for name in names:
            try:
                async with pool.acquire() as connection, connection.transaction():
                    statement = await connection.prepare(QUERIES[name])
                    parameters = [None] * len(statement.get_parameters())
                    await connection.fetch(f"EXPLAIN {QUERIES[name]}", *parameters)
            except asyncpg.PostgresError as error:
                wrong[name] = str(error)
        await pool.close()
    assert wrong == {}
