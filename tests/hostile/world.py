"""A world with two accounts filled alike: every service on one real database, behind portal, in this process."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import httpx

from chassis.clock import system_clock, system_random
from chassis.database import Pool, open_pool
from chassis.intake.batch import Batch
from chassis.migrate import api_role, ingest_role
from chassis.outbox.lanes import Outgoing
from chassis.probes import Probes
from contracts.topics import SERVICES
from services.billing_units.api.application import application as billing_units
from services.billing_units.handlers.commands import Commands
from services.reporting.api import api as reporting
from services.reporting.handlers.charges import record_charges
from services.reporting.handlers.facts import adopt_facts
from services.usage_rating.api.application import api as usage_rating
from services.usage_rating.handlers.plans import PlansHandler
from services.usage_rating.handlers.pricing import PlanCache
from services.usage_rating.handlers.reratings import ReratingsHandler
from tests.support import directory, unit_costs
from tests.support.allocating import RECORDED_AT, Allocating
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.callers import a_guard
from tests.support.front import Front, well
from tests.support.rating import Rating
from tests.support.rating_records import an_account_fact
from tests.support.schemas import as_role, migrated

OURS, THEIRS = "north-bank", "south-bank"
"""Who asks, and who is asked about."""

UNITS = ("Claims", "Sales", "Care")
CALLS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The running services, and the document that says what may be asked of them."""

    dsn: str
    front: Front
    document: dict[str, Any] = field(default_factory=dict)


async def every_service(dsn: str) -> None:
    """Prepares a database with the schemas of all services."""
    for service in SERVICES:
        await migrated(service)(dsn)


@asynccontextmanager
async def world_on(dsn: str, *, guarded: bool = True) -> AsyncIterator[World]:
    """Both accounts filled, the services ready. guarded: False lets the APIs read past row-level security."""
    async with AsyncExitStack() as stack:
        ingests = {service: await _pool(stack, dsn, service, ingest_role(service)) for service in SERVICES}
        rating_api = await _pool(stack, dsn, "usage_rating", api_role("usage_rating"))
        filling = await stack.enter_async_context(behind_portal(dsn))
        units, rated = (
            Allocating(pool=ingests["billing_units"]),
            Rating(ingest=ingests["usage_rating"], api=rating_api),
        )
        for mark, account in enumerate((OURS, THEIRS), start=1):
            await _fill_units(account, mark, units)
            await _fill_plans(account, mark, rated)
            await _fill_costs(account, mark, ingests["reporting"])
            await _fill_portal(account, filling)
        for account in (OURS, THEIRS):
            await rated.preview(account, reason=f"Deck of {account}")
        front = filling if guarded else await stack.enter_async_context(behind_portal(dsn, guarded=False))
        async with front.client() as client:
            document = (await client.get("/api/v1/openapi.json")).json()
        yield World(dsn=dsn, front=front, document=document)


@asynccontextmanager
async def behind_portal(dsn: str, *, guarded: bool = True) -> AsyncIterator[Front]:
    """Every service's API behind portal, all in this process, each with the role it has or as the administrator."""
    async with AsyncExitStack() as stack:
        roles = {service: api_role(service) if guarded else None for service in SERVICES}
        apis = {service: await _pool(stack, dsn, service, role) for service, role in roles.items()}
        yield await _front(apis, stack)


async def _pool(stack: AsyncExitStack, dsn: str, service: str, role: str | None) -> Pool:
    address = dsn if role is None else as_role(dsn, role)
    opened = await open_pool(address, schema=service, application_name="hostile", max_size=8)
    stack.push_async_callback(opened.close)
    return opened


async def _front(apis: dict[str, Pool], stack: AsyncExitStack) -> Front:
    probes = Probes(live=well, ready={})
    now = {"clock": system_clock, "random": system_random}
    commands = Commands(pool=apis["billing_units"], schema="billing_units", **now)
    plans = PlansHandler(pool=apis["usage_rating"], schema="usage_rating", **now)
    reratings = ReratingsHandler(pool=apis["usage_rating"], schema="usage_rating", **now)
    applications = {
        "billing_units": billing_units(commands, apis["billing_units"], a_guard("billing_units"), probes),
        "usage_rating": usage_rating(
            plans, reratings, PlanCache(4), apis["usage_rating"], a_guard("usage_rating"), probes
        ),
        "reporting": reporting(apis["reporting"], a_guard("reporting"), probes, **now),
    }
    hosts = {service: service.replace("_", "-") for service in applications}
    # A service that breaks answers 500 here as it does behind a port.
    doors = {
        f"all://{hosts[service]}": httpx.ASGITransport(app=app, raise_app_exceptions=False)
        for service, app in applications.items()
    }
    asking = httpx.AsyncClient(mounts=doors, timeout=60)
    stack.push_async_callback(asking.aclose)
    addresses = {service: f"http://{host}" for service, host in hosts.items()}
    return Front(pool=apis["portal"], addresses=addresses, per_minute=10**9, asking=asking)


