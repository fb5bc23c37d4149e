"""Split policies by platform and API: dated, weights on assignments, exact, and said on every charge."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from contracts.events.directory import SplitChange
from tests.support.allocating import Allocating
from tests.support.billing_units_api import client_of
from tests.support.directory import (
    ACCOUNT,
    a_membership,
    a_rated_call,
    a_team,
    a_working_account,
    an_account,
    an_assignment,
    at,
    its_reversal,
    unit_id,
)

CHANGED = "2026-06-10T00:00:00Z"
EARLIER, LATER = "2026-06-09T23:59:59.999999Z", CHANGED


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    await allocating.adopt(*a_working_account(), a_team(), a_membership())
    async with client_of(app, ACCOUNT) as client:
        yield client


def a_user_s_call(name: str, answered: str) -> Any:
    return a_rated_call(name, own_number=None, user="agent-17", amount="1.000000", answered=answered)


async def costs(allocating: Allocating, call: Any) -> dict[str | None, Decimal]:
    rows = await allocating.pool.fetch(
        "SELECT unit_id, sum(amount) AS amount FROM charge WHERE usage_id = $1 GROUP BY unit_id", call.usage_id
    )
    names = {unit_id(name): name for name in ("Claims", "Sales")}
    return {names[str(row["unit_id"])]: row["amount"] for row in rows}


async def test_a_platform_s_policy_counts_from_its_instant(allocating: Allocating) -> None:
    changes = (SplitChange(from_at=at(CHANGED), policy="weighted"),)
    team, own = an_assignment("evening", kind="team", unit="Sales"), an_assignment("agent-17", kind="user")
    await allocating.adopt(
        *a_working_account(), a_team(), a_membership(), an_account(version=2, split_changes=changes), team, own
    )
    earlier, later = a_user_s_call("earlier", EARLIER), a_user_s_call("later", LATER)
    await allocating.rate(earlier, later)
    assert await costs(allocating, earlier) == {"Claims": Decimal("0.5"), "Sales": Decimal("0.5")}
    splits = [
        (charge["allocation"]["split"], charge["allocation"]["weights"]) for charge in await allocating.charges()
    ]
    assert splits == [("equal", 2), ("equal", 2), ("weighted", 2), ("weighted", 2)]
    await allocating.adopt(an_account(version=3, split_changes=(*changes, *changes)))
    assert [letter.code for letter in allocating.dead] == ["invalid"]


async def test_weights_are_said_with_the_assignment_and_changed_later(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    policy = {"policy": "weighted", "from_at": "2026-06-01T00:00:00Z"}
    put = await client.put(f"/api/v1/accounts/{ACCOUNT}/split-policy", json=policy, headers={"If-Match": '"1"'})
    assert (put.status_code, put.headers["etag"]) == (200, '"2"'), put.text
    for unit, weight in (("Claims", 1), ("Sales", 2)):
        body = {"users": ["agent-17"], "weight": weight, "from_at": "2026-06-01T00:00:00Z"}
        made = await client.post(f"/api/v1/billing-units/{unit_id(unit)}/members", json=body)
        assert made.status_code == 201
    first = a_user_s_call("first", "2026-06-02T08:00:00Z")
    await allocating.rate(first)
    assert await costs(allocating, first) == {"Claims": Decimal("0.333333"), "Sales": Decimal("0.666667")}
    row = made.json()["data"]["rows"][0]
    weighed = await client.patch(f"/api/v1/assignments/{row['assignment_id']}", json={"weight": 4})
    assert (weighed.json()["data"]["weight"], weighed.json()["data"]["version"]) == (4, 2)
    same = await client.patch(f"/api/v1/assignments/{row['assignment_id']}", json={"weight": 4})
    assert same.json()["data"]["version"] == 2
    second = a_user_s_call("second", "2026-06-02T09:00:00Z")
    await allocating.rate(second, its_reversal(first))
    assert await costs(allocating, second) == {"Claims": Decimal("0.2"), "Sales": Decimal("0.8")}
    assert await costs(allocating, first) == {"Claims": 0, "Sales": 0}


async def test_the_primary_unit_takes_all_and_the_policy_is_changed_only_as_read(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    path = f"/api/v1/accounts/{ACCOUNT}/split-policy"
    for unit, primary in (("Claims", False), ("Sales", True)):
        body = {"users": ["agent-17"], "primary": primary, "from_at": "2026-01-01T00:00:00Z"}
        assert (await client.post(f"/api/v1/billing-units/{unit_id(unit)}/members", json=body)).status_code == 201
    for from_at, policy in ((CHANGED, "weighted"), (CHANGED, "primary")):
        shown = await client.get(f"/api/v1/accounts/{ACCOUNT}")
        answer = await client.put(
            path, json={"policy": policy, "from_at": from_at}, headers={"If-Match": shown.headers["etag"]}
        )
        assert answer.status_code == 200
    stale = await client.put(path, json={"policy": "equal"}, headers={"If-Match": '"2"'})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (412, "changed_meanwhile", 3)
    shown = (await client.get(f"/api/v1/accounts/{ACCOUNT}")).json()["data"]
    assert shown["split_changes"] == [{"from_at": CHANGED, "policy": "primary"}]
    earlier, later = a_user_s_call("earlier", EARLIER), a_user_s_call("later", LATER)
    await allocating.rate(earlier, later)
    assert await costs(allocating, earlier) == {"Claims": Decimal("0.5"), "Sales": Decimal("0.5")}
    assert await costs(allocating, later) == {"Sales": 1}
    facts = [fact["data"] for fact in await allocating.facts() if "split_policy" in fact["data"]]
    newest = max(facts, key=lambda fact: fact["version"])
    assert newest["split_changes"] == shown["split_changes"]
