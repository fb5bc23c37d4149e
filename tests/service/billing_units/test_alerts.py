"""Each stage of a budget is announced once, Unassigned when its share passes; whoever decides, wherever killed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import orjson
import pytest
from jsonschema import Draft202012Validator

from chassis.database import Pool
from contracts.events.alert import BUDGET_STAGE_REACHED, UNASSIGNED_SHARE_PASSED
from contracts.generate.schemas import event_schema
from contracts.topics import ALERTS
from services.billing_units.handlers.spending import SpendingHandler
from tests.support.allocating import RECORDED_AT, Allocating
from tests.support.billing_units_api import client_of
from tests.support.cutting import cut_at
from tests.support.directory import ACCOUNT, a_rated_call, a_working_account, an_assignment, unit_id

CLAIMS, SALES = unit_id("Claims"), unit_id("Sales")
BUDGET = f"/api/v1/billing-units/{CLAIMS}/budget"
THRESHOLD = f"/api/v1/accounts/{ACCOUNT}/unassigned-alert"
STAGE, SHARE = BUDGET_STAGE_REACHED.name, UNASSIGNED_SHARE_PASSED.name
EVERYBODY = {"If-Match": "*"}
JUNE = "2026-06-01"


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    await allocating.adopt(*a_working_account())
    async with client_of(app, ACCOUNT) as client:
        yield client


async def budget(client: httpx.AsyncClient, amount: str, **more: Any) -> None:
    body = {"amount": amount, "from_period": JUNE} | more
    answer = await client.put(BUDGET, json=body, headers=EVERYBODY)
    assert answer.status_code == 200, answer.text


async def spend(allocating: Allocating, *amounts: str, **more: Any) -> None:
    """Calls of Claims on 2 June, added up and announced."""
    number = await allocating.pool.fetchval("SELECT count(*) FROM charge")
    calls = [a_rated_call(f"call-{number + n}", amount=amount, **more) for n, amount in enumerate(amounts)]
    await allocating.rate(*calls)
    await allocating.add_up()


async def stages(allocating: Allocating) -> list[tuple[int, str, str]]:
    """Stage, amount of the budget, and what was spent, in order of announcing."""
    return [
        (alert["stage_percent"], alert["budget_amount"], alert["spent"])
        for alert in await allocating.alerts()
        if alert["said"] == STAGE
    ]


async def test_each_stage_is_announced_once_as_it_is_reached(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    await budget(client, "10.00")
    await spend(allocating, "4.999999")
    assert await stages(allocating) == []
    await spend(allocating, "0.000001")
    await spend(allocating, "0.50")
    await spend(allocating, "5.00")
    assert await stages(allocating) == [
        (50, "10.000000", "5.000000"), (80, "10.000000", "10.500000"), (100, "10.000000", "10.500000"),
    ]  # fmt: skip
    [first, *_] = await allocating.alerts()
    assert (first["account_id"], first["unit_id"], first["booked_period"]) == (ACCOUNT, CLAIMS, JUNE)
    assert (first["budget_version"], first["currency"]) == (1, "EUR")
    lanes = await allocating.pool.fetch("SELECT DISTINCT lane FROM outbox WHERE topic = $1", ALERTS.name)
    assert [row["lane"] for row in lanes] == ["alerts"]


async def test_what_is_announced_is_valid(client: httpx.AsyncClient, allocating: Allocating) -> None:
    await budget(client, "1.00")
    await spend(allocating, "2.00")
    await spend(allocating, "2.00", own_number=None)
    schemas = {
        kind.name: Draft202012Validator(event_schema(kind))
        for kind in (BUDGET_STAGE_REACHED, UNASSIGNED_SHARE_PASSED)
    }
    events = await allocating.published(ALERTS.name)
    assert {event["type"] for event in events} == set(schemas)
    assert len({event["id"] for event in events}) == len(events) == 4
    for event in events:
        assert list(schemas[event["type"]].iter_errors(orjson.loads(orjson.dumps(event)))) == []


async def test_a_budget_set_late_announces_what_is_reached_already(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    await spend(allocating, "8.00")
    await budget(client, "10.00", stages=[80])
    assert await stages(allocating) == []
    await allocating.add_up()
    assert await stages(allocating) == [(80, "10.000000", "8.000000")]
    await budget(client, "10.00", stages=[50, 80])
    await allocating.add_up()
    await budget(client, "16.00", stages=[50])
    await allocating.add_up()
    await budget(client, "10.00", stages=[80])
    await allocating.add_up()
    assert [(percent, amount) for percent, amount, _ in await stages(allocating)] == [
        (80, "10.000000"), (50, "10.000000"), (50, "16.000000"),
    ], "another amount begins anew, one that was there before does not"  # fmt: skip


async def test_what_is_moved_away_and_comes_back_is_not_announced_again(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    await budget(client, "10.00", stages=[80])
    await spend(allocating, "9.00")
    moves = [
        [an_assignment(version=2, until="2026-06-01T00:00:00Z")],
        [an_assignment(version=3)],
    ]
    for move in moves:
        await allocating.adopt(*move)
        await allocating.work_off()
        await allocating.add_up()
    assert len(await stages(allocating)) == 1
    answer = (await client.get(BUDGET, params={"period": JUNE})).json()["data"]
    assert (answer["spent"], answer["stages"][0]["reached_at"]) == ("9.000000", "2026-07-01T12:00:00Z")


async def test_what_lies_further_back_is_history(client: httpx.AsyncClient, allocating: Allocating) -> None:
    await budget(client, "1.00", from_period="2026-01-01")
    await allocating.rate(a_rated_call(amount="5.00"), a_rated_call("nobody", own_number=None))
    await allocating.add_up(RECORDED_AT + timedelta(days=31))
    assert await allocating.alerts() == []
    assert await allocating.pool.fetchval("SELECT count(*) FROM alert_due") == 0


async def test_a_share_is_announced_when_it_passes_and_again_after_it_was_below(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    answer = await client.put(
        THRESHOLD, json={"threshold_percent": "10", "minimum_amount": "1.00"}, headers={"If-Match": '"0"'}
    )
    assert answer.status_code == 200, answer.text
    await spend(allocating, "0.90", own_number=None)
    assert await allocating.alerts() == [], "less than the minimum"
    await spend(allocating, "0.10", own_number=None)
    await spend(allocating, "0.10", own_number=None)
    [first] = await allocating.alerts()
    assert (first["said"], first["share_percent"], first["threshold_percent"]) == (SHARE, "100.00", "10.00")
    await spend(allocating, "19.00")
    await spend(allocating, "1.20", own_number=None)
    alerts = await allocating.alerts()
    assert [(alert["times"], alert["unassigned_amount"], alert["total_amount"]) for alert in alerts] == [
        (1, "1.000000", "1.000000"), (2, "2.300000", "21.300000"),
    ]  # fmt: skip
    standing = (await client.get(THRESHOLD, params={"period": JUNE})).json()["data"]
    assert (standing["passed"], standing["share_percent"], standing["announced_at"]) == (
        True, "10.80", "2026-07-01T12:00:00Z",
    )  # fmt: skip


async def test_another_threshold_is_decided_by_at_once(client: httpx.AsyncClient, allocating: Allocating) -> None:
    await spend(allocating, "96.00")
    await spend(allocating, "4.00", own_number=None)
    assert await allocating.alerts() == [], "5 % is the threshold of who said none"
    answer = await client.put(THRESHOLD, json={"threshold_percent": "3.99"}, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    await allocating.add_up()
    assert [alert["share_percent"] for alert in await allocating.alerts()] == ["4.00"]


async def test_a_job_killed_before_its_messages_are_written_announces_once(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    await budget(client, "10.00")
    await spend(allocating, "5.00")
    await allocating.rate(a_rated_call("more", amount="3.00"))
    job = SpendingHandler(pool=allocating.pool, clock=lambda: RECORDED_AT)
    await job.add_up()
    lane = "SELECT 1 FROM outbox_lane WHERE lane = 'alerts' FOR UPDATE"
    await cut_at(allocating.pool, lane, job.announce())
    assert [stage[0] for stage in await stages(allocating)] == [50]
    assert await allocating.pool.fetchval("SELECT count(*) FROM alert_due") == 1
    for _ in range(2):
        await job.announce()
    assert [stage[0] for stage in await stages(allocating)] == [50, 80]


async def test_many_jobs_at_once_announce_each_thing_once(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    await budget(client, "10.00", stages=[10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
    answer = await client.put(THRESHOLD, json={"threshold_percent": "20"}, headers={"If-Match": "*"})
    assert answer.status_code == 200
    jobs = [SpendingHandler(pool=allocating.pool, clock=lambda: RECORDED_AT, marks_per_run=2) for _ in range(4)]
    for number in range(100):
        own_number = None if number % 3 == 0 else a_rated_call().own_number
        await allocating.rate(a_rated_call(f"call-{number}", amount="0.20", own_number=own_number))
        await asyncio.gather(*(run for job in jobs for run in (job.add_up(), job.announce())))
    await allocating.add_up()
    found = Counter(stage[0] for stage in await stages(allocating))
    assert found == Counter(range(10, 101, 10))
    times = [alert["times"] for alert in await allocating.alerts() if alert["said"] == SHARE]
    assert times == list(range(1, len(times) + 1)) and times
    await _no_mark_is_left(allocating.pool)


async def _no_mark_is_left(pool: Pool) -> None:
    assert await pool.fetchval("SELECT count(*) FROM alert_due") == 0
    assert await pool.fetchval("SELECT sum(amount) FROM unit_spend") == Decimal("20.00")
