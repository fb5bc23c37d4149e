"""The Unassigned inbox: by number and user, with a suggestion and why, empty once it is followed."""

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
    a_user,
    a_working_account,
    an_assignment,
    its_reversal,
    unit_id,
)

DAYS = {"use_on[gte]": "2026-06-01", "use_on[lt]": "2026-07-01"}
CLAIMS, SALES = unit_id("Claims"), unit_id("Sales")


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    await allocating.adopt(
        *a_working_account(), a_number(OTHER_NUMBER), a_user("ben"), a_user("eve"),
        an_assignment(version=2, until="2026-06-05T00:00:00Z"),
        an_assignment("ben", kind="user", unit="Sales", since="2026-06-20T00:00:00Z"),
        an_assignment("eve", kind="user", unit="Sales", until="2026-06-05T00:00:00Z"),
    )  # fmt: skip
    late = "2026-06-10T08:00:00Z"
    taken_back = a_rated_call("taken-back", own_number="withheld", amount="9.00")
    await allocating.rate(
        a_rated_call("number", answered=late, amount="0.50"),
        a_rated_call("number-2", answered=late, amount="0.25"),
        a_rated_call("ben", answered=late, own_number=None, user="ben", amount="0.40"),
        a_rated_call("eve-before", own_number=None, user="eve", amount="0.10"),
        a_rated_call("eve", answered=late, own_number=None, user="eve", amount="0.30"),
        a_rated_call("nobody", answered=late, own_number=OTHER_NUMBER, amount="0.20"),
        taken_back, its_reversal(taken_back),
        a_rated_call("may", answered="2026-05-31T08:00:00Z", own_number=OTHER_NUMBER, amount="7.00"),
    )  # fmt: skip
    async with client_of(app, ACCOUNT) as client:
        yield client


async def inbox(client: httpx.AsyncClient, **more: str) -> dict[str, Any]:
    answer = await client.get("/api/v1/unassigned", params=DAYS | more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_groups_come_dearest_first_with_a_suggestion_and_why(client: httpx.AsyncClient) -> None:
    groups = (await inbox(client))["data"]
    assert [(each["own_number"], each["user_id"], each["amount"], each["calls"]) for each in groups] == [
        (NUMBER, None, "0.750000", 2),
        (None, "ben", "0.400000", 1),
        (None, "eve", "0.300000", 1),
        (OTHER_NUMBER, None, "0.200000", 1),
    ]
    assert [each["suggestion"] for each in groups] == [
        {"unit_id": CLAIMS, "why": "the number was in this unit until 2026-06-05T00:00:00+00:00"},
        {"unit_id": SALES, "why": "the user is in this unit now"},
        {"unit_id": SALES, "why": "this unit owes most of the user's other calls (1)"},
        None,
    ]


async def test_pages_go_on_where_they_ended(client: httpx.AsyncClient) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        answer = await inbox(client, limit="1", **({"cursor": cursor} if cursor else {}))
        seen += [each["amount"] for each in answer["data"]]
        cursor = answer["next_cursor"]
    assert seen == ["0.750000", "0.400000", "0.300000", "0.200000"]
    for bad in ("WyJ4IiwieSJd", "WyJOYU4iLCJ5Il0=", "WyIxRSs5OTk5OTkiLCJ5Il0="):
        refused = await client.get("/api/v1/unassigned", params=DAYS | {"cursor": bad})
        assert (refused.status_code, refused.json()["code"]) == (422, "bad_cursor")


async def test_who_follows_the_suggestion_empties_the_inbox(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    share = (await client.get("/api/v1/unassigned/share", params=DAYS)).json()["data"]
    assert (share["unassigned"], share["total"], share["share"], share["alert"]) == (
        "1.650000", "1.750000", "0.9429", True,
    )  # fmt: skip
    for group in (await inbox(client))["data"]:
        unit = (group["suggestion"] or {"unit_id": SALES})["unit_id"]
        members = {"numbers": [group["own_number"]]} if group["own_number"] else {"users": [group["user_id"]]}
        body = members | {"from_at": group["first_at"], "until_at": "2026-06-15T00:00:00Z"}
        made = await client.post(f"/api/v1/billing-units/{unit}/members", json=body)
        assert made.status_code == 201, made.text
    await allocating.work_off()
    assert (await inbox(client))["data"] == []
    share = (await client.get("/api/v1/unassigned/share", params=DAYS | {"threshold": "0"})).json()["data"]
    assert (share["unassigned"], share["alert"]) == ("0.000000", False)
