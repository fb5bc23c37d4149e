"""Why a unit owes a charge: the rule, the assignments as they stood then, their authors, and what moved it."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.allocating import Allocating
from tests.support.billing_units_api import client_of
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    a_membership,
    a_rated_call,
    a_team,
    a_working_account,
    an_account,
    an_assignment,
    its_reversal,
    unit_id,
)


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    await allocating.adopt(*a_working_account(), a_team(), a_membership())
    async with client_of(app, ACCOUNT) as client:
        yield client


async def explained(client: httpx.AsyncClient, charge: dict[str, Any]) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/charges/{charge['charge_id']}/explanation")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def test_a_moved_charge_names_both_assignments_and_who_moved_it(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    await allocating.rate(a_rated_call())
    [held] = (await client.get("/api/v1/assignments", params={"member": NUMBER})).json()["data"]
    since = "2026-06-01T00:00:00Z"
    path = f"/api/v1/assignments/{held['assignment_id']}"
    assert (await client.post(f"{path}/release", json={"until_at": since})).status_code == 200
    body = {"numbers": [NUMBER], "from_at": since}
    sales = f"/api/v1/billing-units/{unit_id('Sales')}/members"
    assert (await client.post(sales, json=body)).status_code == 201
    await allocating.work_off()
    by_unit = {(charge["unit_id"], charge["kind"]): charge for charge in await allocating.charges()}

    first = await explained(client, by_unit[unit_id("Claims"), "charge"])
    assert first["says"] == [f"The account's number {NUMBER} was in unit 'Claims' then."]
    [decided] = first["decided_by"]
    assert (decided["assignment_id"], decided["version"]) == (held["assignment_id"], 1)
    assert (decided["author"], decided["until_at"]) == ("platform event of pbx", None)
    assert first["cause"]["kind"] == "rating"
    assert (first["taken_back"]["kind"], first["taken_back"]["author"]) == ("reattribution", "operator somebody")

    then = await explained(client, by_unit[unit_id("Sales"), "charge"])
    [decided] = then["decided_by"]
    assert (decided["author"], decided["version"], decided["from_at"]) == ("operator somebody", 1, since)
    assert (then["cause"]["kind"], then["cause"]["author"], then["taken_back"]) == (
        "reattribution",
        "operator somebody",
        None,
    )
    versions = (await client.get(f"{path}/versions")).json()["data"]
    assert [(each["version"], each["author"]) for each in versions] == [
        (1, "platform event of pbx"),
        (2, "operator somebody"),
    ]


async def test_a_shared_use_names_policy_weight_and_team(client: httpx.AsyncClient, allocating: Allocating) -> None:
    await allocating.adopt(
        an_account(version=2, split_policy="weighted"),
        an_assignment("evening", kind="team", unit="Sales", weight=3),
        an_assignment("agent-17", kind="user", unit="Claims"),
    )
    await allocating.rate(a_rated_call(own_number=None, user="agent-17"))
    found = {charge["unit_id"]: await explained(client, charge) for charge in await allocating.charges()}
    sales = found[unit_id("Sales")]
    assert [(each["member_kind"], each["member"], each["weight"]) for each in sales["decided_by"]] == [
        ("team", "evening", 3)
    ]
    assert sales["says"][1].endswith("this one bears 3 of 4.")
    assert (sales["split"], sales["weight"], sales["weights"]) == ("weighted", 3, 4)
    [own] = found[unit_id("Claims")]["decided_by"]
    assert own["member_kind"] == "user"


async def test_nobody_and_an_override_are_said_in_words(client: httpx.AsyncClient, allocating: Allocating) -> None:
    nobody = a_rated_call("nobody", own_number="+442079460099", user="agent-17", unit_override="odd")
    named = a_rated_call("named", unit_override=unit_id("Sales"))
    await allocating.rate(nobody, named, its_reversal(named))
    found = {}
    for charge in await allocating.charges():
        found[charge["usage_id"], charge["kind"]] = await explained(client, charge)
    assert found[nobody.usage_id, "charge"]["says"] == [
        "Nobody: +442079460099 was in no unit then and user agent-17 was in none.",
        "The use named a unit that was none of the account's, or archived, then.",
        "The account did not hold the number used then.",
    ]
    assert found[named.usage_id, "charge"]["says"] == ["The use itself named unit 'Sales', which was live then."]
    assert found[named.usage_id, "charge"]["taken_back"]["kind"] == "rating"
    assert found[named.usage_id, "reversal"]["decided_by"] == []
    missing = await client.get(f"/api/v1/charges/{unit_id('none')}/explanation")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (await client.get(f"/api/v1/assignments/{unit_id('none')}/versions")).status_code == 404
