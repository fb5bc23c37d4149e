"""usage_rating's API asked in this process: plans sent, and the form of its problems."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from chassis.clock import system_random
from chassis.probes import Probes
from contracts.events.envelope import to_json
from services.usage_rating.api.application import api
from services.usage_rating.consumers import SERVICE
from services.usage_rating.domain.document import to_document
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.handlers.plans import PlansHandler
from tests.support.callers import a_caller, a_guard, statement
from tests.support.rating import Rating

DECK = """\
prefix,destination,rate_per_minute,connection_fee,initial_increment,increment
49,Germany,0.06,0,1,1
4930,Berlin,0.05,0,1,1
"""
TERMS = {"plan_id": "deck", "currency": "EUR", "effective_from": "2026-01-01T00:00:00Z"}


async def well() -> str | None:
    return None


def api_on(rating: Rating) -> FastAPI:
    """The application on the service's API role."""
    plans = PlansHandler(pool=rating.api, schema=SERVICE, clock=rating.clock, random=system_random)
    return api(plans, rating.reratings(), rating.plans, rating.api, a_guard(SERVICE), Probes(live=well, ready={}))


@asynccontextmanager
async def asking(rating: Rating) -> AsyncIterator[httpx.AsyncClient]:
    """A client that proves nothing by itself; `of` says whom it asks for."""
    transport = httpx.ASGITransport(app=api_on(rating))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def of(account: str) -> dict[str, str]:
    """What an operator sends who asks for an account."""
    return {"Authorization": statement(a_caller(account), SERVICE)}


async def send_deck(
    http: httpx.AsyncClient, deck: str = DECK, account: str = "acme", **terms: str | list[str]
) -> httpx.Response:
    """A deck in the neutral layout under TERMS and others."""
    headers = {**of(account), "Content-Type": "text/csv"}
    return await http.post("/api/v1/plans", params={**TERMS, **terms}, content=deck.encode(), headers=headers)


async def send_document(http: httpx.AsyncClient, plan: RatePlan, account: str = "acme") -> httpx.Response:
    """A plan as its document."""
    return await http.post("/api/v1/plans", content=to_json(to_document(plan)), headers=of(account))


def problem_in(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem, after looking at its form."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"].endswith(code) and body["title"] and body["detail"]
    return body
