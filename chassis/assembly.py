"""Puts a service's process together from what every service has, for the doors of one role."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from starlette.types import ASGIApp

from chassis.clock import system_clock
from chassis.database import Pool, open_pool, refuse_unsafe_role
from chassis.guard import Guard, operator_key, refuse_open_door
from chassis.intake.consumer import Intake
from chassis.intake.worker import Route
from chassis.month_partitions import MonthPartitions
from chassis.outbox.producer import LaneProducer
from chassis.outbox.publisher import PartitionPublisher, PrepareTopic, StandingPublisher
from chassis.probes import Probes
from chassis.service import Part, Process, Watch
from chassis.settings import ServiceSettings
from chassis.signing_keys import KeyRing
from contracts.topics import group_of

API_CONNECTIONS = 8
CONNECTIONS_BESIDE_WORKERS = 8
"""For publishers, claims, jobs, gauges and probes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestProcess:
    """The process of consumers and jobs, around the ingest role's pool; its HTTP shows probes and metrics only."""

    service: str
    settings: ServiceSettings
    pool: Pool

    @classmethod
    async def open(cls, service: str, settings: ServiceSettings) -> "IngestProcess":
        """Open the pool; handlers that need it can be made next."""
        pool = await _pool(
            settings.ingest_postgres_dsn,
            service,
            settings,
            settings.batch_workers + CONNECTIONS_BESIDE_WORKERS,
            f"{group_of(service)}-{settings.instance}",
        )
        return cls(service=service, settings=settings, pool=pool)

    def with_routes(
        self,
        routes: Sequence[Route],
        *,
        monthly_tables: Sequence[str],
        jobs: Sequence[Part] = (),
        prepare_topic: PrepareTopic | None = None,
    ) -> Process:
        """The whole process: intake, publishers, the service's own jobs, the watch over them."""
        settings, pool = self.settings, self.pool
        producer = LaneProducer(settings.kafka_bootstrap_servers, f"{group_of(self.service)}-{settings.instance}")
        publisher = PartitionPublisher(pool, producer)
        standing = StandingPublisher(pool, producer, schema=self.service, prepare_topic=prepare_topic)
        intake = Intake(
            settings=settings,
            group=group_of(self.service),
            schema=self.service,
            pool=pool,
            publisher=publisher,
            routes=routes,
            clock=system_clock,
        )
        months = MonthPartitions(
            pool=pool, clock=system_clock, tables=monthly_tables, months_ahead=settings.partitions_ahead
        )
        watch = Watch(settings=settings, intake=intake, pool=pool, clock=system_clock)
        ready = {"database": watch.database, "consumer": watch.consumer, "partitions": watch.partitions}
        return Process(
            settings=settings,
            application=Probes(live=watch.live, ready=ready).application(),
            intake=intake,
            parts=(publisher.run, standing.run, months.run, *jobs, watch.run),
            closing=(producer.close, pool.close),
        )


async def api_process(
    service: str, settings: ServiceSettings, application: Callable[[Pool, Guard, Probes], ASGIApp]
) -> Process:
    """The process of the API around its own pool; it never gets the ingest role's.

    Raises OpenDoor or UnsafeRole for what must not be served.
    """
    refuse_open_door(
        settings.http_host,
        operator_public_key=settings.operator_public_key,
        beyond_loopback=settings.api_beyond_loopback,
    )
    pool = await _pool(
        settings.api_postgres_dsn, service, settings, API_CONNECTIONS, f"{service}-api-{settings.instance}"
    )
    await refuse_unsafe_role(pool, service)
    keys = KeyRing(operator=operator_key(settings.operator_public_key))
    guard = Guard(audience=service, clock=system_clock, keys=keys)
    watch = Watch(settings=settings, intake=None, pool=pool, clock=system_clock)
    probes = Probes(live=watch.live, ready={"database": watch.database, "keys": keys.known})
    return Process(
        settings=settings,
        application=application(pool, guard, probes),
        parts=(partial(keys.follow, settings.kafka_bootstrap_servers),),
        closing=(pool.close,),
    )


async def _pool(dsn: str, service: str, settings: ServiceSettings, connections: int, name: str) -> Pool:
    return await open_pool(
        dsn,
        schema=service,
        application_name=name,
        max_size=connections,
        statement_timeout_s=settings.statement_timeout_s,
        lock_timeout_s=settings.lock_timeout_s,
    )
