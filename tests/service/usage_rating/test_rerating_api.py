"""Re-ratings over HTTP: asked for, looked at in pages, approved or cancelled by name, and nobody else's."""

from base64 import urlsafe_b64encode
from typing import Any

import httpx
import orjson
import pytest

from chassis.outbox.packing import unpack_messages
from contracts.topics import USAGE_RATING_FACTS
from contracts.values.access import CallerKind, Privilege
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.callers import a_caller, statement
from tests.support.rating import Rating
from tests.support.rating_api import of, problem_in
from tests.support.rating_records import an_account_fact

PATH = "/api/v1/reratings"
MARCH = {"from_at": "2026-03-01T00:00:00Z", "to_at": "2026-04-01T00:00:00Z", "reason": "the deck was wrong"}


@pytest.fixture
async def ready(rating: Rating) -> Rating:
    """Seven calls to two destinations, then a dearer plan."""
    await rating.know(an_account_fact(), an_account_fact("other"))
    await rating.use(a_plan(a_rate("49", a_price("0.06")), a_rate("33", a_price("0.06"))))
    await rating.rate(
        *(a_call(call_id=f"call-{n}", to="+33123456789" if n % 3 == 0 else "+4930123456") for n in range(7))
    )
    await rating.use(a_plan(a_rate("49", a_price("0.12")), a_rate("33", a_price("0.03"))))
    return rating


async def asked(http: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await http.post(PATH, json={**MARCH, **more}, headers=of("acme"))
    assert answer.status_code == 202, answer.text
    data: dict[str, Any] = answer.json()["data"]
    assert answer.headers["Location"] == f"{PATH}/{data['rerating_id']}"
    return data


async def every(http: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """All pages of a list, one or two rows at a time."""
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await http.get(path, params={"limit": 2, **query, **cursor}, headers=of("acme"))
        assert answer.status_code == 200, answer.text
        rows += answer.json()["data"]
        if answer.json()["next_cursor"] is None:
            return rows
        cursor = {"cursor": answer.json()["next_cursor"]}


async def test_it_is_asked_for_previewed_and_approved(http: httpx.AsyncClient, ready: Rating) -> None:
    made = await asked(http)
    assert (made["state"], made["course"], made["asked_by"]) == ("requested", None, "operator somebody")
    await ready.work_off(chunk=2)
    path = f"{PATH}/{made['rerating_id']}"
    shown = (await http.get(path, headers=of("acme"))).json()["data"]
    assert (shown["state"], shown["examined"], shown["changes"]) == ("previewed", 7, 7)
    assert (shown["amount_before"], shown["amount_after"]) == ("0.420000", "0.570000")
    assert shown["difference"] == "0.150000" and shown["currency"] == "EUR"
    assert [(one["account_id"], one["plan_version"]) for one in shown["course"]] == [("*", 2)]

    changes = await every(http, f"{path}/changes")
    assert len({change["usage_id"] for change in changes}) == 7
    assert {(one["amount_before"], one["amount_after"]) for one in changes} == {
        ("0.060000", "0.120000"),
        ("0.060000", "0.030000"),
    }
    totals = await every(http, f"{path}/totals", by="destination")
    assert [(one["name"], one["changes"], one["amount_before"], one["amount_after"]) for one in totals] == [
        ("destination 33", 3, "0.180000", "0.090000"),
        ("destination 49", 4, "0.240000", "0.480000"),
    ]
    assert [one["name"] for one in await every(http, f"{path}/totals", by="user")] == [None]
    assert await every(http, f"{path}/totals", by="reason") == []

    person = a_caller("acme", Privilege.EDIT_BILLING, kind=CallerKind.API_KEY)
    headers = {"Authorization": statement(person, "usage_rating")}
    approved = (await http.post(f"{path}/approve", headers=headers)).json()["data"]
    assert (approved["state"], approved["approved_by"]) == ("approved", "api key somebody")
    problem_in(await http.post(f"{path}/approve", headers=of("acme")), 409, "not_previewed")
    problem_in(await http.post(f"{path}/cancel", headers=of("acme")), 409, "not_cancellable")
    await ready.work_off()
    shown = (await http.get(path, headers=of("acme"))).json()["data"]
    assert (shown["state"], shown["posted"], shown["skipped"]) == ("posted", 7, 0)
    assert await every(http, f"{path}/changes", skipped=True) == []
    assert str(await ready.total()) == "0.570000"


async def test_what_is_cancelled_is_never_posted(http: httpx.AsyncClient, ready: Rating) -> None:
    ids = [(await asked(http))["rerating_id"] for _ in range(3)]
    cancelled = await http.post(f"{PATH}/{ids[0]}/cancel", headers=of("acme"))
    assert cancelled.json()["data"]["state"] == "cancelled"
    await ready.work_off()
    assert (await http.post(f"{PATH}/{ids[1]}/cancel", headers=of("acme"))).status_code == 200
    problem_in(await http.post(f"{PATH}/{ids[1]}/approve", headers=of("acme")), 409, "not_previewed")
    listed = await every(http, PATH)
    assert [(one["rerating_id"], one["state"]) for one in listed] == [
        (ids[2], "previewed"),
        (ids[1], "cancelled"),
        (ids[0], "cancelled"),
    ]
    assert str(await ready.total()) == "0.420000"


async def test_what_cannot_be_asked_is_refused(http: httpx.AsyncClient, ready: Rating) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"to_at": MARCH["from_at"]}, "bad_range"),
        ({"to_at": "2027-06-01T00:00:00Z"}, "bad_range"),
        ({"plan_id": "nowhere"}, "unknown_plan"),
        ({"plan_id": "plan", "plan_version": 9}, "unknown_plan"),
        ({"plan_version": 1}, "plan_not_named"),
        ({"plan_id": "plan", "plan_version": 0}, "invalid"),
        ({"plan_id": "plan", "plan_version": 2**31}, "invalid"),
        ({"reason": ""}, "invalid"),
        ({"reason": "a\u0000b"}, "invalid"),
        ({"from_at": "2026-03-01"}, "invalid"),
        ({"to_at": "2026-04-01T00:00:00"}, "invalid"),
        ({"approved": True}, "invalid"),
    ]
    for body, code in wrong:
        problem_in(await http.post(PATH, json={**MARCH, **body}, headers=of("acme")), 422, code)
    problem_in(await http.post(PATH, json=MARCH, headers=of("nobody")), 422, "unknown_account")
    problem_in(await http.post(PATH, json=MARCH, headers=of("*")), 422, "invalid")
    assert await ready.ingest.fetchval("SELECT count(*) FROM rerating") == 0
    nowhere = f"{PATH}/019a0000-0000-7000-8000-000000000000"
    for method, path in (("GET", ""), ("GET", "/changes"), ("POST", "/approve"), ("POST", "/cancel")):
        problem_in(await http.request(method, nowhere + path, headers=of("acme")), 404, "not_found")
    half = urlsafe_b64encode(b'["019a0000-0000-7000-8000-000000000000","b"]').decode()
    for cursor in ("x", "W10=", "WyJhIl0=", "WyJhIiwiYiJd", half):
        path = f"{PATH}/{(await asked(http))['rerating_id']}/changes"
        problem_in(await http.get(path, params={"cursor": cursor}, headers=of("acme")), 422, "bad_cursor")


