"""Portal for tests: on a real database, with a clock that they move, on a port where they need one."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from chassis.clock import monotonic_s, system_clock, system_random
from chassis.database import Pool, open_pool
from chassis.intake.batch import Batch
from chassis.migrate import api_role, ingest_role
from chassis.outbox.lanes import Outgoing
from chassis.probes import Probes
from contracts.events.charge import Charge
from contracts.events.directory import DirectoryEvent
from contracts.values.access import Caller
from services.billing_units.api.application import application as billing_units
from services.billing_units.handlers.commands import Commands
from services.portal.api.application import Parts
from services.portal.app import parts_of, with_pages
from services.portal.clients import Services, open_client
from services.portal.clients.platform_topics import PlatformTopics
from services.portal.consumers import SERVICE
from services.portal.domain.credentials import form_token
from services.portal.handlers.front_door import COOKIE, TOKEN_HEADER
from services.portal.handlers.pace import Pace
from services.portal.handlers.passwords import Passwords
from services.portal.handlers.platform_events import PlatformEvents
from services.portal.handlers.sign_in import NotSignedIn, SignedIn
from services.portal.handlers.signing_keys import KeySecret
from services.reporting.api import api as reporting
from services.reporting.handlers.charges import record_charges
from services.usage_rating.api.application import api as usage_rating
from services.usage_rating.handlers.plans import PlansHandler
from services.usage_rating.handlers.pricing import PlanCache
from services.usage_rating.handlers.reratings import ReratingsHandler
from tests.support.allocating import Allocating, api_pool, ingest_pool
from tests.support.callers import Signed, a_caller, a_guard, statement
from tests.support.schemas import as_role
from tests.support.unit_costs import an_event

HOST = "http://portal.example"
RECORD_MAX_BYTES = 262_144
PASSWORD = "correct horse battery"
SERVICES = ("usage_rating", "billing_units", "reporting")
NOBODY = "http://127.0.0.1:9"
"""Where no service answers; a test that needs one puts it there."""


async def well() -> str | None:
    return None


@dataclass(slots=True, kw_only=True)
class Front:
    """The application and its parts. later: how far the clock is ahead. kafka: nowhere unless given."""

    pool: Pool
    kafka: str = "127.0.0.1:1"
    addresses: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SERVICES, NOBODY))
    per_minute: int = 100_000
    later: timedelta = timedelta()
    parts: Parts = field(init=False)
    app: FastAPI = field(init=False)
    asking: httpx.AsyncClient = field(default_factory=open_client)

    def __post_init__(self) -> None:
        services = Services(addresses=self.addresses, authorize=self.authorize, client=self.asking)
        pace = Pace(per_minute=self.per_minute, monotonic_s=monotonic_s)
        self.parts = parts_of(
            self.pool,
            a_guard(SERVICE),
            services,
            Passwords(),
            pace,
            events=PlatformEvents(PlatformTopics(self.kafka, "test"), record_max_bytes=RECORD_MAX_BYTES),
            secret=KeySecret(secret=b"tests"),
            clock=self.clock,
        )
        self.app = with_pages(self.parts, Probes(live=well, ready={}))

    def authorize(self, caller: Caller, service: str) -> str:
        """Signed with the tests' key, which the services of tests believe."""
        return statement(caller, service)

    def clock(self) -> datetime:
        return system_clock() + self.later

    def client(self, **more: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url=HOST, **more)

    def operator(self, account: str = "acme") -> httpx.AsyncClient:
        return self.client(auth=Signed(caller=a_caller(account), audience=SERVICE))

    def by_key(self, api_key: str) -> httpx.AsyncClient:
        return self.client(headers={"Authorization": f"Bearer {api_key}"})

    def by_cookie(self, token: str, **headers: str) -> httpx.AsyncClient:
        """As a page of this host sends it, unless other headers are given."""
        ours = {"Cookie": f"{COOKIE}={token}", "Origin": HOST, TOKEN_HEADER: form_token(token)}
        return self.client(headers=ours | headers)

    async def person(
        self, name: str, *, account: str = "acme", role: str = "member", **more: Any
    ) -> dict[str, Any]:
        """A person made by the operator."""
        body = {"sign_in_name": name, "name": name, "password": PASSWORD, "role": role} | more
        async with self.operator(account) as client:
            made = await client.post("/api/v1/people", json=body)
        assert made.status_code == 201, made.text
        data: dict[str, Any] = made.json()["data"]
        return data

    async def sign_in(self, name: str, password: str = PASSWORD, account: str | None = None) -> str:
        """The session's cookie."""
        found = await self.try_sign_in(name, password, account)
        assert isinstance(found, SignedIn), found
        return found.token

    async def try_sign_in(
        self, name: str, password: str = PASSWORD, account: str | None = None, address: str = "192.0.2.1"
    ) -> SignedIn | NotSignedIn:
        return await self.parts.door.sign_in.sign_in(
            name, password, account_id=account, address=address, request_id="r"
        )


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[str]:
    """The application on a port of its own; its address."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    door = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def portal_on(dsn: str, kafka: str = "127.0.0.1:1") -> AsyncIterator[Front]:
    """Portal with nobody in it."""
    pool = await open_pool(as_role(dsn, api_role(SERVICE)), schema=SERVICE, application_name="test", max_size=8)
    front = Front(pool=pool, kafka=kafka)
    yield front
    await front.parts.events.close()
    await front.asking.aclose()
    await pool.close()


@asynccontextmanager
async def units_behind(front: Front, dsn: str, *directory: DirectoryEvent) -> AsyncIterator[Allocating]:
    """billing_units as it is, with an account in it, behind portal; its consumers are the test."""
    pool, writing = await api_pool(dsn, 8), await ingest_pool(dsn)
    allocating = Allocating(pool=writing)
    await allocating.adopt(*directory)
    commands = Commands(pool=pool, schema="billing_units", clock=system_clock, random=system_random)
    app = billing_units(commands, pool, a_guard("billing_units"), Probes(live=well, ready={}))
    async with listening(app) as address:
        front.addresses["billing_units"] = address
        yield allocating
    await pool.close()
    await writing.close()


@asynccontextmanager
async def costs_behind(front: Front, dsn: str, *charges: Charge) -> AsyncIterator[None]:
    """Reporting as it is behind portal, with these charges recorded."""
    reading = await _reporting_pool(dsn, api_role("reporting"))
    writing = await _reporting_pool(dsn, ingest_role("reporting"))
    async with writing.acquire() as connection, connection.transaction():
        events = [an_event(charge, offset) for offset, charge in enumerate(charges)]
        outgoing = Outgoing(lane="charges/0")
        await record_charges(
            Batch(connection=connection, events=events, outgoing=outgoing, recorded_at=system_clock())
        )
    await writing.close()
    guard, probes = a_guard("reporting"), Probes(live=well, ready={})
    async with listening(reporting(reading, guard, probes, clock=front.clock, random=system_random)) as address:
        front.addresses["reporting"] = address
        yield
    await reading.close()


async def _reporting_pool(dsn: str, role: str) -> Pool:
    return await open_pool(as_role(dsn, role), schema="reporting", application_name="test", max_size=8)


@asynccontextmanager
async def described_behind(front: Front) -> AsyncIterator[None]:
    """The other services behind portal, without a database: they say what they would answer."""
    guard, probes = a_guard("any"), Probes(live=well, ready={})
    nothing: Any = {"pool": None, "schema": "usage_rating", "clock": system_clock, "random": system_random}
    plans, reratings = PlansHandler(**nothing), ReratingsHandler(**nothing)
    async with (
        listening(usage_rating(plans, reratings, PlanCache(1), None, guard, probes)) as rating,
        listening(reporting(None, guard, probes, clock=system_clock, random=system_random)) as reports,
    ):
        front.addresses |= {"usage_rating": rating, "reporting": reports}
        yield
