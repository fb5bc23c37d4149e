"""A plan is looked at beside the version in force: its warnings hold it back until they are accepted by name."""

from dataclasses import replace

import httpx
import orjson

from tests.support.builders import a_plan, a_price, a_rate
from tests.support.rating import Rating
from tests.support.rating_api import DECK, of, problem_in, send_deck, send_document


async def versions(rating: Rating) -> int:
    count: int = await rating.ingest.fetchval("SELECT count(*) FROM plan")
    return count


async def test_a_jump_beside_the_version_in_force_holds_a_plan_back_until_it_is_accepted(
    http: httpx.AsyncClient, rating: Rating
) -> None:
    assert (await send_deck(http)).status_code == 201
    dear = DECK.replace("0.05", "0.50") + "030,Berlin,0.05,0,1,1\n"
    body = problem_in(await send_deck(http, dear), 422, "plan_warned")
    assert [(each["name"], each["value"]) for each in body["errors"]] == [
        ("dead-prefixes", "030"),
        ("price-jumps", "4930"),
    ]
    assert "accept=dead-prefixes&accept=price-jumps" in body["detail"]
    body = problem_in(await send_deck(http, dear, accept="dead-prefixes"), 422, "plan_warned")
    assert {each["name"] for each in body["errors"]} == {"price-jumps"}
    assert await versions(rating) == 1
    assert (await send_deck(http, dear, accept=["dead-prefixes", "price-jumps"])).status_code == 201
    assert await versions(rating) == 2
    newest = (await http.get("/api/v1/audit/usage-rating", headers=of("acme"))).json()["data"][0]
    assert orjson.loads(newest["after"])["accepted_warnings"] == ["dead-prefixes", "price-jumps"]


async def test_the_measure_of_a_jump_is_asked_and_a_name_nobody_knows_is_refused(http: httpx.AsyncClient) -> None:
    assert (await send_deck(http)).status_code == 201
    dearer = DECK.replace("0.05", "0.06")
    problem_in(await send_deck(http, dearer, jump_percent="19"), 422, "plan_warned")
    problem_in(await send_deck(http, dearer, accept="everything"), 422, "invalid")
    assert (await send_deck(http, dearer, jump_percent="20")).status_code == 201


async def test_an_account_s_plan_is_compared_with_what_prices_its_calls_at_its_first_instant(
    http: httpx.AsyncClient,
) -> None:
    house = replace(a_plan(a_rate("49", a_price("0.10")), effective="2026-01-01"), plan_id="house")
    own = replace(a_plan(a_rate("49", a_price("1")), effective="2026-06-01"), plan_id="own")
    assert (await send_document(http, house, "*")).status_code == 201
    problem_in(await send_document(http, own), 422, "plan_warned")
    before = replace(own, effective_from=house.effective_from.replace(year=2025))
    assert (await send_document(http, before)).status_code == 201, "nothing was in force then"
    assert (await send_document(http, own)).status_code == 201, "the account's own plan says the same"
