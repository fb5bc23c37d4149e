"""Plans over HTTP: decks and documents, versions, problems in one form, and nobody else's account."""

from dataclasses import replace
from typing import Any

import httpx
import orjson

from chassis.outbox.packing import unpack_messages
from contracts.events.facts import PLAN_ACTIVATION_FACT, PLAN_FACT, PLAN_PART_FACT
from contracts.topics import USAGE_RATING_FACTS
from contracts.values.access import Privilege
from services.usage_rating.domain.document import digest_of, parse_document
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.callers import a_caller, statement
from tests.support.rating import Rating
from tests.support.rating_api import DECK, TERMS, of, problem_in, send_deck, send_document
from tests.support.rating_records import an_account_fact


async def test_a_deck_is_loaded_versioned_and_rates(http: httpx.AsyncClient, rating: Rating) -> None:
    await rating.know(an_account_fact())
    first, second = await send_deck(http), await send_deck(http, DECK.replace("0.05", "0.04"))
    assert (first.status_code, second.status_code) == (201, 201)
    assert [answer.json()["data"]["version"] for answer in (first, second)] == [1, 2]
    assert first.json()["data"]["rates"] == 2
    assert first.json()["data"]["sha256"] != second.json()["data"]["sha256"]
    await rating.rate(a_call(), a_call(call_id="other", to="+4989123456"))
    amounts = {data["call_id"]: data["amount"] for data in await rating.published()}
    assert amounts == {"call-1": "0.040000", "other": "0.060000"}
    listed = (await http.get("/api/v1/plans", headers=of("acme"))).json()["data"]
    assert [(plan["plan_id"], plan["version"]) for plan in listed] == [("deck", 2), ("deck", 1)]


async def test_a_document_s_facts_join_to_its_digest(http: httpx.AsyncClient, rating: Rating) -> None:
    plan = a_plan(*(a_rate(str(prefix)) for prefix in range(1000, 4000)))
    assert (await send_document(http, plan)).status_code == 201
    rows = await rating.ingest.fetch(
        "SELECT messages FROM outbox WHERE topic = $1 ORDER BY first_seq", USAGE_RATING_FACTS.name
    )
    sent = [value for row in rows for value in unpack_messages(row["messages"]).values]
    events = [orjson.loads(value) for value in sent]
    parts = {one["data"]["sha256"]: one["data"]["content"] for one in events if one["type"] == PLAN_PART_FACT.name}
    [fact] = [one["data"] for one in events if one["type"] == PLAN_FACT.name]
    [activation] = [one["data"] for one in events if one["type"] == PLAN_ACTIVATION_FACT.name]
    text = "".join(parts[name] for name in fact["parts"])
    assert len(parts) > 1 and all(len(value) < 500_000 for value in sent)
    assert digest_of(text) == fact["sha256"]
    assert parse_document(orjson.loads(text)) == plan
    assert (fact["account_id"], activation["plan_version"]) == ("acme", 1)


async def test_a_bad_deck_is_refused_whole_with_each_row(http: httpx.AsyncClient, rating: Rating) -> None:
    body = problem_in(await send_deck(http, DECK + "33,France,free,0,1,1\n+x,?,0.1,0,1,1\n"), 422, "plan_refused")
    assert {(error["row"], error["field"]) for error in body["errors"]} >= {(4, "rate_per_minute"), (5, "prefix")}
    assert await rating.ingest.fetchval("SELECT count(*) FROM plan") == 0


async def test_a_bad_document_is_refused(http: httpx.AsyncClient) -> None:
    for content, code in ((b"{", "not_json"), (b"[]", "not_an_object"), (b'{"schema": 2}', "plan_refused")):
        problem_in(await http.post("/api/v1/plans", content=content, headers=of("acme")), 422, code)


async def test_a_price_in_the_query_is_read_strictly(http: httpx.AsyncClient) -> None:
    for price in ("1E+999999", "-1", "NaN", "0,05", "٠.٥", " 1", "1_0"):
        body = problem_in(await send_deck(http, inbound_per_minute=price), 422, "invalid")
        assert "inbound_per_minute is a price such as 0.008" in body["detail"], price


async def test_wrong_requests_are_problems_too(http: httpx.AsyncClient) -> None:
    problem_in(await http.get("/api/v1/suspense", headers=of("*")), 422, "invalid")
    problem_in(await http.get("/api/v1/usage/no-uuid", headers=of("acme")), 422, "invalid")
    problem_in(await send_deck(http, effective_from="2026-01-01T00:00:00"), 422, "invalid")
    problem_in(await http.get("/api/v1/nothing-here", headers=of("acme")), 404, "not_found")
    problem_in(await http.delete("/api/v1/plans", headers=of("acme")), 405, "method_not_allowed")


async def test_without_a_statement_nothing_is_answered(http: httpx.AsyncClient) -> None:
    for authorization in ("", "Statement", "Bearer wrong", "Statement v1.operator.e30.AAAA", "Statement \u00fc"):
        headers = {"Authorization": authorization.encode("latin-1")}
        for path in ("/api/v1/plans", "/api/v1/suspense", "/api/v1/usage/00000000-0000-0000-0000-000000000000"):
            problem_in(await http.get(path, headers=headers), 401, "unauthenticated")
        assert (await http.get("/livez", headers=headers)).status_code == 200


