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
from services.usage_rating.api.application import api
from services.usage_rating.consumers import SERVICE, routes
from services.usage_rating.handlers.calls import CALL_RECORDS
from services.usage_rating.handlers.messages import Tokens
from services.usage_rating.handlers.other_uses import USAGE_RECORDS
from services.usage_rating.handlers.plans import PlansHandler
from services.usage_rating.handlers.pricing import PlanCache
from services.usage_rating.handlers.rerating import RatingAnewHandler
from services.usage_rating.handlers.reratings import ReratingsHandler
from services.usage_rating.handlers.suspense import SuspenseHandler
from services.usage_rating.handlers.uses import UsesHandler
from services.usage_rating.jobs import RERATING_WORKERS, rerate, retry_suspense
from services.usage_rating.settings import UsageRatingSettings


async def ingest(settings: UsageRatingSettings) -> Process:
    """Consumers and jobs."""
    process = await IngestProcess.open(SERVICE, settings)
    tokens = Tokens(secret=settings.token_key.get_secret_value().encode(), key_id=settings.token_key_id)
    plans = PlanCache(settings.plan_cache)
    suspense = SuspenseHandler(pool=process.pool, schema=SERVICE, plans=plans, tokens=tokens, clock=system_clock)
    rating_anew = RatingAnewHandler(
        pool=process.pool, schema=SERVICE, plans=plans, tokens=tokens, clock=system_clock
    )
    calls = UsesHandler(records=CALL_RECORDS, plans=plans, tokens=tokens)
    others = UsesHandler(records=USAGE_RECORDS, plans=plans, tokens=tokens)
    return process.with_routes(
        routes(calls, others, record_max_bytes=settings.record_max_bytes),
        monthly_tables=("usage", "rated_usage"),
        jobs=(partial(retry_suspense, suspense), *[partial(rerate, rating_anew)] * RERATING_WORKERS),
    )


async def serve(settings: UsageRatingSettings) -> Process:
    """The API."""

    def application(pool: Pool, guard: Guard, probes: Probes) -> ASGIApp:
        plans = PlansHandler(pool=pool, schema=SERVICE, clock=system_clock, random=system_random)
        reratings = ReratingsHandler(pool=pool, schema=SERVICE, clock=system_clock, random=system_random)
        return api(plans, reratings, PlanCache(settings.plan_cache), pool, guard, probes)

    return await api_process(SERVICE, settings, application)


async def run(role: Role, settings: UsageRatingSettings) -> None:
    """Run the doors of a role until asked to stop."""
    process = await (ingest(settings) if role == "ingest" else serve(settings))
    await process.run()
