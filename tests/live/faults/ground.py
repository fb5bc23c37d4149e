"""The ground a fault run stands on: a PostgreSQL and a Kafka of its own that can be crashed and brought back."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from chassis.clock import system_clock, system_random
from chassis.database import open_pool
from chassis.migrate import migrate_service
from chassis.topic_creation import create_topics_patiently, specs_of
from cli.stack.kafka import LocalKafka
from cli.stack.postgres import ADMINISTRATOR, DATABASE, DEVELOPMENT_PASSWORD, LocalPostgres
from cli.stack.wiring import Addresses
from contracts.topics import SERVICES
from contracts.values.access import EVERY_ACCOUNT
from services.usage_rating.handlers.plans import PlanAccepted, PlansHandler
from tests.live.faults.prices import plan_document
from tests.support.callers import a_caller

BROKER_HEAP_MB = 448


@dataclass(slots=True, kw_only=True)
class Ground:
    """Database and broker in one folder, on ports that stay."""

    folder: Path
    postgres: LocalPostgres
    kafka: LocalKafka
    _connection: asyncpg.Connection | None = None
    _one_question: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    async def lay(cls, folder: Path) -> "Ground":
        """Start both at the same time, migrate every service, create the topics, load the price list."""
        postgres = LocalPostgres(folder / "postgres")
        kafka = LocalKafka(folder / "kafka", heap_mb=BROKER_HEAP_MB)
        ground = cls(folder=folder, postgres=postgres, kafka=kafka)
        try:
            await asyncio.gather(asyncio.to_thread(kafka.start), ground._database())
            await create_topics_patiently(kafka.bootstrap_servers, specs_of())
        except BaseException:
            await ground.clear(keep=True)
            raise
        return ground

    @property
    def addresses(self) -> Addresses:
        return Addresses(postgres_dsn=self.postgres.dsn(), kafka_bootstrap_servers=self.kafka.bootstrap_servers)

    async def query(self, sql: str, *arguments: object) -> Sequence[asyncpg.Record]:
        """Ask the database as the administrator; raises OSError or asyncpg's errors while it is down."""
        async with self._one_question:
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(self.postgres.dsn(), timeout=5)
            try:
                return list(await self._connection.fetch(sql, *arguments, timeout=300))
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self._connection.terminate()
                raise

    async def clear(self, *, keep: bool) -> None:
        """Stop both and remove their data unless it is to be kept."""
        if self._connection is not None:
            self._connection.terminate()
        await asyncio.gather(asyncio.to_thread(self.kafka.stop), asyncio.to_thread(self.postgres.stop))
        if not keep:
            await asyncio.to_thread(shutil.rmtree, self.folder)

    async def _database(self) -> None:
        await asyncio.to_thread(self.postgres.start)
        connection = await asyncpg.connect(self.postgres.dsn())
        try:
            for service in SERVICES:
                await migrate_service(
                    connection, service=service, package=f"services.{service}", password=DEVELOPMENT_PASSWORD
                )
        finally:
            await connection.close()
        await self._load_prices()

    async def _load_prices(self) -> None:
        """Through the service's own handler and the role of its API, as a plan for every account."""
        role = "ringledger_usage_rating_api"
        dsn = self.postgres.dsn(DATABASE).replace(f"{ADMINISTRATOR}:", f"{role}:", 1)
        pool = await open_pool(dsn, schema="usage_rating", application_name="fault-run", max_size=1)
        try:
            handler = PlansHandler(pool=pool, schema="usage_rating", clock=system_clock, random=system_random)
            accepted = await handler.accept_document(plan_document(), a_caller(EVERY_ACCOUNT))
        finally:
            await pool.close()
        assert isinstance(accepted, PlanAccepted), f"the price list was refused: {accepted}"
