"""Races seen from the public API: one number for two hundred, and a move at the very instant of an answer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from tests.conftest import FreshDatabase
from tests.service.portal.test_api_keys import issue
from tests.support.allocating import Allocating
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    a_number,
    a_rated_call,
    a_working_account,
    at,
    unit_id,
)
from tests.support.front import Front, units_behind
from tests.support.schemas import migrated

MOVED_AT = at("2026-06-15T09:30:00.123456Z")
CALLERS = 4


@pytest.fixture
async def behind(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[Allocating]:
    """billing_units behind portal."""
    dsn = await fresh_database(migrated("billing_units"))
    async with units_behind(front, dsn, *a_working_account(), a_number(OTHER_NUMBER)) as allocating:
        yield allocating


async def a_client(front: Front) -> httpx.AsyncClient:
    issued = await issue(front, ACCOUNT, access_groups=["view_billing_unit", "edit_billing_unit"])
    return front.by_key(issued["api_key"])


async def test_of_two_hundred_who_want_one_number_one_gets_it(front: Front, behind: Allocating) -> None:
    clients = [await a_client(front) for _ in range(CALLERS)]
    units = [unit_id("Claims"), unit_id("Sales")]

    async def want(turn: int) -> httpx.Response:
        body = {"member_kind": "number", "member": OTHER_NUMBER, "unit_id": units[turn % 2]}
        return await clients[turn % CALLERS].post("/api/v1/assignments", json=body)

    answers = await asyncio.gather(*map(want, range(200)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 199}
    codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert codes == {"number_taken", "already_assigned"}, "the other unit, or the one that got it"
    query = "SELECT count(*) FROM assignment WHERE member = $1"
    assert await behind.pool.fetchval(query, OTHER_NUMBER) == 1
    for client in clients:
        await client.aclose()


async def test_the_instant_of_a_move_belongs_to_the_new_unit(front: Front, behind: Allocating) -> None:
    """Of calls answered a microsecond before, at and after it, before and after the move is made."""
    instants = [MOVED_AT + timedelta(microseconds=beside) for beside in (-1, 0, 1)]
    await behind.rate(*(a_rated_call(f"early-{n}", answered=when.isoformat()) for n, when in enumerate(instants)))
    async with await a_client(front) as client:
        [held] = (await client.get("/api/v1/assignments", params={"member": NUMBER})).json()["data"]
        ended = await client.post(
            f"/api/v1/assignments/{held['assignment_id']}/release", json={"until_at": MOVED_AT.isoformat()}
        )
        body = {"numbers": [NUMBER], "from_at": MOVED_AT.isoformat()}
        made = await client.post(f"/api/v1/billing-units/{unit_id('Sales')}/members", json=body)
    assert (ended.status_code, made.status_code) == (200, 201)
    await behind.rate(*(a_rated_call(f"late-{n}", answered=when.isoformat()) for n, when in enumerate(instants)))
    await behind.work_off()
    rows = await behind.pool.fetch(
        "SELECT occurred_at, unit_id::text FROM charge c WHERE kind = 'charge' "
        "AND NOT EXISTS (SELECT FROM charge r WHERE r.reverses = c.charge_id)"
    )
    expected = zip(instants, ("Claims", "Sales", "Sales"), strict=True)
    assert Counter((row["occurred_at"], row["unit_id"]) for row in rows) == {
        (when, unit_id(unit)): 2 for when, unit in expected
    }
