"""The application: rate plans, uses with their prices, suspense, re-ratings."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, FastAPI, Query
from fastapi.responses import Response
from pydantic import BaseModel

from chassis.answers import Many, One
from chassis.audit.web import audit_log
from chassis.database import Pool, account_transaction
from chassis.guard import Guard
from chassis.probes import Probes
from chassis.web import Account, Problem, json_answer, service_api
from contracts.events.fields import Instant, Uuid
from contracts.events.rated_usage import RatedUsage
from services.usage_rating import store
from services.usage_rating.api.asking import asking
from services.usage_rating.api.plan_versions import plan_version_routes
from services.usage_rating.api.plans import plan_routes
from services.usage_rating.api.reratings import rerating_commands, rerating_lists_of
from services.usage_rating.domain.access import POLICIES
from services.usage_rating.handlers.plans import PlansHandler
from services.usage_rating.handlers.pricing import PlanCache
from services.usage_rating.handlers.reratings import ReratingsHandler

AUDIT = "/api/v1/audit/usage-rating"
Limit = Annotated[int, Query(ge=1, le=500)]


class SuspenseShown(BaseModel):
    """A use that waits for its price, and why."""

    usage_id: Uuid
    revision: int
    reason: str
    recorded_at: Instant


def api(
    plans: PlansHandler,
    reratings: ReratingsHandler,
    quoted_by: PlanCache,
    pool: Pool,
    guard: Guard,
    probes: Probes,
) -> FastAPI:
    """The application of this service."""
    routers = (
        plan_routes(plans, pool),
        plan_version_routes(pool, plans.clock),
        _usage(pool),
        rerating_commands(reratings),
        rerating_lists_of(pool),
        asking(pool, quoted_by),
        audit_log(pool, AUDIT),
    )
    return service_api("usage_rating", guard, POLICIES, probes, *routers)


def _usage(pool: Pool) -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.get("/suspense", response_model=Many[SuspenseShown])
    async def list_suspense(account: Account, limit: Limit = 100) -> Response:
        async with account_transaction(pool, account) as connection:
            rows = await connection.fetch(store.QUERIES["list_suspense"], limit)
        data = [{**row, "usage_id": str(row["usage_id"])} for row in rows]
        return json_answer({"data": data, "next_cursor": None})

    @router.get("/rated-usage/{usage_id}", response_model=Many[RatedUsage])
    async def explain(account: Account, usage_id: UUID) -> Response:
        async with account_transaction(pool, account) as connection:
            rows = await connection.fetch(store.QUERIES["list_ratings"], account, usage_id)
        data = [orjson.Fragment(row["published"]) for row in rows]
        return json_answer({"data": data, "next_cursor": None})

    @router.get("/usage/{usage_id}", response_model=One[dict[str, Any]])
    async def get_call(account: Account, usage_id: UUID) -> Response:
        async with account_transaction(pool, account) as connection:
            call = await connection.fetchval(store.QUERIES["find_call"], account, usage_id)
        if call is None:
            raise Problem(404, "not_found", "This account has no such use.")
        return json_answer({"data": orjson.Fragment(call)})

    return router
