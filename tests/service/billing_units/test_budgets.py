"""Budgets over HTTP: set, changed and ended as they were read, shown with their standing, published whole."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import httpx
import orjson
import pytest
from jsonschema import Draft202012Validator

from contracts.events.facts import BUDGET_FACT, UNASSIGNED_ALERT_FACT
from contracts.generate.schemas import event_schema
from contracts.topics import BILLING_UNITS_FACTS
from contracts.values.access import Privilege
from services.billing_units.consumers import SERVICE
from tests.support.allocating import Allocating
from tests.support.billing_units_api import api_of, client_of
from tests.support.callers import Signed, a_caller
from tests.support.directory import ACCOUNT, a_rated_call, a_unit, a_working_account, an_account, at, unit_id

CLAIMS, SALES = unit_id("Claims"), unit_id("Sales")
BUDGET = f"/api/v1/billing-units/{CLAIMS}/budget"
THRESHOLD = f"/api/v1/accounts/{ACCOUNT}/unassigned-alert"
NEW = {"If-Match": '"0"'}
JULY = date(2026, 7, 1)


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    """It is noon of 1 July 2026."""
    await allocating.adopt(*a_working_account())
    async with client_of(app, ACCOUNT) as client:
        yield client


async def shown(client: httpx.AsyncClient, path: str = BUDGET, **query: Any) -> dict[str, Any]:
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def put(client: httpx.AsyncClient, version: int, amount: str = "500", **more: Any) -> httpx.Response:
    return await client.put(BUDGET, json={"amount": amount} | more, headers={"If-Match": f'"{version}"'})


async def test_a_unit_without_a_budget_spends_all_the_same(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    await allocating.rate(a_rated_call(answered="2026-07-01T08:00:00Z", booked_period=JULY, amount="3.00"))
    answer = await client.get(BUDGET)
    assert answer.headers["etag"] == '"0"'
    found = answer.json()["data"]
    assert (found["amount"], found["percent"], found["stages"], found["plan"]) == (None, None, [], [])
    assert (found["spent"], found["booked_period"], found["ends_on"]) == ("3.000000", "2026-07-01", "2026-08-01")
    assert found["forecast"]["basis"] == "too_early"


async def test_a_budget_is_set_and_stands_with_stages_and_forecast(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    """Added up or not yet: what is spent is the same."""
    days = [date(2026, 6, 3) + timedelta(days=number) for number in range(28)]
    await allocating.rate(
        *(a_rated_call(f"{day}", answered=f"{day}T08:00:00Z", amount="7.00") for day in days),
        a_rated_call("today", answered="2026-07-01T08:00:00Z", booked_period=JULY, amount="1.50"),
    )
    made = await put(client, 0, "200.00", stages=[1, 50])
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    fresh = await shown(client)
    await allocating.add_up()
    found = await shown(client)
    assert fresh | {"stages": None} == found | {"stages": None}
    assert (found["spent"], found["percent"], found["currency"], found["version"]) == ("1.500000", "0.75", "EUR", 1)
    assert found["stages"] == [
        {"percent": 1, "amount": "2.000000", "reached_at": None},
        {"percent": 50, "amount": "100.000000", "reached_at": None},
    ]
    assert found["forecast"] == {
        "basis": "weekdays",
        "amount": "217.000000",
        "says": "What is spent so far, and for each day left the mean of the same weekday from 2026-06-03 to "
        "2026-06-30.",
        "days": 28,
        "from_on": "2026-06-03",
        "until_on": "2026-07-01",
    }
    assert found["forecast_percent"] == "108.50"
    june = await shown(client, period="2026-06-30")
    assert (june["booked_period"], june["spent"], june["amount"]) == ("2026-06-01", "196.000000", None)
    assert (june["forecast"]["basis"], june["forecast"]["amount"]) == ("over", "196.000000")
    august = await shown(client, period="2026-08-01")
    assert (august["spent"], august["amount"], august["forecast"]["basis"]) == (
        "0.000000", "200.000000", "not_begun",
    )  # fmt: skip


async def test_what_was_said_last_of_a_period_holds(client: httpx.AsyncClient) -> None:
    await put(client, 0, "500")
    await put(client, 1, "900", from_period="2026-12-01", only=True)
    ended = await client.delete(BUDGET, params={"from_period": "2027-03-01"}, headers={"If-Match": '"2"'})
    assert (ended.status_code, ended.headers["etag"]) == (200, '"3"')
    spans = [(span["from_period"], span["until_period"], span["amount"]) for span in ended.json()["data"]["plan"]]
    assert spans == [
        ("2026-07-01", "2026-12-01", "500.000000"),
        ("2026-12-01", "2027-01-01", "900.000000"),
        ("2027-01-01", "2027-03-01", "500.000000"),
    ]
    for period, amount in (("2026-12-31", "900.000000"), ("2027-01-01", "500.000000"), ("2027-03-01", None)):
        assert (await shown(client, period=period))["amount"] == amount
    assert (await shown(client))["plan"] == ended.json()["data"]["plan"]


async def test_a_change_that_was_not_seen_is_not_overwritten(client: httpx.AsyncClient) -> None:
    assert (await client.put(BUDGET, json={"amount": "1"})).status_code == 428
    assert (await put(client, 0)).status_code == 200
    late = await put(client, 0)
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (412, "changed_meanwhile", 1)
    late = await client.delete(BUDGET, headers=NEW)
    assert late.status_code == 412
    assert (await shown(client))["version"] == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"amount": "0"}, "more than 0"),
        ({"amount": "0.0000001"}, None),
        ({"amount": 5}, None),
        ({"amount": "NaN"}, None),
        ({"amount": "-1"}, None),
        ({"amount": "1" * 15}, None),
        ({"amount": "5", "stages": []}, "1 to 10 stages"),
        ({"amount": "5", "stages": [80, 50]}, "they ascend"),
        ({"amount": "5", "stages": [True]}, None),
        ({"amount": "5", "from_period": "2026-07-02"}, "from 2026-07-01 to 2026-08-01"),
        ({"amount": "5", "from_period": "2099-06-01"}, None),
        ({"amount": "5", "currency": "USD"}, None),
    ],
)
async def test_what_cannot_be_a_budget_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], says: str | None
) -> None:
    refused = await client.put(BUDGET, json=body, headers=NEW)
    assert refused.status_code == 422, refused.text
    assert says is None or says in refused.json()["detail"]
    assert (await shown(client))["version"] == 0


async def test_periods_begin_where_the_account_s_do(client: httpx.AsyncClient, allocating: Allocating) -> None:
    await allocating.adopt(an_account(version=2, anchor_day=15))
    refused = await put(client, 0, from_period="2026-07-01")
    assert "from 2026-06-15 to 2026-07-15" in refused.json()["detail"]
    assert (await put(client, 0, from_period="2026-07-15", only=True)).status_code == 200
    [span] = (await shown(client))["plan"]
    assert (span["from_period"], span["until_period"]) == ("2026-07-15", "2026-08-15")
    assert (await shown(client))["booked_period"] == "2026-06-15"


async def test_what_is_not_there_is_said(client: httpx.AsyncClient, allocating: Allocating) -> None:
    nowhere = f"/api/v1/billing-units/{unit_id('Nowhere')}/budget"
    for answer in (
        await client.get(nowhere),
        await client.put(nowhere, json={"amount": "1"}, headers=NEW),
        await client.delete(nowhere, headers=NEW),
        await client.delete(BUDGET, headers=NEW),
        await client.get(THRESHOLD.replace(ACCOUNT, "other")),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), answer.text
    await put(client, 0, only=True)
    gone = await client.delete(BUDGET, params={"from_period": "2026-08-01"}, headers={"If-Match": "*"})
    assert gone.status_code == 404 and "no budget from 2026-08-01 on" in gone.json()["detail"]
    await allocating.adopt(a_unit("Claims", version=2, archived_at=at("2026-06-30T00:00:00Z")))
    archived = await put(client, 1)
    assert (archived.status_code, archived.json()["code"]) == (409, "unit_archived")


async def test_all_budgets_of_a_period_are_listed_by_name(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    names = ["zebra", "Acorn", "Märchen", "beech"]
    await allocating.adopt(*(a_unit(name) for name in names))
    for name in names:
        path = f"/api/v1/billing-units/{unit_id(name)}/budget"
        assert (await client.put(path, json={"amount": "5"}, headers=NEW)).status_code == 200
    seen: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        answer = await client.get("/api/v1/budgets", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        seen += answer.json()["data"]
        cursor = answer.json()["next_cursor"]
    assert [row["unit_name"] for row in seen] == ["Acorn", "beech", "Märchen", "zebra"]
    assert {row["amount"] for row in seen} == {"5.000000"} and "name_key" not in seen[0]
    assert seen[0]["forecast"]["basis"] == "too_early"
    june = (await client.get("/api/v1/budgets", params={"period": "2026-06-01"})).json()
    assert june == {"data": [], "next_cursor": None}
    assert (await client.get("/api/v1/budgets", params={"cursor": "WyJ4IiwieSJd"})).json()["code"] == "bad_cursor"


async def test_every_change_is_a_fact_that_says_all(client: httpx.AsyncClient, allocating: Allocating) -> None:
    await put(client, 0, "500")
    await put(client, 1, "900", from_period="2026-12-01", only=True)
    await client.put(THRESHOLD, json={"threshold_percent": "2.5"}, headers=NEW)
    facts = await allocating.published(BILLING_UNITS_FACTS.name)
    for kind in (BUDGET_FACT, UNASSIGNED_ALERT_FACT):
        schema = Draft202012Validator(event_schema(kind))
        found = [fact for fact in facts if fact["type"] == kind.name]
        assert found and not [e for fact in found for e in schema.iter_errors(orjson.loads(orjson.dumps(fact)))]
    budgets = [fact["data"] for fact in facts if fact["type"] == BUDGET_FACT.name]
    assert [(fact["unit_id"], fact["version"], len(fact["spans"])) for fact in budgets] == [
        (CLAIMS, 1, 1), (CLAIMS, 2, 3),
    ]  # fmt: skip
    [threshold] = [fact["data"] for fact in facts if fact["type"] == UNASSIGNED_ALERT_FACT.name]
    assert threshold == {
        "account_id": ACCOUNT, "version": 1, "threshold_percent": "2.5", "minimum_amount": "0",
    }  # fmt: skip


async def test_the_threshold_is_said_and_read_again(client: httpx.AsyncClient, allocating: Allocating) -> None:
    stands = await client.get(THRESHOLD)
    assert stands.headers["etag"] == '"0"'
    assert (stands.json()["data"]["threshold_percent"], stands.json()["data"]["minimum_amount"]) == (
        "5.00", "0.000000",
    )  # fmt: skip
    for body in ({"threshold_percent": "101"}, {"threshold_percent": 5}, {"threshold_percent": "5.123"}, {}):
        assert (await client.put(THRESHOLD, json=body, headers=NEW)).status_code == 422
    body = {"threshold_percent": "50", "minimum_amount": "2.00"}
    made = await client.put(THRESHOLD, json=body, headers=NEW)
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    assert (await client.put(THRESHOLD, json=body, headers=NEW)).status_code == 412
    await allocating.rate(a_rated_call(amount="1.00"), a_rated_call("nobody", own_number=None, amount="1.50"))
    june = await shown(client, THRESHOLD, period="2026-06-01")
    assert (june["share_percent"], june["unassigned_amount"], june["total_amount"], june["passed"]) == (
        "60.00", "1.500000", "2.500000", False,
    )  # fmt: skip
    days = {"use_on[gte]": "2026-06-01", "use_on[lt]": "2026-07-01"}
    share = (await client.get("/api/v1/unassigned/share", params=days)).json()["data"]
    assert (share["threshold"], share["alert"]) == ("0.50", False), "the account's own where none is said"
    share = (await client.get("/api/v1/unassigned/share", params=days | {"threshold": "0.05"})).json()["data"]
    assert share["alert"] is True


async def test_who_may_only_view_changes_nothing_and_other_accounts_see_nothing(
    client: httpx.AsyncClient, database: str, app: Any
) -> None:
    await put(client, 0)
    viewer = Signed(caller=a_caller(ACCOUNT, Privilege.VIEW_BILLING_UNIT), audience=SERVICE)
    assert (await client.get(BUDGET, auth=viewer)).status_code == 200
    for method, path in (("PUT", BUDGET), ("DELETE", BUDGET), ("PUT", THRESHOLD)):
        refused = await client.request(method, path, auth=viewer, headers=NEW, json={"amount": "1"})
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_privilege")
    async with client_of(app, "other") as stranger:
        assert (await stranger.get(BUDGET)).status_code == 404
        assert (await stranger.put(BUDGET, json={"amount": "1"}, headers=NEW)).status_code == 404


async def test_who_said_so_is_kept(client: httpx.AsyncClient, allocating: Allocating) -> None:
    editor = Signed(caller=a_caller(ACCOUNT, Privilege.EDIT_BILLING_UNIT), audience=SERVICE)
    made = await client.put(BUDGET, json={"amount": "5"}, headers=NEW, auth=editor)
    assert made.status_code == 200
    assert await allocating.pool.fetchval("SELECT author FROM budget_version") == "person somebody"


async def test_the_present_period_is_that_of_the_account_s_own_midnight(
    allocating: Allocating, database: str
) -> None:
    """30 June, 23:30 UTC, is 1 July in London."""
    await allocating.adopt(*a_working_account())
    async with (
        api_of(database, clock=lambda: at("2026-06-30T23:30:00Z")) as app,
        client_of(app, ACCOUNT) as client,
    ):
        assert (await shown(client))["booked_period"] == "2026-07-01"
