"""Every operation that a service answers declares who may use it, and nothing else is open."""

import asyncio

import pytest
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.routing import Route

from chassis.clock import monotonic_s, system_clock, system_random
from chassis.guard import Guard
from chassis.probes import Probes
from cli.access_table import policies_of
from contracts.topics import SERVICES
from services.billing_units.api.application import application
from services.billing_units.handlers.commands import Commands
from services.portal.api.application import Parts
from services.portal.api.application import application as portal
from services.portal.app import parts_of
from services.portal.clients import Services, open_client
from services.portal.clients.platform_topics import PlatformTopics
from services.portal.handlers.pace import Pace
from services.portal.handlers.passwords import Passwords
from services.portal.handlers.platform_events import PlatformEvents
from services.portal.handlers.signing_keys import KeySecret
from services.reporting.api import api as reporting_api
from services.usage_rating.api.application import api as usage_rating_api
from services.usage_rating.handlers.plans import PlansHandler
from services.usage_rating.handlers.pricing import PlanCache
from services.usage_rating.handlers.reratings import ReratingsHandler
from tests.support.callers import a_guard

OPEN = {"/livez", "/readyz", "/metrics"}
"""What answers without a statement, and shows no account's figures; the description of the API aside."""


async def well() -> str | None:
    return None


def application_of(service: str) -> Starlette:
    """The service's own application; nothing is asked of it here, so it needs no database."""
    probes, guard = Probes(live=well, ready={}), a_guard(service)
    match service:
        case "usage_rating":
            plans = PlansHandler(pool=None, schema=service, clock=system_clock, random=system_random)
            reratings = ReratingsHandler(pool=None, schema=service, clock=system_clock, random=system_random)
            return usage_rating_api(plans, reratings, PlanCache(1), None, guard, probes)
        case "billing_units":
            commands = Commands(pool=None, schema=service, clock=system_clock, random=system_random)
            return application(commands, None, guard, probes)
        case "reporting":
            return reporting_api(None, guard, probes, clock=system_clock, random=system_random)
        case "portal":
            return portal(a_portal(guard), probes)[0]
    raise AssertionError(f"{service} has no application here: add it, so that its operations are checked")


def a_portal(guard: Guard) -> Parts:
    nowhere = Services(addresses={}, authorize=lambda caller, service: "", client=open_client())
    pace = Pace(per_minute=60, monotonic_s=monotonic_s)
    events = PlatformEvents(PlatformTopics("127.0.0.1:1", "test"), record_max_bytes=1024)
    return parts_of(None, guard, nowhere, Passwords(), pace, events=events, secret=KeySecret(secret=b"tests"))


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_declares_its_policy_and_nothing_else_is_open(service: str) -> None:
    app = application_of(service)
    guarded = set(policies_of(service))
    found = {f"{method} {path}" for path, methods in paths_of(app).items() for method in methods}
    assert found == guarded
    plain = {route.path for route in app.routes if isinstance(route, Route) and not isinstance(route, APIRoute)}
    assert {path for path in plain if not path.endswith("/openapi.json")} == OPEN


def paths_of(app: Starlette) -> dict[str, set[str]]:
    """Paths and methods as the application describes itself."""
    described = app.openapi()["paths"]  # type: ignore[attr-defined]
    return {path: {method.upper() for method in methods} for path, methods in described.items()}


@pytest.mark.parametrize("service", SERVICES)
def test_no_operation_answers_without_a_statement(service: str) -> None:
    """Whatever is declared, the door itself asks first."""
    import httpx

    async def ask() -> dict[str, int]:
        transport = httpx.ASGITransport(app=application_of(service))
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return {
                operation: (await client.request(*operation.split(" "))).status_code
                for operation in policies_of(service)
            }

    assert set(asyncio.run(ask()).values()) == {401}
