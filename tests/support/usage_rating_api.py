"""usage_rating's API in this process: who asks, and what a refusal looks like."""

from typing import Any

import httpx
from fastapi import FastAPI

from chassis.clock import system_random
from chassis.probes import Probes
from services.usage_rating.api.application import api
from services.usage_rating.consumers import SERVICE
from services.usage_rating.handlers.plans import PlansHandler
from tests.support.callers import a_caller, a_guard, statement
from tests.support.rating import Rating


async def well() -> str | None:
    return None


def api_on(rating: Rating) -> FastAPI:
    """The application on the service's API role."""
    plans = PlansHandler(pool=rating.api, schema=SERVICE, clock=rating.clock, random=system_random)
    return api(plans, rating.reratings(), rating.api, a_guard(SERVICE), Probes(live=well, ready={}))


def of(account: str) -> dict[str, str]:
    """Headers by which an operator asks for an account."""
    return {"Authorization": statement(a_caller(account), SERVICE)}


def problem_in(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem, after looking at its form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"].endswith(code) and body["title"] and body["detail"]
    return body
