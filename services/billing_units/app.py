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
from services.billing_units.api.application import application
from services.billing_units.consumers import SERVICE, routes
from services.billing_units.handlers.commands import Commands
from services.billing_units.handlers.directory_cache import DirectoryCache
from services.billing_units.handlers.following import FollowingHandler
from services.billing_units.handlers.reattribution import ReattributionHandler
from services.billing_units.handlers.spending import SpendingHandler
from services.billing_units.handlers.usage import UsageHandler
from services.billing_units.jobs import add_up_spend, announce_alerts, follow_calls, reattribute
from services.billing_units.settings import BillingUnitsSettings


async def ingest(settings: BillingUnitsSettings) -> Process:
    """Consumers and jobs."""
    process = await IngestProcess.open(SERVICE, settings)
    usage = UsageHandler(directory=DirectoryCache(max_answers=settings.directory_cache))
    moving = ReattributionHandler(pool=process.pool, schema=SERVICE, clock=system_clock, directory=usage.directory)
    following = FollowingHandler(pool=process.pool, clock=system_clock)
    spending = SpendingHandler(pool=process.pool, clock=system_clock)
    return process.with_routes(
        routes(usage, record_max_bytes=settings.record_max_bytes),
        monthly_tables=("charge",),
        jobs=(
            partial(reattribute, moving),
            partial(follow_calls, following),
            partial(add_up_spend, spending),
            partial(announce_alerts, spending),
        ),
    )


async def serve(settings: BillingUnitsSettings) -> Process:
    """The API."""

    def with_commands(pool: Pool, guard: Guard, probes: Probes) -> ASGIApp:
        commands = Commands(pool=pool, schema=SERVICE, clock=system_clock, random=system_random)
        return application(commands, pool, guard, probes)

    return await api_process(SERVICE, settings, with_commands)


async def run(role: Role, settings: BillingUnitsSettings) -> None:
    """Run the doors of a role until asked to stop."""
    process = await (ingest(settings) if role == "ingest" else serve(settings))
    await process.run()