async def _fill_units(account: str, mark: int, allocating: Allocating) -> None:
    numbers = [f"+44207946{mark}{place}00" for place in range(4)]
    users = [f"{account}-agent-{place}" for place in range(3)]
    named = {name: f"{name} of {account}" for name in UNITS}
    people = [
        replace(directory.a_user(user, account=account), name=f"Person {user}", email=f"{user}@{account}.example")
        for user in users
    ]
    team = replace(directory.a_team(f"{account}-team", account=account), name=f"Team of {account}")
    await allocating.adopt(
        directory.an_account(account, name=f"House of {account}"),
        *(directory.a_unit(name, account=account, name=full) for name, full in named.items()),
        *(directory.a_number(number, account=account) for number in numbers),
        *people,
        team,
        directory.a_membership(team.team_id, users[2], account=account),
        directory.an_assignment(numbers[0], "Claims", account=account),
        directory.an_assignment(users[1], "Sales", kind="user", account=account),
        directory.an_assignment(team.team_id, "Care", kind="team", account=account),
    )
    calls = [
        directory.a_rated_call(
            f"{account}-call-{place}",
            account=account,
            amount=f"{mark}{place}.{mark}{place}4711",
            answered=f"2026-06-0{mark}T08:{10 + place}:0{mark}Z",
            own_number=numbers[place % 2],
            user=users[place % 3],
        )
        for place in range(CALLS)
    ]
    await allocating.rate(*calls)
    moved = directory.an_assignment(numbers[1], "Sales", account=account, since="2026-06-01T00:00:00Z")
    await allocating.adopt(moved)
    await allocating.work_off()


async def _fill_plans(account: str, mark: int, rated: Rating) -> None:
    await rated.know(an_account_fact(account))
    await rated.use(
        replace(a_plan(a_rate("49"), effective="2026-01-01"), plan_id=f"{account}-plan", name=f"Plan {account}"),
        account,
    )
    known, unknown = "+49301234567", f"+3314123450{mark}"
    calls = [
        a_call(call_id=f"{account}-leg-{place}", account_id=account, to=to, seconds=61 + mark)
        for place, to in enumerate((unknown, known, known))
    ]
    await rated.rate(*calls)
    dearer = a_plan(a_rate("49", a_price(f"0.06{mark}7")), effective="2026-01-01")
    await rated.use(replace(dearer, plan_id=f"{account}-plan", name=f"Plan {account}"), account)


async def _fill_costs(account: str, mark: int, ingest: Pool) -> None:
    facts = [
        unit_costs.an_account_fact(account),
        *(unit_costs.a_unit_fact(name, account) for name in UNITS),
    ]
    charges = [
        unit_costs.a_charge(place, f"{mark}{place}.{place}{mark}0815", account=account, unit=unit)
        for place, unit in enumerate((*UNITS, *UNITS, None))
    ]
    async with ingest.acquire() as connection:
        for handler, said in ((adopt_facts, facts), (record_charges, charges)):
            async with connection.transaction():
                events: Sequence[Any] = [unit_costs.an_event(each, place) for place, each in enumerate(said)]
                lane = Outgoing(lane=f"{handler.__name__}/{mark}")
                await handler(Batch(connection=connection, events=events, outgoing=lane, recorded_at=RECORDED_AT))


async def _fill_portal(account: str, front: Front) -> None:
    """A person and a key that nobody asks as come first: requests may change what they may do."""
    units = [directory.unit_id("Claims", account)]
    await front.person(f"{account}-spare", account=account, units=units)
    async with front.operator(account) as client:
        key = {"name": f"{account}-spare-key", "access_groups": ["edit_billing"], "units": units}
        assert (await client.post("/api/v1/api-keys", json=key)).status_code == 201
        once = {"Idempotency-Key": f"{account}-once"}
        asked = {"period": unit_costs.OCTOBER.isoformat()}
        made = await client.post("/api/v1/unit-reports", json=asked, headers=once)
        assert made.status_code == 201, made.text
    assert Decimal(made.json()["data"]["total_amount"]) > 0
