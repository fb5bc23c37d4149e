"""Wires the service: the only place that knows settings, pools, handlers and doors at once."""

from dataclasses import replace
from functools import partial

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from chassis.assembly import IngestProcess, api_process
from chassis.clock import Clock, monotonic_s, system_clock, system_random
from chassis.database import Pool
from chassis.guard import Guard
from chassis.probes import Probes
from chassis.service import Process
from chassis.settings import Role
from services.portal.api.application import Parts, application
from services.portal.api.limits import BodyLimit
from services.portal.clients import Services, open_client
from services.portal.clients.platform_topics import PlatformTopics
from services.portal.consumers import SERVICE, routes
from services.portal.handlers.api_keys import ApiKeys
from services.portal.handlers.forwarding import Forwarding
from services.portal.handlers.front_door import FrontDoor
from services.portal.handlers.once import Once
from services.portal.handlers.own_password import OwnPassword
from services.portal.handlers.pace import Pace
from services.portal.handlers.passwords import Passwords
from services.portal.handlers.people import People
from services.portal.handlers.platform_events import PlatformEvents
from services.portal.handlers.sign_in import SignIn
from services.portal.handlers.signing_keys import KeyPlanner, KeySecret, Signer
from services.portal.jobs import forget_expired, plan_signing_keys
from services.portal.pages.api_keys import ApiKeyPages
from services.portal.pages.audit import AuditLogPage
from services.portal.pages.billing import billing_pages
from services.portal.pages.budget_changes import BudgetChangePages
from services.portal.pages.charges import ChargePages
from services.portal.pages.forms import too_large_page
from services.portal.pages.guarded import GuardedPages
from services.portal.pages.new_unit import NewUnitPages
from services.portal.pages.own_page import OwnPage
from services.portal.pages.price_a_call import PriceACallPage
from services.portal.pages.reference import reference_page
from services.portal.pages.signing_in import own_pages, sign_in_pages
from services.portal.pages.threshold import ThresholdPages
from services.portal.pages.unassigned import UnassignedPages
from services.portal.pages.unit_changes import UnitChangePages
from services.portal.pages.unit_page import UnitPage
from services.portal.pages.unit_table import UnitTablePage
from services.portal.settings import PortalSettings


async def ingest(settings: PortalSettings) -> Process:
    """The consumer of accounts; jobs: keys of statements, and forgetting."""
    process = await IngestProcess.open(SERVICE, settings)
    planner = KeyPlanner(pool=process.pool, secret=_secret(settings), clock=system_clock, random=system_random)
    return process.with_routes(
        routes(record_max_bytes=settings.record_max_bytes),
        monthly_tables=(),
        jobs=(partial(plan_signing_keys, planner), partial(forget_expired, process.pool, system_clock)),
    )


async def serve(settings: PortalSettings) -> Process:
    """The API."""
    passwords, client, secret = Passwords(), open_client(), _secret(settings)
    # Its producer is started with the first event: portal is ready without a broker.
    topics = PlatformTopics(settings.kafka_bootstrap_servers, f"{SERVICE}-api-{settings.instance}")
    events = PlatformEvents(topics, record_max_bytes=settings.record_max_bytes)

    def with_parts(pool: Pool, guard: Guard, probes: Probes) -> ASGIApp:
        signer = Signer(secret=secret, published=guard.keys.facts, clock=system_clock)
        services = Services(addresses=_addresses(settings), authorize=signer.authorization, client=client)
        pace = Pace(per_minute=settings.requests_per_minute, monotonic_s=monotonic_s)
        parts = parts_of(pool, guard, services, passwords, pace, events=events, secret=secret)
        return with_pages(parts, replace(probes, ready={**probes.ready, "signing": signer.ready}))

    process = await api_process(SERVICE, settings, with_parts)
    process.closing = (*process.closing, passwords.close, client.aclose, events.close)
    return process


def parts_of(
    pool: Pool,
    guard: Guard,
    services: Services,
    passwords: Passwords,
    pace: Pace,
    *,
    events: PlatformEvents,
    secret: KeySecret,
    clock: Clock = system_clock,
) -> Parts:
    """The application's parts around a pool."""
    sign_in = SignIn(pool=pool, passwords=passwords, clock=clock, random=system_random)
    api_keys = ApiKeys(pool=pool, clock=clock, random=system_random)
    door = FrontDoor(guard=guard, sign_in=sign_in, api_keys=api_keys, pace=pace, clock=clock, random=system_random)
    people = People(pool=pool, passwords=passwords, clock=clock, random=system_random)
    once = Once(pool=pool, clock=clock, secret=secret.request_key())
    return Parts(door=door, people=people, forwarding=Forwarding(services=services, once=once), events=events)


def with_pages(parts: Parts, probes: Probes) -> FastAPI:
    """The API and the pages as one application."""
    app, description = application(parts, probes)
    router = APIRouter()
    reference_page(router, parts.door, description)
    pages = GuardedPages(router=router, door=parts.door, services=parts.forwarding.services)
    sign_in_pages(router, parts.door)
    own_pages(pages, parts.people)
    people = parts.people
    OwnPage(pages, OwnPassword(pool=people.pool, passwords=people.passwords, clock=people.clock))
    billing_pages(pages)
    UnitTablePage(pages, parts.door.clock)
    NewUnitPages(pages)
    UnassignedPages(pages, parts.door.clock)
    ThresholdPages(pages)
    ChargePages(pages, parts.door.clock)
    UnitPage(pages, parts.door.clock)
    UnitChangePages(pages)
    AuditLogPage(pages, parts.people)
    PriceACallPage(pages, parts.door.clock)
    BudgetChangePages(pages)
    ApiKeyPages(pages, parts.door.api_keys)
    app.include_router(router)
    app.add_middleware(BodyLimit, page=too_large_page)
    app.mount("/static", StaticFiles(packages=[("services.portal", "static")]))
    return app


def _addresses(settings: PortalSettings) -> dict[str, str]:
    return {
        "usage_rating": f"http://{settings.usage_rating_address}",
        "billing_units": f"http://{settings.billing_units_address}",
        "reporting": f"http://{settings.reporting_address}",
    }


def _secret(settings: PortalSettings) -> KeySecret:
    return KeySecret(secret=settings.statement_secret.get_secret_value().encode())


async def run(role: Role, settings: PortalSettings) -> None:
    """Run the doors of a role until asked to stop."""
    process = await (ingest(settings) if role == "ingest" else serve(settings))
    await process.run()
