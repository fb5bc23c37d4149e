"""The directory over the API: whole entries, in order per entity, the same content again changing nothing."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.support.allocating import Allocating
from tests.support.billing_units_api import client_of
from tests.support.directory import ACCOUNT, NUMBER, a_rated_call, a_user, a_working_account, unit_id

ACCOUNT_BODY = {"name": "Harbour Care", "currency": "EUR", "zone": "Europe/London"}


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, ACCOUNT) as client:
        yield client


async def test_a_directory_made_by_api_alone_allocates(client: httpx.AsyncClient, allocating: Allocating) -> None:
    paths: list[tuple[str, dict[str, Any]]] = [
        (f"accounts/{ACCOUNT}", ACCOUNT_BODY),
        ("users/agent-17", {"name": "Ada Moss", "email": "ada@harbour-care.example"}),
        ("teams/evening", {"name": "Evening shift"}),
        ("teams/evening/members/m-1", {"user_id": "agent-17", "from_at": "2026-01-01T00:00:00Z"}),
        (f"numbers/{NUMBER}", {"from_at": "2026-01-01T00:00:00Z", "country": "GB", "kind": "local"}),
    ]
    for path, body in paths:
        made = await client.put(f"/api/v1/{path}", json=body)
        assert (made.status_code, made.headers["etag"], made.json()["changed"]) == (201, '"1"', True), made.text
        again = await client.put(f"/api/v1/{path}", json=body)
        assert (again.status_code, again.headers["etag"], again.json()["changed"]) == (200, '"1"', False)
    unit = (await client.post("/api/v1/billing-units", json={"name": "Care"})).json()["data"]["unit_id"]
    body = {"teams": ["evening"], "numbers": [NUMBER], "from_at": "2026-01-01T00:00:00Z"}
    assert (await client.post(f"/api/v1/billing-units/{unit}/members", json=body)).status_code == 201
    await allocating.rate(a_rated_call(), a_rated_call("call-2", own_number=None, user="agent-17"))
    assert [charge["unit_id"] for charge in await allocating.charges()] == [unit, unit]
    assert [row["name"] for row in (await client.get("/api/v1/teams")).json()["data"]] == ["Evening shift"]
    [member] = (await client.get("/api/v1/teams/evening/members")).json()["data"]
    assert (member["user_id"], member["until_at"]) == ("agent-17", None)
    [number] = (await client.get("/api/v1/numbers", params={"country": "GB"})).json()["data"]
    assert (number["kind"], number["unit_id"]) == ("local", unit)


async def test_an_account_keeps_the_model_of_access_it_is_put_to(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    path = f"/api/v1/accounts/{ACCOUNT}"

    async def stands() -> tuple[int, str]:
        shown = (await client.get(path)).json()["data"]
        newest = max((fact["data"] for fact in await allocating.facts()), key=lambda fact: fact["version"])
        assert (newest["version"], newest["access"]) == (shown["version"], shown["access"])
        return shown["version"], shown["access"]

    assert (await client.put(path, json=ACCOUNT_BODY)).status_code == 201
    assert await stands() == (1, "access_groups")
    basic = await client.put(path, json=ACCOUNT_BODY | {"access": "basic_roles"})
    assert (basic.status_code, basic.json()["data"]["access"]) == (200, "basic_roles")
    policy = await client.put(f"{path}/split-policy", json={"policy": "primary"}, headers={"If-Match": "*"})
    assert policy.json()["data"]["access"] == "basic_roles", "another command leaves it"
    assert await stands() == (3, "basic_roles")
    entries = (await client.get("/api/v1/audit/billing-units")).json()["data"]
    [told] = [entry for entry in entries if '"access": "basic_roles"' in (entry["after"] or "")]
    assert '"access": "access_groups"' in told["before"]
    refused = await client.put(path, json=ACCOUNT_BODY | {"access": "everybody"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/body/access")


async def test_the_usual_model_spelled_out_is_a_repeat_of_what_was_put_before_it_was_a_field(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    path = f"/api/v1/accounts/{ACCOUNT}"
    assert (await client.put(path, json=ACCOUNT_BODY | {"version": 4})).status_code == 200
    before = (
        f'{{"account_id":"{ACCOUNT}","version":1,"name":"Harbour Care","currency":"EUR","zone":"Europe/London",'
        '"anchor_day":1,"split_policy":"equal","split_changes":[],"deleted":false}'
    )
    assert await allocating.pool.fetchval("SELECT content_hash FROM account") == sha256(before.encode()).digest()
    for version in ({}, {"version": 4}):
        again = await client.put(path, json=ACCOUNT_BODY | {"access": "access_groups"} | version)
        assert (again.status_code, again.json()["changed"]) == (200, False)
    other = await client.put(path, json=ACCOUNT_BODY | {"access": "basic_roles", "version": 4})
    assert (other.status_code, other.json()["code"]) == (409, "version_taken")


async def test_an_older_version_never_overwrites_a_newer_one(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    await allocating.adopt(*a_working_account(), a_user(version=5))

    async def put(name: str, version: int | None) -> tuple[int, str | None, int | None]:
        body: dict[str, Any] = {"name": name} | ({} if version is None else {"version": version})
        answer = await client.put("/api/v1/users/agent-17", json=body)
        said = answer.json()
        return answer.status_code, said.get("code"), said.get("version") or said["data"]["version"]

    assert await put("Late", 4) == (409, "superseded", 5)
    assert await put("Other", 5) == (409, "version_taken", 5)
    assert await put("Newer", 7) == (200, None, 7)
    assert await put("Newer", 7) == (200, None, 7)
    assert await put("Newer", None) == (200, None, 7)
    assert await put("Newest", None) == (200, None, 8)
    await allocating.adopt(a_user(version=6))
    [user] = (await client.get("/api/v1/users")).json()["data"]
    assert (user["name"], user["version"]) == ("Newest", 8)


async def test_who_is_deactivated_keeps_history_and_is_not_offered(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    await allocating.adopt(*a_working_account())
    body = {"users": ["agent-17"], "from_at": "2026-01-01T00:00:00Z"}
    path = f"/api/v1/billing-units/{unit_id('Sales')}"
    assert (await client.post(f"{path}/members", json=body)).status_code == 201
    gone = await client.put("/api/v1/users/agent-17", json={"name": "Ada Moss", "active": False})
    assert gone.json()["data"]["deleted"] is True
    assert (await client.get("/api/v1/users", params={"search": "ada"})).json()["data"] == []
    shown = (await client.get("/api/v1/users", params={"search": "ADA", "inactive": "true"})).json()["data"]
    assert [(user["user_id"], user["active"]) for user in shown] == [("agent-17", False)]
    await allocating.rate(a_rated_call(own_number=None, user="agent-17"))
    assert [charge["unit_id"] for charge in await allocating.charges()] == [unit_id("Sales")]
    again = await client.post(f"{path}/members", json={"users": ["agent-17"]})
    assert (again.status_code, again.json()["code"]) == (422, "unknown_member")


async def test_what_is_refused(client: httpx.AsyncClient, allocating: Allocating) -> None:
    unknown = await client.put("/api/v1/users/agent-17", json={"name": "Ada"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    await allocating.adopt(*a_working_account())
    await allocating.rate(a_rated_call())
    cases: list[tuple[str, dict[str, Any], int, str]] = [
        (f"accounts/{ACCOUNT}", ACCOUNT_BODY | {"currency": "GBP"}, 409, "currency_fixed"),
        (f"accounts/{ACCOUNT}", ACCOUNT_BODY | {"zone": "Europe/Londom"}, 422, "invalid_entry"),
        ("accounts/someone-else", ACCOUNT_BODY, 404, "not_found"),
        ("numbers/+449999999999", {"from_at": "2026-01-01T00:00:00Z"}, 422, "invalid_entry"),
        ("numbers/12", {"from_at": "2026-01-01T00:00:00Z"}, 422, "invalid"),
        ("users/agent-17", {"name": ""}, 422, "invalid"),
        ("users/agent-17", {"name": "Ada", "surprise": 1}, 422, "invalid"),
        (
            "teams/evening/members/m-1",
            {"user_id": "agent-17", "from_at": "2026-02-01T00:00:00Z", "until_at": "2026-01-01T00:00:00Z"},
            422,
            "invalid_entry",
        ),
    ]
    for path, body, status, code in cases:
        refused = await client.put(f"/api/v1/{path}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (status, code), path
        assert refused.headers["content-type"] == "application/problem+json"
