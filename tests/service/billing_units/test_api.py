"""The API on a real database under the row-secured role: what it does, refuses and shows."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from contracts.values.access import Privilege
from services.billing_units.consumers import SERVICE
from tests.support.allocating import Allocating, ingest_pool
from tests.support.billing_units_api import client_of
from tests.support.callers import a_caller, statement
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    a_number,
    a_rated_call,
    a_team,
    a_working_account,
    unit_id,
)


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    await allocating.adopt(*a_working_account(), a_number(OTHER_NUMBER), a_team())
    async with client_of(app, ACCOUNT) as client:
        yield client


async def assign(client: httpx.AsyncClient, member: str, unit: str, **more: Any) -> httpx.Response:
    body = {"unit_id": unit, "member_kind": "number", "member": member} | more
    return await client.post("/api/v1/assignments", json=body)


async def test_a_unit_is_made_given_a_number_and_charged(client: httpx.AsyncClient, allocating: Allocating) -> None:
    made = await client.post("/api/v1/billing-units", json={"name": " Retention "})
    assert made.status_code == 201
    unit = made.json()["data"]
    assert (unit["name"], made.headers["location"]) == ("Retention", f"/api/v1/billing-units/{unit['unit_id']}")
    assert (await assign(client, OTHER_NUMBER, unit["unit_id"])).status_code == 201
    await allocating.rate(a_rated_call(own_number=OTHER_NUMBER, answered="2026-07-01T12:00:00Z"))
    await allocating.rate(a_rated_call("early", own_number=OTHER_NUMBER, answered="2026-07-01T11:59:59Z"))
    shown = (await client.get("/api/v1/charges", params={"unit_id": unit["unit_id"]})).json()
    assert [charge["amount"] for charge in shown["data"]] == ["0.045830"]
    rest = (await client.get("/api/v1/charges", params={"unit_id": "unassigned", "use_on": "2026-07-01"})).json()
    assert len(rest["data"]) == 1
    facts = [fact["data"] for fact in await allocating.facts()]
    assert {"unit_id": unit["unit_id"], "version": 1} in [
        {"unit_id": fact.get("unit_id"), "version": fact["version"]} for fact in facts
    ]


async def test_a_released_number_is_free_from_then_on(client: httpx.AsyncClient, allocating: Allocating) -> None:
    listed = (await client.get("/api/v1/assignments", params={"member": NUMBER})).json()["data"]
    held = listed[0]["assignment_id"]
    at = "2026-06-10T00:00:00Z"
    assert (await assign(client, NUMBER, unit_id("Sales"), from_at=at)).status_code == 409
    released = await client.post(f"/api/v1/assignments/{held}/release", json={"until_at": at})
    assert released.json()["data"]["version"] == 2
    assert (await assign(client, NUMBER, unit_id("Sales"), from_at=at)).status_code == 201
    again = await client.post(f"/api/v1/assignments/{held}/release")
    assert (again.status_code, again.json()["code"]) == (409, "already_ended")
    await allocating.rate(a_rated_call(answered=at))
    assert [charge["unit_id"] for charge in await allocating.charges()] == [unit_id("Sales")]


async def test_a_taken_number_is_refused_by_naming_its_unit(client: httpx.AsyncClient) -> None:
    refused = await assign(client, NUMBER, unit_id("Sales"))
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert (problem["code"], problem["unit_id"]) == ("number_taken", unit_id("Claims"))
    assert "'Claims'" in problem["detail"]


async def test_two_hundred_assign_one_number_and_one_succeeds(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    units = [unit_id("Claims"), unit_id("Sales")]
    answers = await asyncio.gather(*(assign(client, OTHER_NUMBER, units[n % 2]) for n in range(200)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 199}
    held = await allocating.pool.fetchval("SELECT count(*) FROM assignment WHERE member = $1", OTHER_NUMBER)
    assert held == 1


async def test_without_the_check_the_constraint_still_judges(database: str, allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account(), a_number(OTHER_NUMBER))
    statement = """
        INSERT INTO assignment (account_id, assignment_id, version, unit_id, member_kind, member, from_at, weight,
                                is_primary, deleted, changed_at, account_no, directory_revision)
        SELECT account_id, gen_random_uuid(), 1, gen_random_uuid(), 'number', $2, now(), 1, false, false, now(),
               account_no, revision
        FROM directory WHERE account_id = $1
    """

    async def insert() -> bool:
        async with pool.acquire() as connection:
            try:
                await connection.execute(statement, ACCOUNT, OTHER_NUMBER)
            except Exception as error:
                assert "one_unit_for_a_number" in str(error)
                return False
            return True

    pool = await ingest_pool(database, 8)
    try:
        assert sum(await asyncio.gather(*(insert() for _ in range(40)))) == 1
    finally:
        await pool.close()


async def test_what_cannot_be_assigned(client: httpx.AsyncClient) -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"member": "+4912"}, 422, "unknown_member"),
        ({"member_kind": "user", "member": "nobody"}, 422, "unknown_member"),
        ({"unit_id": "6eba8e11-83a7-53a1-b36a-c1f477ee6887"}, 404, "not_found"),
        ({"unit_id": "Claims"}, 422, "invalid"),
        ({"from_at": "2026-07-01"}, 422, "invalid"),
        ({"from_at": "9999-07-01T00:00:00Z"}, 422, "invalid"),
        ({"until_at": "2026-06-01T00:00:00Z"}, 422, "ends_before_it_begins"),
        ({"surprise": 1}, 422, "invalid"),
    ]
    for body, status, code in cases:
        wanted = {"unit_id": unit_id("Sales"), "member_kind": "number", "member": OTHER_NUMBER} | body
        refused = await client.post("/api/v1/assignments", json=wanted)
        assert (refused.status_code, refused.json()["code"]) == (status, code), body
        assert refused.headers["content-type"] == "application/problem+json"


async def test_a_user_and_a_team_may_be_in_several_units_but_once_in_each(client: httpx.AsyncClient) -> None:
    for kind, member in (("user", "agent-17"), ("team", "evening")):
        for unit in ("Claims", "Sales"):
            assert (await assign(client, member, unit_id(unit), member_kind=kind)).status_code == 201
        again = await assign(client, member, unit_id("Sales"), member_kind=kind)
        assert (again.status_code, again.json()["code"]) == (409, "already_assigned")


async def test_lists_are_shown_in_pages(client: httpx.AsyncClient, allocating: Allocating) -> None:
    await allocating.rate(*[a_rated_call(f"call-{number}") for number in range(5)])
    for path, count in (("numbers", 2), ("billing-units", 2), ("users", 1), ("assignments", 1), ("charges", 5)):
        seen, cursor = [], None
        while True:
            params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            page = (await client.get(f"/api/v1/{path}", params=params)).json()
            seen += page["data"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len({str(row) for row in seen}) == len(seen) == count, path
    bad = await client.get("/api/v1/charges", params={"cursor": "bm90IG91cnM="})
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_cursor")


async def test_another_account_sees_and_changes_nothing(app: Any, client: httpx.AsyncClient) -> None:
    assignment = (await client.get("/api/v1/assignments")).json()["data"][0]["assignment_id"]
    async with client_of(app, "someone-else") as stranger:
        for path in ("numbers", "billing-units", "users", "assignments", "charges"):
            assert (await stranger.get(f"/api/v1/{path}")).json()["data"] == []
        assert (await stranger.get(f"/api/v1/accounts/{ACCOUNT}")).status_code == 404
        assert (await stranger.post(f"/api/v1/assignments/{assignment}/release")).status_code == 404
        assert (await stranger.post("/api/v1/billing-units", json={"name": "Mine"})).status_code == 404
    assert (await client.get(f"/api/v1/accounts/{ACCOUNT}")).json()["data"]["currency"] == "EUR"


async def test_a_statement_is_asked_for_and_privileges_decide(app: Any, client: httpx.AsyncClient) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://billing-units") as stranger:
        assert (await stranger.get("/api/v1/numbers")).status_code == 401
        assert (await stranger.get("/livez")).status_code == 200
        viewer = a_caller(ACCOUNT, Privilege.VIEW_BILLING_UNIT)
        headers = {"Authorization": statement(viewer, SERVICE)}
        assert (await stranger.get("/api/v1/billing-units", headers=headers)).status_code == 200
        refused = await stranger.post("/api/v1/billing-units", json={"name": "Mine"}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_privilege")
