"""Reporting as it runs: two members and an API as processes of their own, on a real broker and database."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from chassis.migrate import api_role, ingest_role
from chassis.topic_creation import create_topics, specs_of
from cli.stack.ports import free_port
from cli.stack.processes import wait_until
from contracts.topics import BILLING_UNITS_FACTS, CHARGES
from contracts.values.access import Privilege
from tests.support.callers import PUBLIC_KEY, Signed, a_caller
from tests.support.databases import Databases
from tests.support.schemas import as_role, migrated
from tests.support.stack import scratch_folder

MEMBERS = ("member-1", "member-2")
READY_S = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where the running service answers. dsn: the administrator's; api: the base address of the API."""

    dsn: str
    kafka: str
    api: str

    def client(self, account: str, *privileges: Privilege, units: Iterable[str] | None = None) -> httpx.Client:
        """Asks the API about an account: as its operator, or as somebody with these privileges and units."""
        auth = Signed(caller=a_caller(account, *privileges, units=units), audience="reporting")
        return httpx.Client(base_url=self.api, auth=auth, timeout=10)


@pytest.fixture(scope="module")
def running(kafka_bootstrap: str, databases: Databases) -> Iterator[Running]:
    """The whole service for the tests of a file; each test has an account of its own."""
    dsn = asyncio.run(_prepare(kafka_bootstrap, databases))
    folder = scratch_folder()
    processes = []
    try:
        ports = [free_port() for _ in (*MEMBERS, "api")]
        for name, port in zip((*MEMBERS, "api"), ports, strict=True):
            processes.append(_start(folder, name, port, dsn, kafka_bootstrap))
        for port in ports:
            assert wait_until(lambda port=port: _ready(port), timeout_s=READY_S, every_s=0.2), _logs(folder)
        yield Running(dsn=dsn, kafka=kafka_bootstrap, api=f"http://127.0.0.1:{ports[-1]}")
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=20) for process in processes]
        asyncio.run(databases.drop(dsn))
    assert codes == [0] * len(codes), _logs(folder)


async def _prepare(kafka: str, databases: Databases) -> str:
    await create_topics(kafka, specs_of())
    return await databases.create(migrated("reporting"))


def _start(folder: Path, name: str, port: int, dsn: str, kafka: str) -> subprocess.Popen[bytes]:
    role = "api" if name == "api" else "ingest"
    environment = {
        **os.environ,
        "REPORTING_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "REPORTING_HTTP_PORT": str(port),
        "REPORTING_INSTANCE": name,
        "REPORTING_SESSION_TIMEOUT_MS": "6000",
        "REPORTING_BATCH_MAX_RECORDS": "200",
        "REPORTING_OPERATOR_PUBLIC_KEY": PUBLIC_KEY,
    }
    if role == "api":
        environment["REPORTING_API_POSTGRES_DSN"] = as_role(dsn, api_role("reporting"))
    else:
        environment["REPORTING_INGEST_POSTGRES_DSN"] = as_role(dsn, ingest_role("reporting"))
    command = [sys.executable, "-m", "services.reporting", "--role", role]
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _logs(folder: Path) -> str:
    return "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in sorted(folder.glob("*.log")))


@pytest.fixture
def account() -> str:
    """An account that no other test has."""
    return f"test-{uuid.uuid4().hex[:12]}"


class Publisher:
    """Publishes as billing_units would, on any partition."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def charges(self, values: list[bytes]) -> None:
        """Charges, spread over all partitions whatever their unit."""
        for place, value in enumerate(values):
            await self._producer.send(CHARGES.name, value=value, partition=place % CHARGES.partitions)
        await self._producer.flush()

    async def facts(self, values: list[bytes]) -> None:
        """Facts of one account, in order."""
        for value in values:
            await self._producer.send(BILLING_UNITS_FACTS.name, value=value, partition=0)
        await self._producer.flush()


@pytest.fixture
async def publish(running: Running) -> AsyncIterator[Publisher]:
    """A producer on the run's broker."""
    producer = AIOKafkaProducer(bootstrap_servers=running.kafka, linger_ms=5)
    await producer.start()
    yield Publisher(producer)
    await producer.stop()


async def read_topic(kafka: str, topic: str, *, partitions: int = 1) -> list[Any]:
    """All records of a topic up to its present end, as a new subscriber reads them."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        places = [TopicPartition(topic, partition) for partition in range(partitions)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        records: list[Any] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            for found in (await consumer.getmany(timeout_ms=500)).values():
                records += found
        return records
    finally:
        await consumer.stop()
