"""Units over the API and by the platform: names held unique, changes only on what was read, archiving."""

import asyncio
from collections import Counter
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
    a_membership,
    a_number,
    a_rated_call,
    a_team,
    a_unit,
    a_user,
    a_working_account,
    an_account,
    an_assignment,
    unit_id,
)

UNITS = "/api/v1/billing-units"


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    await allocating.adopt(*a_working_account(), a_number(OTHER_NUMBER), a_team())
    async with client_of(app, ACCOUNT) as client:
        yield client


async def create(client: httpx.AsyncClient, name: str) -> httpx.Response:
    return await client.post(UNITS, json={"name": name})


async def test_a_name_that_differs_by_case_only_is_refused_naming_the_unit(client: httpx.AsyncClient) -> None:
    made = await create(client, "  İstanbul   Office ")
    assert (made.status_code, made.json()["data"]["name"], made.headers["etag"]) == (201, "İstanbul Office", '"1"')
    for name in ("istanbul office", "ISTANBUL OFFICE", "I\u0307stanbul\u00a0Office"):
        refused = await create(client, name)
        assert (refused.status_code, refused.json()["code"]) == (409, "name_taken")
        assert refused.json()["unit_id"] == made.json()["data"]["unit_id"]
        assert "'İstanbul Office'" in refused.json()["detail"]
    nothing = await create(client, "\u200b")
    assert (nothing.status_code, nothing.json()["code"]) == (422, "bad_name")


