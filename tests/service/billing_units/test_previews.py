"""What a change would move: the same as is moved then, and nothing is changed by asking."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.support.allocating import Allocating
from tests.support.billing_units_api import client_of
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    a_membership,
    a_number,
    a_rated_call,
    a_team,
    a_working_account,
    an_assignment,
    unit_id,
)
from tests.support.following import a_rated_recording, follow

CLAIMS, SALES = unit_id("Claims"), unit_id("Sales")
SALES_UNIT, CLAIMS_UNIT = f"/api/v1/billing-units/{SALES}", f"/api/v1/billing-units/{CLAIMS}"
SINCE = "2026-06-01T00:00:00Z"


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    await allocating.adopt(
        *a_working_account(), a_number(OTHER_NUMBER), a_team(), a_membership(),
        an_assignment("agent-17", kind="user", unit="Claims"),
    )  # fmt: skip
    await allocating.rate(
        a_rated_call("free-1", own_number=OTHER_NUMBER, amount="0.10"),
        a_rated_call("free-2", own_number=OTHER_NUMBER, amount="0.20", answered="2026-05-02T08:00:00Z"),
        a_rated_call("user", own_number=None, user="agent-17", amount="1.00"),
        a_rated_call("number", amount="0.40"),
    )
    async with client_of(app, ACCOUNT) as client:
        yield client


async def balances(allocating: Allocating) -> dict[str | None, Decimal]:
    rows = await allocating.pool.fetch("SELECT unit_id::text, sum(amount) AS amount FROM charge GROUP BY 1")
    return {row["unit_id"]: row["amount"] for row in rows}


COMMANDS: dict[str, tuple[str, dict[str, Any], dict[str, str], list[tuple[str | None, str | None, str]]]] = {
    "a number and a team": (
        f"{SALES_UNIT}/members",
        {"numbers": [OTHER_NUMBER], "teams": ["evening"], "from_at": SINCE},
        {},
        [(None, SALES, "0.100000"), (CLAIMS, SALES, "0.500000")],
    ),
    "an archived unit": (
        f"{CLAIMS_UNIT}/archive",
        {"archived_at": SINCE, "release_members": True},
        {"If-Match": '"1"'},
        [(CLAIMS, None, "1.400000")],
    ),
    "nothing yet": (f"{SALES_UNIT}/members", {"numbers": [OTHER_NUMBER]}, {}, []),
}


@pytest.mark.parametrize("name", COMMANDS)
async def test_what_is_foretold_is_what_moves(client: httpx.AsyncClient, allocating: Allocating, name: str) -> None:
    path, body, headers, moves = COMMANDS[name]
    before = await balances(allocating)
    revision = await allocating.pool.fetchval("SELECT revision FROM directory")
    foretold = await client.post(f"{path}/preview", json=body, headers=headers)
    assert foretold.status_code == 200, foretold.text
    data = foretold.json()["data"]
    found = [(each["from_unit_id"], each["to_unit_id"], each["amount"]) for each in data["moves"]]
    assert (found, data["complete"]) == (moves, True)
    assert {each["booked_period"] for each in data["moves"]} <= {"2026-06-01"}
    assert await allocating.work_off() == 0
    assert await balances(allocating) == before
    assert await allocating.pool.fetchval("SELECT revision FROM directory") == revision
    done = await client.post(path, json=body, headers=headers)
    assert done.status_code in (200, 201)
    await allocating.work_off()
    for giver, taker, amount in moves:
        before[giver] -= Decimal(amount)
        before[taker] = before.get(taker, Decimal(0)) + Decimal(amount)
    assert {unit: sum_ for unit, sum_ in (await balances(allocating)).items() if sum_} == {
        unit: sum_ for unit, sum_ in before.items() if sum_
    }
    listed = (await client.get("/api/v1/reattributions")).json()["data"]
    assert {each["state"] for each in listed} == {"done"}
    assert sum(each["moved"] for each in listed) == data["moved"]


async def test_a_release_and_a_policy_can_be_asked_about(client: httpx.AsyncClient, allocating: Allocating) -> None:
    [held] = (await client.get("/api/v1/assignments", params={"member": NUMBER})).json()["data"]
    path = f"/api/v1/assignments/{held['assignment_id']}/release/preview"
    released = (await client.post(path, json={"until_at": SINCE})).json()["data"]
    assert [(each["to_unit_id"], each["amount"]) for each in released["moves"]] == [(None, "0.400000")]
    await allocating.adopt(an_assignment("agent-17", kind="user", unit="Sales", weight=3))
    await allocating.work_off()
    policy = await client.post(
        f"/api/v1/accounts/{ACCOUNT}/split-policy/preview",
        json={"policy": "weighted", "from_at": SINCE},
        headers={"If-Match": "*"},
    )
    assert [(each["from_unit_id"], each["amount"]) for each in policy.json()["data"]["moves"]] == [
        (CLAIMS, "0.250000")
    ]


async def test_a_preview_is_refused_as_the_command_would_be(client: httpx.AsyncClient) -> None:
    refused = await client.post(f"{SALES_UNIT}/members/preview", json={"numbers": [NUMBER]})
    assert (refused.status_code, refused.json()["code"]) == (409, "number_taken")
    stale = await client.post(f"{CLAIMS_UNIT}/archive/preview", headers={"If-Match": '"9"'})
    assert stale.status_code == 412
    bad = await client.get("/api/v1/reattributions", params={"cursor": "WyJ4Il0="})
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_cursor")


async def test_what_follows_a_call_is_foretold_with_it(client: httpx.AsyncClient, allocating: Allocating) -> None:
    await allocating.rate(a_rated_recording("free-1", amount="0.03"), a_rated_recording("number", "r-2"))
    await follow(allocating)
    body = {"numbers": [OTHER_NUMBER], "from_at": SINCE}
    foretold = await client.post(f"{SALES_UNIT}/members/preview", json=body)
    [move] = foretold.json()["data"]["moves"]
    assert (move["from_unit_id"], move["to_unit_id"], move["amount"]) == (None, SALES, "0.130000")
    before = await balances(allocating)
    assert (await client.post(f"{SALES_UNIT}/members", json=body)).status_code < 300
    await allocating.work_off()
    await follow(allocating)
    after = await balances(allocating)
    assert after[SALES] - before.get(SALES, Decimal(0)) == Decimal("0.13")