async def test_only_an_operator_speaks_for_every_account(http: httpx.AsyncClient) -> None:
    for account, status in (("*", 403), ("acme", 201)):
        caller = a_caller(account, Privilege.EDIT_BILLING, Privilege.ADMINISTER)
        headers = {"Authorization": statement(caller, "usage_rating"), "Content-Type": "text/csv"}
        answer = await http.post("/api/v1/plans", params=TERMS, content=DECK.encode(), headers=headers)
        assert answer.status_code == status, account


async def test_an_account_meets_neither_plans_nor_calls_of_another(http: httpx.AsyncClient, rating: Rating) -> None:
    await rating.know(an_account_fact())
    assert (await send_deck(http)).status_code == 201
    await rating.rate(a_call(), a_call(call_id="waits", to="+39061234567"))
    [data] = await rating.published()
    assert (await http.get("/api/v1/plans", headers=of("other"))).json()["data"] == []
    assert (await http.get("/api/v1/suspense", headers=of("other"))).json()["data"] == []
    assert len((await http.get("/api/v1/suspense", headers=of("acme"))).json()["data"]) == 1
    usage, rated = f"/api/v1/usage/{data['usage_id']}", f"/api/v1/rated-usage/{data['usage_id']}"
    problem_in(await http.get(usage, headers=of("other")), 404, "not_found")
    assert (await http.get(rated, headers=of("other"))).json()["data"] == []
    assert (await http.get(usage, headers=of("acme"))).json()["data"]["other_party"] == "+4930123456"
    assert (await http.get(rated, headers=of("acme"))).json()["data"] == [data]


async def test_two_accounts_have_plans_of_one_id_and_notice_nothing(
    http: httpx.AsyncClient, rating: Rating
) -> None:
    for account in ("acme", "other"):
        await rating.know(an_account_fact(account))
    for account, per_minute in (("acme", "0.02"), ("other", "0.30"), ("other", "0.40")):
        plan = replace(a_plan(a_rate("49", a_price(per_minute))), plan_id="deck")
        assert (await send_document(http, plan, account)).status_code == 201
    await rating.rate(a_call(seconds=60), a_call(seconds=60, account_id="other"))
    ratings = {data["account_id"]: data for data in await rating.published()}
    assert {account: data["amount"] for account, data in ratings.items()} == {
        "acme": "0.020000",
        "other": "0.400000",
    }
    assert [ratings[account]["certificate"]["plan_version"] for account in ("acme", "other")] == [1, 2]
    for account, versions in (("acme", [1]), ("other", [2, 1])):
        listed = (await http.get("/api/v1/plans", headers=of(account))).json()["data"]
        assert [(plan["account_id"], plan["version"]) for plan in listed] == [(account, one) for one in versions]
    rows = await rating.ingest.fetch("SELECT messages FROM outbox WHERE topic = $1", USAGE_RATING_FACTS.name)
    sent = [unpack_messages(row["messages"]) for row in rows]
    assert {key for one in sent for key in one.keys} == {b"acme|deck", b"other|deck"}
    facts = [orjson.loads(value or b"") for one in sent for value in one.values]
    plans = {fact["id"] for fact in facts if "sha256" in fact["data"] and "parts" in fact["data"]}
    assert len(plans) == 3, "one fact each, or consumers would take the second for a contradiction of the first"


async def test_an_id_for_everybody_is_no_accounts_and_the_other_way_round(
    http: httpx.AsyncClient, rating: Rating
) -> None:
    assert (await send_deck(http)).status_code == 201
    assert (await send_document(http, replace(a_plan(inbound=a_price()), plan_id="every"), "*")).status_code == 201
    for account, plan_id, whose in (("*", "deck", "an account's own"), ("acme", "every", "for every account")):
        body = problem_in(await send_deck(http, account=account, plan_id=plan_id), 422, "plan_refused")
        assert whose in body["errors"][0]["says"]
    assert await rating.ingest.fetchval("SELECT count(*) FROM plan") == 2
    listed = (await http.get("/api/v1/plans", headers=of("other"))).json()["data"]
    assert [plan["plan_id"] for plan in listed] == ["every"], "a plan for everybody may be read by everybody"


async def test_an_import_is_audited_by_the_account_it_is_for(http: httpx.AsyncClient) -> None:
    """An account's own plans in its log, those for every account in the operator's."""

    async def log(account: str) -> list[tuple[str, str, dict[str, Any] | None, dict[str, Any]]]:
        answer = await http.get("/api/v1/audit/usage-rating", headers=of(account))
        assert answer.status_code == 200 and answer.json()["broken_at"] is None
        return [
            (
                f"{entry['caller_kind']} {entry['action']}",
                entry["subject"],
                None if entry["before"] is None else orjson.loads(entry["before"]),
                orjson.loads(entry["after"]),
            )
            for entry in answer.json()["data"]
        ]

    first, second = await send_deck(http), await send_deck(http, DECK.replace("0.05", "0.04"))
    assert (await send_deck(http, "not a deck")).status_code == 422
    assert (await send_deck(http, account="*", plan_id="house")).status_code == 201
    newest, oldest = await log("acme")
    accepted = second.json()["data"]
    assert newest[:3] == ("operator plan.import", "deck", {"version": 1})
    assert (newest[3]["version"], newest[3]["sha256"], newest[3]["rates"]) == (2, accepted["sha256"], 2)
    assert oldest[2] is None and oldest[3]["activation_id"] == first.json()["data"]["activation_id"]
    assert [entry[1] for entry in await log("*")] == ["house"]
    assert await log("other") == []
    export = await http.get("/api/v1/audit/usage-rating/export", headers=of("acme"))
    assert [orjson.loads(line)["seq"] for line in export.text.splitlines()] == [1, 2]
