"""Wires the service: the only place that knows settings, pools, handlers and doors at once."""

from functools import partial

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
from services.reporting.api import api
from services.reporting.consumers import SERVICE, routes
from services.reporting.handlers.topics import UnitTopics
from services.reporting.jobs import create_unit_topics
from services.reporting.settings import ReportingSettings


async def ingest(settings: ReportingSettings) -> Process:
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
    topics = UnitTopics(
        pool=pool,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        replication_factor=settings.topic_replication_factor,
    )
    standing = StandingPublisher(pool, producer, schema=SERVICE, prepare_topic=topics.prepare)
    intake = Intake(
        settings=settings,
        group=group_of(SERVICE),
        schema=SERVICE,
        pool=pool,
        publisher=publisher,
        routes=routes(record_max_bytes=settings.record_max_bytes),
        clock=system_clock,
    )
    months = MonthPartitions(
        pool=pool, clock=system_clock, tables=("charge_fact",), months_ahead=settings.partitions_ahead
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
        parts=(publisher.run, standing.run, partial(create_unit_topics, topics), months.run, watch.run),
        closing=(producer.close, pool.close),
    )


async def serve(settings: ReportingSettings) -> Process:
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
    watch = Watch(settings=settings, intake=None, pool=pool, clock=system_clock)
    probes = Probes(live=watch.live, ready={"database": watch.database})
    application = api(pool, settings.api_key.get_secret_value(), probes, clock=system_clock, random=system_random)
    return Process(settings=settings, application=application, closing=(pool.close,))


async def run(role: Role, settings: ReportingSettings) -> None:
    """Run the doors of a role until asked to stop."""
    if role == "ingest":
        await (await ingest(settings)).run()
    else:
        await (await serve(settings)).run()
