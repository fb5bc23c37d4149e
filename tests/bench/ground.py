"""What every run stands on: a broker and a database of the benchmark's own, emptied between runs."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import GroupIdNotFound, NoError
from aiokafka.protocol.admin import DeleteGroupsRequest

from chassis.database import Connection
from chassis.migrate import api_role, ingest_role, migrate_service
from chassis.topic_creation import create_topics_patiently, specs_of
from cli.stack.postgres import DEVELOPMENT_PASSWORD
from cli.stack.providers import LocalProviders, local_providers
from contracts.topics import SERVICES, Topic, group_of
from services.usage_rating import store
from services.usage_rating.domain.plan import RatePlan
from tests.bench import plan as plans
from tests.bench.centre import ACCOUNT_ID, CURRENCY, ZONE
from tests.bench.cpu import CpuMeter
from tests.support.stack import scratch_folder

FORGET_TIMEOUT_S = 30
FORGOTTEN = (NoError.errno, GroupIdNotFound.errno)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One run's database, as the administrator and as a service's role see it."""

    providers: LocalProviders
    name: str

    @property
    def administrator_dsn(self) -> str:
        return self.providers.postgres.dsn(self.name)

    def ingest_dsn(self, service: str) -> str:
        return self._role_dsn(ingest_role(service))

    def api_dsn(self, service: str) -> str:
        return self._role_dsn(api_role(service))

    def _role_dsn(self, role: str) -> str:
        return f"postgresql://{role}:{DEVELOPMENT_PASSWORD}@{self.providers.postgres.address}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The running broker and database."""

    providers: LocalProviders

    @property
    def bootstrap_servers(self) -> str:
        return self.providers.kafka.bootstrap_servers

    def meter(self) -> CpuMeter:
        """Reads what broker and database cost."""
        postmaster, broker = self.providers.postgres.process, self.providers.kafka.process
        assert postmaster is not None and broker is not None, "broker and database run as long as the ground stands"
        return CpuMeter(postmaster_pid=postmaster.pid, broker_pid=broker.pid)

    async def renew_topics(self, *, keep: frozenset[str] = frozenset()) -> None:
        """Forget every group's progress; delete all declared topics but those to keep, and create them anew."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap_servers)
        await admin.start()
        try:
            known = set(await admin.list_topics())
            await admin.delete_topics([spec.name for spec in specs_of() if spec.name in known - keep])
            groups = {group for group, *_ in await admin.list_consumer_groups()}
        finally:
            await admin.close()
        await _forget_groups(self.bootstrap_servers, groups)
        await create_topics_patiently(self.bootstrap_servers, specs_of())

    async def record_count(self, topic: Topic) -> int:
        """How many records a topic holds."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap_servers)
        await consumer.start()
        try:
            wanted = [TopicPartition(topic.name, partition) for partition in range(topic.partitions)]
            ends = await consumer.end_offsets(wanted)
            beginnings = await consumer.beginning_offsets(wanted)
        finally:
            await consumer.stop()
        return sum(ends[one] - beginnings[one] for one in wanted)

    async def first_database(self, plan: RatePlan) -> Database:
        """A migrated database in which the account is known and the plan in force: the runs' template."""
        database = await self._database("template0")
        connection = await asyncpg.connect(database.administrator_dsn)
        try:
            for service in SERVICES:
                package = f"services.{service}"
                await migrate_service(connection, service=service, package=package, password=DEVELOPMENT_PASSWORD)
            await _know_account(connection)
        finally:
            await connection.close()
        await plans.accept(plan, database.api_dsn("usage_rating"))
        return database

    async def copy(self, template: Database) -> Database:
        """A database like the template, for one run."""
        return await self._database(template.name)

    async def _database(self, template: str) -> Database:
        database = Database(providers=self.providers, name=f"bench_{uuid4().hex[:12]}")
        await self._administer(f'CREATE DATABASE "{database.name}" TEMPLATE "{template}"')
        return database

    async def drop(self, database: Database) -> None:
        """Give the run's disk space back."""
        await self._administer(f'DROP DATABASE "{database.name}" WITH (FORCE)')

    async def settle(self) -> None:
        """Write out what the run before left dirty, so that the next one does not pay for it."""
        await self._administer("CHECKPOINT")

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.providers.postgres.dsn())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def _know_account(connection: Connection) -> None:
    """The account as a fact of billing_units would make it known."""
    terms = store.AccountTerms(currency=CURRENCY, zone=ZONE, anchor_day=1)
    await connection.execute("SET search_path TO usage_rating")
    await store.upsert_account(connection, ACCOUNT_ID, 1, terms, deleted=False)


async def _forget_groups(bootstrap_servers: str, groups: set[str]) -> None:
    """Delete the services' groups. Static members leave without a word, so their sessions must end first."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap_servers)
    await client.bootstrap()
    remaining = sorted(groups & {group_of(service) for service in SERVICES})
    deadline_s = monotonic() + FORGET_TIMEOUT_S
    try:
        while remaining:
            if monotonic() > deadline_s:
                raise TimeoutError(f"groups still have members: {remaining}")
            node = client.get_random_node()
            response = await client.send(node, DeleteGroupsRequest(remaining))
            remaining = [group for group, code in response.results if code not in FORGOTTEN]
            await asyncio.sleep(0.5 if remaining else 0)
    finally:
        await client.close()


@contextmanager
def ground() -> Iterator[Ground]:
    """Start broker and database on free ports with data of their own; stop and forget both at the end."""
    folder = scratch_folder()
    try:
        with local_providers(folder) as providers:
            yield Ground(providers=providers)
    finally:
        shutil.rmtree(folder)