async def test_one_of_many_creating_one_name_at_once_succeeds(client: httpx.AsyncClient) -> None:
    names = ["Straße", "STRASSE", "strasse"]
    answers = await asyncio.gather(*(create(client, names[n % 3]) for n in range(60)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 59}


async def test_the_database_holds_names_unique_by_itself(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    with pytest.raises(Exception, match="one_unit_for_a_name"):
        await allocating.pool.execute(
            "INSERT INTO unit SELECT account_id, gen_random_uuid(), 1, name, name_key, NULL, false, NULL, now() "
            "FROM unit WHERE name = 'Claims'"
        )


async def test_a_platform_s_unit_of_a_taken_name_is_dead_lettered_alone(allocating: Allocating) -> None:
    await allocating.adopt(an_account(), a_unit("Claims"), a_unit("CLAIMS "), a_unit("Sales"), a_unit("\u00ad"))
    assert [letter.code for letter in allocating.dead] == ["invalid", "name_taken"]
    assert "'Claims'" in allocating.dead[1].detail
    rows = await allocating.pool.fetch("SELECT name FROM unit ORDER BY name")
    assert [row["name"] for row in rows] == ["Claims", "Sales"]


@pytest.mark.parametrize("together", [True, False])
async def test_names_go_round_by_way_of_another(allocating: Allocating, together: bool) -> None:
    one, other = a_unit("Claims"), a_unit("Sales")
    changes = [
        a_unit("Claims", version=2, name="Between"),
        a_unit("Sales", version=2, name="Claims"),
        a_unit("Claims", version=3, name="Sales"),
    ]
    await allocating.adopt(an_account(), one, other)
    for batch in [changes] if together else [[change] for change in changes]:
        await allocating.adopt(*batch)
    assert allocating.dead == []
    rows = await allocating.pool.fetch("SELECT unit_id, name FROM unit")
    names = {str(row["unit_id"]): row["name"] for row in rows}
    assert names == {unit_id("Claims"): "Sales", unit_id("Sales"): "Claims"}


async def test_a_deleted_unit_gives_its_name_back_and_an_archived_one_keeps_it(allocating: Allocating) -> None:
    await allocating.adopt(an_account(), a_unit("Claims"), a_unit("Sales"))
    await allocating.adopt(
        a_unit("Claims", version=2, deleted=True),
        a_unit("Sales", version=2, archived_at=a_rated_call().occurred_at),
        a_unit("claims"),
        a_unit("sales"),
    )
    assert [letter.code for letter in allocating.dead] == ["name_taken"]


async def test_a_unit_is_renamed_only_as_it_was_read(client: httpx.AsyncClient) -> None:
    path = f"{UNITS}/{unit_id('Claims')}"
    read = await client.get(path)
    assert (read.headers["etag"], read.json()["data"]["name"]) == ('"1"', "Claims")
    unseen = await client.patch(path, json={"name": "Care"})
    assert (unseen.status_code, unseen.json()["code"]) == (428, "precondition_required")
    renamed = await client.patch(path, json={"name": "CLAIMS"}, headers={"If-Match": read.headers["etag"]})
    assert (renamed.status_code, renamed.headers["etag"], renamed.json()["data"]["version"]) == (200, '"2"', 2)
    for stale in ('"1"', 'W/"2"', '"7", "8"', '"no"'):
        late = await client.patch(path, json={"name": "Care"}, headers={"If-Match": stale})
        assert (late.status_code, late.json()["code"], late.json()["version"]) == (412, "changed_meanwhile", 2)
    for good in ('"1", "2"', "*"):
        accepted = await client.patch(path, json={"name": "Care"}, headers={"If-Match": good})
        assert accepted.status_code == 200
    taken = await client.patch(path, json={"name": "sales"}, headers={"If-Match": "*"})
    assert (taken.status_code, taken.json()["unit_id"]) == (409, unit_id("Sales"))
    odd = await client.patch(path, json={"name": "Care"}, headers={"If-Match": "3"})
    assert odd.status_code == 422
    missing = await client.patch(f"{UNITS}/{unit_id('None')}", json={"name": "x"}, headers={"If-Match": "*"})
    assert missing.status_code == 404


async def test_a_unit_is_archived_when_its_members_have_ended_or_are_ended_with_it(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    path, any_version = f"{UNITS}/{unit_id('Claims')}", {"If-Match": "*"}
    instant = "2026-06-10T00:00:00Z"
    refused = await client.post(f"{path}/archive", json={"archived_at": instant}, headers=any_version)
    problem = refused.json()
    assert (refused.status_code, problem["code"], problem["assignments"]) == (409, "still_assigned", 1)
    assert NUMBER in refused.json()["detail"]
    body = {"archived_at": instant, "release_members": True}
    archived = await client.post(f"{path}/archive", json=body, headers=any_version)
    assert (archived.status_code, archived.json()["data"]["archived_at"]) == (200, instant)
    [member] = (await client.get(f"{path}/members")).json()["data"]
    assert (member["member"], member["until_at"], member["version"]) == (NUMBER, instant, 2)
    await allocating.rate(
        a_rated_call("earlier", answered="2026-06-09T23:59:59Z"), a_rated_call("later", answered=instant),
        a_rated_call("named", answered=instant, unit_override=unit_id("Claims")),
    )  # fmt: skip
    assert [charge["unit_id"] for charge in await allocating.charges()] == [unit_id("Claims"), None, None]
    again = {"unit_id": unit_id("Claims"), "member_kind": "number", "member": NUMBER, "from_at": instant}
    late = await client.post("/api/v1/assignments", json=again)
    assert (late.status_code, late.json()["code"]) == (409, "unit_archived")
    shown = (await client.get(UNITS)).json()["data"]
    assert [unit["name"] for unit in shown] == ["Sales"]
    assert len((await client.get(UNITS, params={"archived": "true"})).json()["data"]) == 2
    assert len((await client.get(UNITS, params={"at": "2026-06-09T00:00:00Z"})).json()["data"]) == 2


async def test_calls_in_flight_while_a_unit_is_archived_are_on_the_right_side(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    """Batches and the archiving take turns: whoever comes second sees what the first did."""
    instant = "2026-06-02T08:15:00Z"

    async def rate(partition: int) -> None:
        for step in range(15):
            answered = "2026-06-02T08:14:59.999Z" if step % 2 else instant
            await allocating.rate(a_rated_call(f"{partition}-{step}", answered=answered), partition=partition)

    async def archive() -> httpx.Response:
        await asyncio.sleep(0.05)
        return await client.post(
            f"{UNITS}/{unit_id('Claims')}/archive",
            json={"archived_at": instant, "release_members": True},
            headers={"If-Match": '"1"'},
        )

    *_, answer = await asyncio.gather(rate(1), rate(2), archive())
    assert answer.status_code == 200
    revision = await allocating.pool.fetchval("SELECT revision FROM directory")
    for charge in await allocating.charges():
        decided_after = charge["allocation"]["directory_revision"] == revision
        late = charge["occurred_at"] == instant
        assert charge["unit_id"] == (None if decided_after and late else unit_id("Claims"))


async def people(allocating: Allocating) -> None:
    await allocating.adopt(
        a_user("agent-18"), a_user("agent-19"), a_membership(), a_membership(user="agent-18"),
        an_assignment("evening", kind="team", unit="Sales"), an_assignment("agent-17", kind="user", unit="Sales"),
        an_assignment("agent-19", kind="user", unit="Claims"), an_assignment(OTHER_NUMBER, unit="Claims"),
    )  # fmt: skip


async def test_the_list_counts_persons_once_and_numbers(client: httpx.AsyncClient, allocating: Allocating) -> None:
    await people(allocating)
    shown = (await client.get(UNITS)).json()["data"]
    assert [(unit["name"], unit["users"], unit["numbers"]) for unit in shown] == [("Claims", 1, 2), ("Sales", 2, 0)]
    for sort, first in (("users", "Sales"), ("numbers", "Claims")):
        listed = (await client.get(UNITS, params={"sort": sort, "limit": 1})).json()
        assert listed["data"][0]["name"] == first
        rest = await client.get(UNITS, params={"sort": sort, "limit": 1, "cursor": listed["next_cursor"]})
        assert [unit["name"] for unit in rest.json()["data"]] == [{"Sales": "Claims", "Claims": "Sales"}[first]]
    before = (await client.get(UNITS, params={"at": "2025-12-31T23:59:59Z", "sort": "users"})).json()["data"]
    assert {(unit["users"], unit["numbers"]) for unit in before} == {(0, 0)}
    found = (await client.get(UNITS, params={"search": " SAL"})).json()["data"]
    assert [unit["name"] for unit in found] == ["Sales"]
    bad = await client.get(UNITS, params={"sort": "users", "cursor": (await _cursor_by_name(client))})
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_cursor")


async def _cursor_by_name(client: httpx.AsyncClient) -> str:
    return str((await client.get(UNITS, params={"limit": 1})).json()["next_cursor"])


async def test_a_person_is_shown_once_with_the_teams_they_come_from(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    await people(allocating)
    path = f"{UNITS}/{unit_id('Sales')}"
    shown = (await client.get(f"{path}/users")).json()["data"]
    assert [(user["user_id"], user["directly"], user["teams"]) for user in shown] == [
        ("agent-17", True, ["Evening shift"]),
        ("agent-18", False, ["Evening shift"]),
    ]
    one = (await client.get(f"{path}/users", params={"limit": 1})).json()
    two = (await client.get(f"{path}/users", params={"limit": 1, "cursor": one["next_cursor"]})).json()
    assert [user["user_id"] for user in one["data"] + two["data"]] == ["agent-17", "agent-18"]
    members = (await client.get(f"{path}/members", params={"kind": "team"})).json()["data"]
    assert [(member["member"], member["name"], member["until_at"]) for member in members] == [
        ("evening", "Evening shift", None)
    ]
    assert (await client.get(f"{UNITS}/{unit_id('None')}/users")).status_code == 404
