"""Members put into a unit over the API: many at once, all or none, with a report of every row."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.allocating import Allocating
from tests.support.billing_units_api import client_of
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    a_number,
    a_rated_call,
    a_team,
    a_user,
    a_working_account,
    unit_id,
)

UNIT = f"/api/v1/billing-units/{unit_id('Sales')}"
FREE = [f"+4420794600{number}" for number in range(30, 40)]


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    await allocating.adopt(
        *a_working_account(), *map(a_number, FREE), a_number(OTHER_NUMBER), a_team(), a_user("agent-18")
    )
    async with client_of(app, ACCOUNT) as client:
        yield client


async def assigned(allocating: Allocating) -> int:
    """How many assignments there are beside the one that the account began with."""
    return int(await allocating.pool.fetchval("SELECT count(*) - 1 FROM assignment"))


async def test_users_teams_and_numbers_at_once_back_dated(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    body = {
        "users": ["agent-17", "agent-18"],
        "teams": ["evening"],
        "numbers": [FREE[0], "0044 20 7946-0031"],
        "from_at": "2026-05-01T00:00:00Z",
    }
    made = await client.post(f"{UNIT}/members", json=body)
    assert made.status_code == 201, made.text
    data = made.json()["data"]
    assert (data["assigned"], [row["code"] for row in data["rows"]]) == (5, ["ok"] * 5)
    assert [row["member"] for row in data["rows"]][3:] == FREE[:2]
    await allocating.rate(a_rated_call(own_number=FREE[1], answered="2026-05-01T00:00:00Z"))
    assert [charge["unit_id"] for charge in await allocating.charges()] == [unit_id("Sales")]
    members = (await client.get(f"{UNIT}/members")).json()["data"]
    assert {(member["member_kind"], member["from_at"]) for member in members} == {
        ("number", "2026-05-01T00:00:00Z"), ("team", "2026-05-01T00:00:00Z"), ("user", "2026-05-01T00:00:00Z"),
    }  # fmt: skip


async def test_one_bad_row_and_nothing_is_assigned(client: httpx.AsyncClient, allocating: Allocating) -> None:
    pasted = f"{FREE[0]}\n{NUMBER}, 12;+4930\t{OTHER_NUMBER}\r\n{FREE[0]}\n+14155550100"
    headers = {"Content-Type": "text/plain"}
    refused = await client.post(f"{UNIT}/numbers", content=pasted, headers=headers)
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["unit_id"]) == (409, "rows_taken", unit_id("Claims"))
    rows = [(row["row"], row["value"], row["code"]) for row in problem["rows"]]
    assert rows == [
        (1, FREE[0], "ok"),
        (2, NUMBER, "number_taken"),
        (3, "12", "unreadable"),
        (4, "+4930", "unreadable"),
        (5, OTHER_NUMBER, "ok"),
        (6, FREE[0], "repeated"),
        (7, "+14155550100", "unknown_member"),
    ]
    assert "'Claims'" in problem["detail"] and "4 of 7 rows" in problem["detail"]
    assert await assigned(allocating) == 0


async def test_a_csv_is_read_by_its_column_and_country(client: httpx.AsyncClient, allocating: Allocating) -> None:
    table = '\ufeffName;Phone Number\n"Desk; one";020 7946 0030\nDesk two;(020) 7946 0031\n'.encode()
    headers = {"Content-Type": "text/csv; charset=utf-8"}
    national = await client.post(f"{UNIT}/numbers", content=table, headers=headers)
    assert (national.status_code, national.json()["code"]) == (422, "rows_refused")
    assert "neither + nor 00" in national.json()["rows"][0]["detail"]
    tried = await client.post(
        f"{UNIT}/numbers", content=table, headers=headers, params={"country": "GB", "dry_run": "true"}
    )
    assert (tried.status_code, tried.json()["data"]["assigned"], await assigned(allocating)) == (200, 0, 0)
    made = await client.post(f"{UNIT}/numbers", content=table, headers=headers, params={"country": "GB"})
    assert [row["member"] for row in made.json()["data"]["rows"]] == FREE[:2]
    assert (made.status_code, await assigned(allocating)) == (201, 2)


async def test_lists_that_cannot_be_read(client: httpx.AsyncClient) -> None:
    cases: list[tuple[bytes, str, int, str]] = [
        (b"+442079460030", "application/octet-stream", 415, "unsupported_media_type"),
        (b"\xff\xfe", "text/plain", 422, "unreadable"),
        (b" \n ,", "text/plain", 422, "nothing_named"),
        (b"1\n" * 10_001, "text/plain", 422, "too_many_rows"),
        (b"1" * 1_000_001, "text/csv", 413, "too_large"),
    ]
    for content, kind, status, code in cases:
        refused = await client.post(f"{UNIT}/numbers", content=content, headers={"Content-Type": kind})
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    nobody = await client.post(f"{UNIT}/members", json={})
    assert (nobody.status_code, nobody.json()["code"]) == (422, "nothing_named")


async def test_only_available_numbers_are_offered(client: httpx.AsyncClient) -> None:
    async def offered(**params: str) -> list[str]:
        page = (await client.get("/api/v1/numbers", params={"available": "true"} | params)).json()
        return [row["number"] for row in page["data"]]

    assert NUMBER not in await offered()
    assert await offered(search="7946 0035") == [FREE[5]]
    body = {"numbers": [FREE[5]], "from_at": "2026-08-01T00:00:00Z"}
    assert (await client.post(f"{UNIT}/members", json=body)).status_code == 201
    assert await offered(search="60035", at="2026-07-01T00:00:00Z") == []
    assert len(await offered(at="2025-12-31T00:00:00Z")) == 0
    assert len(await offered()) == len(FREE)
    one = (await client.get("/api/v1/numbers", params={"available": "true", "limit": "1"})).json()
    two = await client.get(
        "/api/v1/numbers", params={"available": "true", "limit": "1", "cursor": one["next_cursor"]}
    )
    assert one["data"][0]["number"] < two.json()["data"][0]["number"]


async def test_thousands_of_numbers_are_one_command(client: httpx.AsyncClient, allocating: Allocating) -> None:
    numbers = [f"+44207946{index:04d}" for index in range(1000, 3000)]
    await allocating.adopt(*map(a_number, numbers))
    made = await client.post(f"{UNIT}/numbers", content="\n".join(numbers), headers={"Content-Type": "text/plain"})
    assert made.status_code == 201, made.json()["detail"]
    assert made.json()["data"]["assigned"] == await assigned(allocating) == len(numbers)
