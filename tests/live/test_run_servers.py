"""The run's own broker and database, as every other test is given them."""

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient

from tests.conftest import FreshDatabase

PREPARED: list[str] = []


async def prepare(dsn: str) -> None:
    PREPARED.append(dsn)
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE t (n int); INSERT INTO t VALUES (1)")
    await connection.close()


async def _rows(dsn: str, statement: str = "SELECT count(*) FROM t") -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval(statement))
    finally:
        await connection.close()


async def test_a_template_is_prepared_once_and_its_copies_are_apart(fresh_database: FreshDatabase) -> None:
    first, second = await fresh_database(prepare), await fresh_database(prepare)
    assert len(PREPARED) == 1
    connection = await asyncpg.connect(first)
    await connection.execute("INSERT INTO t VALUES (2)")
    await connection.close()
    assert (await _rows(first), await _rows(second)) == (2, 1)


async def test_a_database_without_preparation_is_empty(fresh_database: FreshDatabase) -> None:
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert await _rows(await fresh_database(), tables) == 0


async def test_the_broker_makes_no_topics_by_itself(kafka_bootstrap: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        await admin.describe_topics(["nobody-made-this"])
        assert "nobody-made-this" not in await admin.list_topics()
    finally:
        await admin.close()
