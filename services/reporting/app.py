"""Wires the service: the only place that knows settings, pools, handlers and doors at once."""

from functools import partial

from starlette.types import ASGIApp

from chassis.assembly import IngestProcess, api_process
from chassis.clock import system_clock, system_random
from chassis.database import Pool
from chassis.guard import Guard
from chassis.probes import Probes
from chassis.service import Process
from chassis.settings import Role
from services.reporting.api import api
from services.reporting.consumers import SERVICE, routes
from services.reporting.handlers.topics import UnitTopics
from services.reporting.jobs import create_unit_topics
from services.reporting.settings import ReportingSettings


async def ingest(settings: ReportingSettings) -> Process:
    """Consumers and jobs."""
    process = await IngestProcess.open(SERVICE, settings)
    topics = UnitTopics(
        pool=process.pool,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        replication_factor=settings.topic_replication_factor,
    )
    return process.with_routes(
        routes(record_max_bytes=settings.record_max_bytes),
        monthly_tables=("charge_fact",),
        jobs=(partial(create_unit_topics, topics),),
        prepare_topic=topics.prepare,
    )


async def serve(settings: ReportingSettings) -> Process:
    """The API."""

    def application(pool: Pool, guard: Guard, probes: Probes) -> ASGIApp:
        return api(pool, guard, probes, clock=system_clock, random=system_random)

    return await api_process(SERVICE, settings, application)


async def run(role: Role, settings: ReportingSettings) -> None:
    """Run the doors of a role until asked to stop."""
    process = await (ingest(settings) if role == "ingest" else serve(settings))
    await process.run()
