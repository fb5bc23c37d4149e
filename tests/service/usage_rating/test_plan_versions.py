"""A version of a plan is read, searched and compared by whoever may use it, and by nobody else."""

from typing import Any

import httpx

from services.usage_rating.domain.document import canonical_text, digest_of, parse_document
from services.usage_rating.domain.plan import RatePlan
from tests.support.rating import Rating
from tests.support.rating_api import DECK, of, problem_in, send_deck

VERSIONS = "/api/v1/plans/deck/versions"


async def asked(http: httpx.AsyncClient, path: str, account: str = "acme", **params: str) -> Any:
    answer = await http.get(f"{VERSIONS}/{path}", params=params, headers=of(account))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_stored_document_is_the_plan_that_was_accepted(http: httpx.AsyncClient) -> None:
    accepted = (await send_deck(http)).json()["data"]
    plan = parse_document((await asked(http, "1"))["data"])
    assert isinstance(plan, RatePlan)
    assert digest_of(canonical_text(plan)) == accepted["sha256"]


async def test_rates_are_found_by_number_and_by_name_page_by_page(http: httpx.AsyncClient) -> None:
    await send_deck(http, DECK + "43,Austria,0.02,0,1,1\n")
    found = (await asked(http, "1/rates", number="+4930123456"))["data"]
    assert [(rate["prefix"], rate["prices_now"]) for rate in found] == [("4930", True), ("49", False)]
    assert found[0]["price"] == "0.05/min, 1/1 s"
    assert (await asked(http, "1/rates", number="+3312345678"))["data"] == []
    first = await asked(http, "1/rates", limit="2")
    second = await asked(http, "1/rates", limit="2", cursor=first["next_cursor"])
    assert [rate["prefix"] for page in (first, second) for rate in page["data"]] == ["43", "49", "4930"]
    assert second["next_cursor"] is None
    assert [rate["prefix"] for rate in (await asked(http, "1/rates", search="berl"))["data"]] == ["4930"]


async def test_two_versions_are_compared_page_by_page(http: httpx.AsyncClient) -> None:
    await send_deck(http)
    await send_deck(http, DECK.replace("0.05", "0.04") + "43,Austria,0.02,0,1,1\n", name="Deck two")
    whole = (await asked(http, "2/diff", against="1"))["data"]
    assert whole["counts"] == {"added": 1, "cheaper": 1}
    assert [(rate["kind"], rate["prefix"], rate["was"], rate["becomes"]) for rate in whole["rates"]] == [
        ("added", "43", None, "0.02/min, 1/1 s"),
        ("cheaper", "4930", "0.05/min, 1/1 s", "0.04/min, 1/1 s"),
    ]
    assert whole["settings"] == [{"setting": "name", "was": "deck", "becomes": "Deck two"}]
    first = await asked(http, "2/diff", against="1", limit="1")
    second = await asked(http, "2/diff", against="1", limit="1", cursor=first["next_cursor"])
    pages = [rate["prefix"] for page in (first, second) for rate in page["data"]["rates"]]
    assert (pages, second["next_cursor"]) == (["43", "4930"], None)


async def test_who_may_not_use_a_plan_finds_none_of_it(http: httpx.AsyncClient, rating: Rating) -> None:
    await send_deck(http)
    await send_deck(http, account="*", plan_id="house")
    for path in ("1", "1/rates", "1/diff?against=1", "2"):
        account = "acme" if path == "2" else "other"
        problem_in(await http.get(f"{VERSIONS}/{path}", headers=of(account)), 404, "not_found")
    house = await http.get("/api/v1/plans/house/versions/1", headers=of("other"))
    assert house.status_code == 200, "a plan for every account may be read by each"
    for path in ("0", "1/diff", "1/rates?number=4930", "1/rates?cursor=x"):
        assert (await http.get(f"{VERSIONS}/{path}", headers=of("acme"))).status_code == 422, path
