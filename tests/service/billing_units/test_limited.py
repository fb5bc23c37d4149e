"""Who is limited to units sees their figures only, and every other unit is as one that does not exist."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest

from chassis.database import account_transaction
from contracts.values.access import Privilege, Reach
from services.billing_units.consumers import SERVICE
from services.billing_units.domain.access import POLICIES
from tests.service.billing_units.limited_rows import OF_ALL, OUTGOING, OWN, SEEN, UNSEEN, put_spend
from tests.support.allocating import Allocating, api_pool
from tests.support.callers import Signed, a_caller
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

CLAIMS, SALES, NOBODYS = unit_id("Claims"), unit_id("Sales"), unit_id("nobody ever heard of it")
NOT_HELD = "+442079460099"


def client_of(app: Any, units: Iterable[str] | None) -> httpx.AsyncClient:
    caller = a_caller(ACCOUNT, Privilege.EDIT_BILLING_UNIT, Privilege.EDIT_BILLING, units=units)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://bu",
        auth=Signed(caller=caller, audience=SERVICE),
        timeout=60,
    )


@pytest.fixture
async def house(app: Any, allocating: Allocating) -> Any:
    """Claims with a number and a team; Sales with a number, a user, and half of the team's use; one call of each,
    one that both share, and one that nobody owes."""
    await allocating.adopt(
        *a_working_account(),
        *(
            a_number(OTHER_NUMBER),
            a_team(),
            a_team("day"),
            a_user("ben"),
            a_membership(),
            a_membership("day", "ben"),
        ),
        *(an_assignment("evening", kind="team"), an_assignment("agent-17", "Sales", kind="user")),
        *(an_assignment(OTHER_NUMBER, "Sales"), an_assignment("day", "Sales", kind="team")),
        an_account(version=2, split_policy="weighted"),
    )
    await allocating.rate(
        a_rated_call("claims"),
        a_rated_call("sales", own_number=OTHER_NUMBER, answered="2026-06-02T09:00:00Z"),
        a_rated_call("both", own_number=None, user="agent-17", answered="2026-06-02T10:00:00Z"),
        a_rated_call("nobody", own_number=NOT_HELD, answered="2026-06-02T11:00:00Z"),
    )
    return app


@pytest.fixture
async def limited(house: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(house, [CLAIMS]) as client:
        yield client


async def data(client: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.mark.parametrize("sort", ["name", "users", "numbers"])
async def test_the_list_and_its_counts_are_of_own_units(limited: httpx.AsyncClient, house: Any, sort: str) -> None:
    [unit] = await data(limited, "billing-units", sort=sort)
    assert (unit["name"], unit["users"], unit["numbers"]) == ("Claims", 1, 1)
    assert await data(limited, "billing-units", sort=sort, search="sal") == []
    async with client_of(house, None) as all_of_it:
        everything = {one["name"]: one for one in await data(all_of_it, "billing-units", sort=sort)}
    assert everything["Claims"] == unit and everything["Sales"]["users"] == 2
    async with client_of(house, []) as none:
        assert await data(none, "billing-units", sort=sort) == []
    async with client_of(house, [CLAIMS, SALES, NOBODYS]) as both:
        pages = [await both.get("/api/v1/billing-units", params={"sort": sort, "limit": 1})]
        pages.append(
            await both.get(
                "/api/v1/billing-units", params={"sort": sort, "limit": 1, "cursor": pages[0].json()["next_cursor"]}
            )
        )
        assert sorted(page.json()["data"][0]["name"] for page in pages) == ["Claims", "Sales"]
        assert pages[1].json()["next_cursor"] is None


async def test_own_members_are_shown(limited: httpx.AsyncClient) -> None:
    [person] = await data(limited, f"billing-units/{CLAIMS}/users")
    assert (person["name"], person["teams"]) == ("Ada Moss", ["Evening shift"])
    members = await data(limited, f"billing-units/{CLAIMS}/members")
    assert [(row["member_kind"], row["member"], row["name"]) for row in members] == [
        ("number", NUMBER, None),
        ("team", "evening", "Evening shift"),
    ]


@pytest.mark.parametrize("path", ["", "/users", "/members", "/budget"])
async def test_another_unit_is_as_one_that_does_not_exist(limited: httpx.AsyncClient, path: str) -> None:
    answers = [await limited.get(f"/api/v1/billing-units/{unit}{path}") for unit in (SALES, NOBODYS)]
    assert [answer.status_code for answer in answers] == [404, 404]
    hidden, missing = (
        answer.text.replace(unit, "…") for answer, unit in zip(answers, (SALES, NOBODYS), strict=True)
    )
    assert hidden == missing


async def test_charges_are_of_own_units_and_never_unassigned(limited: httpx.AsyncClient, house: Any) -> None:
    own = await data(limited, "charges")
    assert [(charge["unit_id"], charge["amount"]) for charge in own] == [(CLAIMS, "0.045830"), (CLAIMS, "0.022915")]
    assert await data(limited, "charges", unit_id=CLAIMS) == own
    assert await data(limited, "charges", use_on="2026-06-03") == []
    for unit in (SALES, NOBODYS, "unassigned"):
        assert await data(limited, "charges", unit_id=unit) == [], unit
    async with client_of(house, []) as none:
        assert await data(none, "charges") == []
    async with client_of(house, [SALES, CLAIMS]) as both:
        first = (await both.get("/api/v1/charges", params={"limit": 3})).json()
        rest = (await both.get("/api/v1/charges", params={"limit": 3, "cursor": first["next_cursor"]})).json()
        began = [charge["billed_at"] for charge in first["data"] + rest["data"]]
        assert began == sorted(began) and len(began) == 4 and rest["next_cursor"] is None


async def test_an_explanation_of_another_s_charge_does_not_exist(limited: httpx.AsyncClient, house: Any) -> None:
    async with client_of(house, None) as all_of_it:
        charges = await data(all_of_it, "charges")
    assert len(charges) == 5
    missing = await limited.get(f"/api/v1/charges/{NOBODYS}/explanation")
    assert missing.status_code == 404
    for charge in charges:
        charge_id = charge["charge_id"]
        answer = await limited.get(f"/api/v1/charges/{charge_id}/explanation")
        if charge["unit_id"] == CLAIMS:
            found = answer.json()["data"]
            assert found["unit_name"] == "Claims" and {row["member"] for row in found["decided_by"]} <= {
                NUMBER,
                "evening",
            }
        else:
            assert answer.status_code == 404
            assert answer.text.replace(charge_id, "…") == missing.text.replace(NOBODYS, "…")


async def test_budgets_are_of_own_units(limited: httpx.AsyncClient, house: Any) -> None:
    async with client_of(house, None) as all_of_it:
        for unit in (CLAIMS, SALES):
            path = f"/api/v1/billing-units/{unit}/budget"
            body = {"amount": "10", "from_period": "2026-06-01"}
            put = await all_of_it.put(path, json=body, headers={"If-Match": '"0"'})
            assert put.status_code == 200, put.text
    june = {"period": "2026-06-01"}
    own = await limited.get(f"/api/v1/billing-units/{CLAIMS}/budget", params=june)
    assert own.status_code == 200 and own.json()["data"]["spent"] == "0.068745"
    listed = await limited.get("/api/v1/budgets", params=june)
    assert [row["unit_id"] for row in listed.json()["data"]] == [CLAIMS]


async def test_the_account_is_shown_as_far_as_figures_need_it(limited: httpx.AsyncClient) -> None:
    shown = await data(limited, f"accounts/{ACCOUNT}")
    assert shown == {
        "account_id": ACCOUNT,
        "name": "Harbour Care",
        "currency": "EUR",
        "zone": "Europe/London",
        "anchor_day": 1,
    }


def test_every_operation_that_narrows_itself_is_looked_at_here() -> None:
    """One that is opened to limited callers gets a test of its own, above, and its line here."""
    assert {operation for operation, policy in POLICIES.items() if policy.reach is Reach.UNITS} == {
        "GET /api/v1/accounts/{account_id}",
        "GET /api/v1/billing-units",
        "GET /api/v1/billing-units/{unit_id}",
        "GET /api/v1/billing-units/{unit_id}/users",
        "GET /api/v1/billing-units/{unit_id}/members",
        "GET /api/v1/billing-units/{unit_id}/budget",
        "GET /api/v1/budgets",
        "GET /api/v1/charges",
        "GET /api/v1/charges/{charge_id}/explanation",
    }


async def test_everything_else_is_refused(limited: httpx.AsyncClient) -> None:
    for operation, policy in POLICIES.items():
        if policy.reach is not Reach.UNITS and Privilege.ADMINISTER not in policy.any_of:
            method, path = operation.split(" ")
            path = (
                path.replace("{unit_id}", CLAIMS).replace("{account_id}", ACCOUNT).replace("{", "").replace("}", "")
            )
            answer = await limited.request(method, path)
            assert (answer.status_code, answer.json()["code"]) == (403, "limited_to_units"), operation


async def test_a_statement_that_forgets_its_units_shows_no_other(
    house: Any, database: str, allocating: Allocating
) -> None:
    """Row-level security stands beneath: whatever a handler asks, of any table."""
    await allocating.adopt(a_unit("North"), a_user("cleo"), a_number(NOT_HELD), a_team("lonely"))
    await put_spend(database)
    api = await api_pool(database)
    tables = await allocating.pool.fetch(
        """
        SELECT c.relname AS name FROM pg_class c
        WHERE c.relnamespace = 'billing_units'::regnamespace AND c.relkind IN ('r', 'p')
          AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id')
          AND has_table_privilege('ringledger_billing_units_api', c.oid, 'SELECT')
        """
    )
    try:
        seen: dict[str, dict[str, list[Any]]] = {}
        for units in (None, [CLAIMS], []):
            async with account_transaction(api, ACCOUNT, units) as connection:
                seen[str(units)] = {
                    row["name"]: await connection.fetch(f"SELECT * FROM {row['name']}") for row in tables
                }
        async with account_transaction(api, ACCOUNT) as connection:
            assert len(await connection.fetch("SELECT FROM unit")) == 3, "a limit ends with its transaction"
    finally:
        await api.close()
    everything, own, nothing = seen.values()
    assert {name for name, rows in nothing.items() if rows} <= OF_ALL | OUTGOING
    for name, key in OWN.items():
        assert {row[key] if isinstance(row[key], str) else str(row[key]) for row in own[name]} == SEEN[name], name
        assert len(own[name]) < len(everything[name]), name
    assert set(everything) <= OF_ALL | OUTGOING | set(OWN) | UNSEEN, (
        "a new table says what a limited caller sees of it"
    )
    assert all(not own[name] for name in UNSEEN & set(own))
