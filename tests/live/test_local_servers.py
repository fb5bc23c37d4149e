"""Broker and database of the local stack for real: they are killed and return with what they had confirmed."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from cli.stack.kafka import LocalKafka
from cli.stack.postgres import LocalPostgres

pytestmark = pytest.mark.usefixtures("own_servers")


async def test_committed_rows_survive_a_crash_of_the_database(scratch: Path) -> None:
    server = LocalPostgres(scratch / "postgres")
    server.start()
    try:
        connection = await asyncpg.connect(server.dsn())
        await connection.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
        before = server.process
        server.crash_stop()
        assert connection.is_closed() or await _refuses(connection)
        assert before is not None and not before.is_alive()

        server.start()
        connection = await asyncpg.connect(server.dsn())
        assert await connection.fetchval("SELECT count(*) FROM t") == 1000
        assert await connection.fetchval("SHOW fsync") == "on"
        assert (await connection.fetchval("SHOW server_version")).startswith("18.")
        assert (
            await connection.fetchval("SELECT datlocale FROM pg_database WHERE datname = current_database()")
            == "C.UTF-8"
        )
        await connection.close()
    finally:
        server.stop()
    assert "recovery" in server.log_file.read_text()


async def test_confirmed_messages_survive_the_killing_of_the_broker(scratch: Path) -> None:
    broker = LocalKafka(scratch / "kafka", heap_mb=256)
    await asyncio.to_thread(broker.start)
    try:
        admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
        await admin.start()
        await admin.create_topics([NewTopic("t", 3, 1)])
        await admin.close()
        async with AIOKafkaProducer(
            bootstrap_servers=broker.bootstrap_servers, enable_idempotence=True
        ) as producer:
            for number in range(100):
                await producer.send_and_wait("t", str(number).encode())
        broker.kill()
        assert broker.process is None

        await asyncio.to_thread(broker.start)
        consumer = AIOKafkaConsumer("t", bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest")
        async with asyncio.timeout(20), consumer:
            received = {int((await consumer.getone()).value) for _ in range(100)}
        assert received == set(range(100))
    finally:
        await asyncio.to_thread(broker.stop)


async def _refuses(connection: asyncpg.Connection) -> bool:
    try:
        await connection.fetchval("SELECT 1")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError):
        return True
    return False