async def test_nobody_meets_the_re_ratings_of_another_account(http: httpx.AsyncClient, ready: Rating) -> None:
    path = f"{PATH}/{(await asked(http))['rerating_id']}"
    await ready.work_off()
    assert (await http.get(PATH, headers=of("other"))).json()["data"] == []
    for method, end in (("GET", ""), ("GET", "/changes"), ("POST", "/approve"), ("POST", "/cancel")):
        problem_in(await http.request(method, path + end, headers=of("other")), 404, "not_found")
    problem_in(await http.get(f"{path}/totals", params={"by": "user"}, headers=of("other")), 404, "not_found")
    viewer = a_caller("acme", Privilege.VIEW_BILLING_UNIT, Privilege.EDIT_BILLING_UNIT)
    limited = a_caller("acme", Privilege.EDIT_BILLING, units=["5ccfd1e1-a15d-506a-84e7-b4431c35fb7d"])
    for caller, code in ((viewer, "missing_privilege"), (limited, "limited_to_units")):
        headers = {"Authorization": statement(caller, "usage_rating")}
        problem_in(await http.get(path, headers=headers), 403, code)
        problem_in(await http.post(f"{path}/approve", headers=headers), 403, code)


async def test_who_asks_approves_and_cancels_is_in_the_audit_log_and_told_as_a_fact(
    http: httpx.AsyncClient, ready: Rating
) -> None:
    first, second = (await asked(http))["rerating_id"], (await asked(http, plan_id="plan"))["rerating_id"]
    await ready.work_off()
    assert (await http.post(f"{PATH}/{first}/approve", headers=of("acme"))).status_code == 200
    assert (await http.post(f"{PATH}/{second}/cancel", headers=of("acme"))).status_code == 200
    answer = (await http.get("/api/v1/audit/usage-rating", headers=of("acme"))).json()
    assert answer["broken_at"] is None
    entries = [(entry["action"], entry["subject"]) for entry in reversed(answer["data"])]
    assert entries == [
        ("rerating.ask", first),
        ("rerating.ask", second),
        ("rerating.approve", first),
        ("rerating.cancel", second),
    ]
    said = orjson.loads(answer["data"][2]["after"])
    assert (said["state"], said["from_at"], said["to_at"]) == ("requested", MARCH["from_at"], MARCH["to_at"])
    assert (said["plan_id"], said["plan_version"]) == ("plan", None)
    assert "deck was wrong" not in str(answer), "a reason may name a person, and an entry cannot be erased"
    rows = await ready.ingest.fetch(
        "SELECT messages FROM outbox WHERE topic = $1 AND lane = 'commands/acme' ORDER BY first_seq",
        USAGE_RATING_FACTS.name,
    )
    facts = [orjson.loads(unpack_messages(row["messages"]).values[0] or b"")["data"] for row in rows]
    assert [(fact["rerating_id"], fact["version"], fact["state"]) for fact in facts] == [
        (first, 1, "requested"),
        (second, 1, "requested"),
        (first, 2, "approved"),
        (second, 2, "cancelled"),
    ]
    assert "deck was wrong" not in str(facts)
