"""Wires the service: the only place that knows settings, pools, handlers and doors at once."""

from chassis.clock import system_clock, system_random
from chassis.database import open_pool, refuse_unsafe_role
from chassis.intake.consumer import Intake
from chassis.month_partitions import MonthPartitions
from chassis.outbox.producer import LaneProducer
from chassis.outbox.publisher import PartitionPublisher, StandingPublisher
from chassis.probes import Probes
from chassis.service import Process, Watch
from chassis.settings import Role
from chassis.web import refuse_open_door
from contracts.topics import group_of
from services.billing_units.api.application import application
from services.billing_units.consumers import SERVICE, routes
from services.billing_units.handlers.commands import Commands
from services.billing_units.handlers.directory_cache import DirectoryCache
from services.billing_units.handlers.usage import UsageHandler
from services.billing_units.settings import BillingUnitsSettings


async def ingest(settings: BillingUnitsSettings) -> Process:
    """Consumers and jobs; its HTTP shows probes and metrics only."""
    name = f"{group_of(SERVICE)}-{settings.instance}"
    pool = await open_pool(
        settings.ingest_postgres_dsn,
        schema=SERVICE,
        application_name=name,
        max_size=settings.batch_workers + 6,
        statement_timeout_s=settings.statement_timeout_s,
        lock_timeout_s=settings.lock_timeout_s,
    )
    producer = LaneProducer(settings.kafka_bootstrap_servers, name)
    publisher = PartitionPublisher(pool, producer)
    standing = StandingPublisher(pool, producer, schema=SERVICE)
    usage = UsageHandler(directory=DirectoryCache(max_answers=settings.directory_cache))
    intake = Intake(
        settings=settings,
        group=group_of(SERVICE),
        schema=SERVICE,
        pool=pool,
        publisher=publisher,
        routes=routes(usage, record_max_bytes=settings.record_max_bytes),
        clock=system_clock,
    )
    months = MonthPartitions(
        pool=pool, clock=system_clock, tables=("charge",), months_ahead=settings.partitions_ahead
    )
    watch = Watch(settings=settings, intake=intake, pool=pool, clock=system_clock)
    probes = Probes(
        live=watch.live,
        ready={"database": watch.database, "consumer": watch.consumer, "partitions": watch.partitions},
    )
    return Process(
        settings=settings,
        application=probes.application(),
        intake=intake,
        parts=(publisher.run, standing.run, months.run, watch.run),
        closing=(producer.close, pool.close),
    )


async def serve(settings: BillingUnitsSettings) -> Process:
    """The API; it never gets the ingest role's pool."""
    refuse_open_door(settings.http_host, beyond_loopback=settings.api_beyond_loopback)
    pool = await open_pool(
        settings.api_postgres_dsn,
        schema=SERVICE,
        application_name=f"{SERVICE}-api-{settings.instance}",
        max_size=8,
        statement_timeout_s=settings.statement_timeout_s,
        lock_timeout_s=settings.lock_timeout_s,
    )
    await refuse_unsafe_role(pool, SERVICE)
    commands = Commands(pool=pool, schema=SERVICE, clock=system_clock, random=system_random)
    watch = Watch(settings=settings, intake=None, pool=pool, clock=system_clock)
    probes = Probes(live=watch.live, ready={"database": watch.database})
    return Process(
        settings=settings,
        application=application(commands, pool, settings.api_key.get_secret_value(), probes),
        closing=(pool.close,),
    )


async def run(role: Role, settings: BillingUnitsSettings) -> None:
    """Run the doors of a role until asked to stop."""
    if role == "ingest":
        await (await ingest(settings)).run()
    else:
        await (await serve(settings)).run()
