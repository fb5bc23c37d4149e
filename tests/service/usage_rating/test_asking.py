"""Quotes and explanations over HTTP: what a call would cost, and how one that was rated got its price."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from contracts.values.ids import IdKind, derived_text
from services.usage_rating.domain.plan import CallersPrices, InboundPrices
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.rating import Rating
from tests.support.rating_api import of, problem_in
from tests.support.rating_records import a_number_fact, an_account_fact
from tests.unit.usage_rating.documents import a_whole_document, parsed

TOLL_FREE = "+498001234567"
CALL = {"other_party": "+4930123456", "answered_at": "2026-03-02T10:00:00Z", "duration_ms": 90_000}


def usage_of(call_id: str) -> str:
    return derived_text(IdKind.USAGE, "acme", "pbx", call_id, "1")


async def quoted(http: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await http.post("/api/v1/quotes", json=CALL | asked, headers=of("acme"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def test_a_quote_is_what_the_call_then_costs_and_records_nothing(
    http: httpx.AsyncClient, rating: Rating
) -> None:
    await rating.know(an_account_fact())
    await rating.use(a_plan(a_rate("49", a_price("0.06", fee="0.01", initial_s=60, increment_s=30))))
    found = await quoted(http)
    assert (found["outcome"], found["amount"], found["currency"]) == ("priced", "0.100000", "EUR")
    assert [step["step"] for step in found["steps"]] == [
        "call",
        "plan",
        "price",
        "increments",
        "use",
        "fee",
        "amount",
    ]
    assert await rating.published() == []
    await rating.rate(a_call(seconds=90))
    (data,) = await rating.published()
    assert (data["amount"], data["certificate"]) == (found["amount"], found["certificate"])


async def test_a_quote_by_a_plan_that_is_not_in_force_goes_by_its_newest_version(
    http: httpx.AsyncClient, rating: Rating
) -> None:
    await rating.know(an_account_fact())
    await rating.use(a_plan(a_rate("49", a_price("0.06"))))
    for price in ("0.6", "6"):
        await rating.use(
            replace(a_plan(a_rate("49", a_price(price)), effective="2020-01-01"), plan_id="other"), "acme"
        )
    await rating.use(replace(a_plan(a_rate("49", a_price("0.06")), effective="2026-01-01"), plan_id="now"), "acme")
    amounts = [
        (await quoted(http, **asked))["amount"]
        for asked in ({}, {"plan_id": "other"}, {"plan_id": "other", "plan_version": 1})
    ]
    assert [Decimal(amount) for amount in amounts] == [Decimal("0.09"), Decimal(9), Decimal("0.9")]
    for asked in ({"plan_id": "nowhere"}, {"plan_id": "other", "plan_version": 7}):
        refused = await http.post("/api/v1/quotes", json=CALL | asked, headers=of("acme"))
        problem_in(refused, 422, "unknown_plan")


async def test_an_inbound_quote_asks_for_the_number_s_type(http: httpx.AsyncClient, rating: Rating) -> None:
    inbound = InboundPrices(
        usual=CallersPrices(price=a_price("0.6")),
        by_number_type=(("toll_free", CallersPrices(price=a_price("6"))),),
    )
    plan = a_plan(inbound=inbound)
    await rating.know(an_account_fact(), a_number_fact(TOLL_FREE, kind="toll_free"))
    await rating.use(plan)
    asked = {"direction": "inbound", "other_party": "withheld", "own_number": TOLL_FREE}
    for by in ({}, {"plan_id": plan.plan_id}):
        found = await quoted(http, **asked, **by)
        assert (found["amount"], found["certificate"]["number_type"]) == ("9.000000", "toll_free")


async def test_what_would_wait_says_why_and_what_to_do(http: httpx.AsyncClient, rating: Rating) -> None:
    problem_in(await http.post("/api/v1/quotes", json=CALL, headers=of("acme")), 422, "unknown_account")
    await rating.know(an_account_fact())
    assert (await quoted(http))["reason"] == "no_plan"
    await rating.use(a_plan(a_rate("44")))
    found = await quoted(http)
    assert (found["outcome"], found["reason"], found["amount"]) == ("not_priced", "no_prefix", None)
    assert "add its prefix" in found["steps"][0]["says"]
    free = await quoted(http, direction="internal", other_party="internal:17")
    assert (free["outcome"], free["amount"]) == ("free", "0.000000")


async def test_a_price_is_explained_with_all_its_ratings_the_newest_first(
    http: httpx.AsyncClient, rating: Rating
) -> None:
    await rating.know(an_account_fact())
    await rating.use(a_plan(a_rate("49", a_price("0.06"))))
    await rating.rate(a_call(seconds=60))
    await rating.rate(replace(a_call(seconds=120), revision=2))
    answer = await http.get(f"/api/v1/rated-usage/{usage_of('call-1')}/explanation", headers=of("acme"))
    found = answer.json()["data"]
    assert found["waits"] is None
    assert [(one["rating_revision"], one["taken_back"], one["amount"]) for one in found["ratings"]] == [
        (2, False, "0.120000"),
        (1, True, "0.060000"),
    ]
    assert found["ratings"][0]["steps"][0]["says"].startswith(
        "Outbound call, dialled by hand, answered on 02 March"
    )


async def test_a_call_in_suspense_is_explained_by_what_it_waits_for(
    http: httpx.AsyncClient, rating: Rating
) -> None:
    await rating.know(an_account_fact())
    await rating.rate(a_call(answered=datetime(2026, 3, 2, tzinfo=UTC).isoformat()))
    answer = await http.get(f"/api/v1/rated-usage/{usage_of('call-1')}/explanation", headers=of("acme"))
    found = answer.json()["data"]
    assert (found["ratings"], found["waits"]["reason"]) == ([], "no_plan")
    path = f"/api/v1/rated-usage/{usage_of('call-1')}/explanation"
    problem_in(await http.get(path, headers=of("other")), 404, "not_found")


AT = "2026-06-02T10:00:00Z"
RECORDING = {"kind": "recording", "at": AT, "duration_ms": 61_000}
SMS_OUT = {"kind": "message", "at": AT, "channel": "sms", "direction": "outbound", "other_party": "+4930123456"}


async def quoted_use(http: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await http.post("/api/v1/quotes/uses", json=asked, headers=of("acme"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def test_uses_that_are_no_calls_are_quoted_too(http: httpx.AsyncClient, rating: Rating) -> None:
    await rating.know(an_account_fact())
    plan = parsed(a_whole_document())
    await rating.use(plan)
    asked = (
        (SMS_OUT | {"characters": 161, "encoding": "gsm7"}, "0.1400", "2 segments of text at 0.07 EUR each."),
        ({"kind": "detection", "at": AT}, "0.0050", "1 counted at 0.005 EUR each."),
        (
            {"kind": "recording", "at": AT, "duration_ms": 61_000},
            "0.0030",
            "1 min 30 s billed at 0.002 EUR a minute.",
        ),
        (
            {"kind": "metered", "at": AT, "meter": "recording_storage", "quantity": "104"},
            "2.6000",
            "104 units at 0.025 EUR each.",
        ),
    )
    for use, amount, says in asked:
        for by in ({}, {"plan_id": plan.plan_id}):
            found = await quoted_use(http, **use, **by)
            assert (found["outcome"], found["amount"]) == ("priced", amount)
            assert any(step["says"].endswith(says) for step in found["steps"]), found["steps"]
    assert await rating.published() == []


async def test_a_use_that_cannot_be_quoted_says_why(http: httpx.AsyncClient, rating: Rating) -> None:
    await rating.know(an_account_fact())
    await rating.use(a_plan())
    found = await quoted_use(http, **SMS_OUT, segments=1)
    assert (found["outcome"], found["reason"]) == ("not_priced", "no_message_channel")
    found = await quoted_use(http, **SMS_OUT, segments=1, plan_id="plan")
    assert (found["outcome"], found["reason"]) == ("not_priced", "no_message_channel")
    wrong = await http.post("/api/v1/quotes/uses", json=SMS_OUT, headers=of("acme"))
    assert "segments" in problem_in(wrong, 422, "invalid_use")["detail"]
