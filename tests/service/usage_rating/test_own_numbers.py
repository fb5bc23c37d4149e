"""Prices that depend on the account's own numbers: adopted from facts, asked at the charging instant."""

from dataclasses import replace
from datetime import UTC, datetime

from services.usage_rating.domain.plan import CallersPrices, InboundPrices, RatePlan
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.rating import Rating
from tests.support.rating_records import a_number_fact, an_account_fact

TOLL_FREE, LOCAL = "+498001234567", "+493055555555"


def a_plan_by_type() -> RatePlan:
    """Inbound dear to toll-free numbers, cheap otherwise; between own numbers almost nothing."""
    toll_free = CallersPrices(price=a_price("6"))
    inbound = InboundPrices(usual=CallersPrices(price=a_price("0.6")), by_number_type=(("toll_free", toll_free),))
    return a_plan(a_rate("49", a_price("3")), inbound=inbound, internal=a_price("0.06"))


async def amounts(rating: Rating) -> dict[str, tuple[str, object]]:
    """Each call's amount and what its certificate says of the number."""
    return {
        data["call_id"]: (data["amount"], data["certificate"].get("number_type"))
        for data in await rating.published()
        if data["kind"] == "rated"
    }


async def test_inbound_calls_cost_what_the_dialled_number_s_type_says(rating: Rating) -> None:
    await rating.know(
        an_account_fact(), a_number_fact(TOLL_FREE, kind="toll_free"), a_number_fact(LOCAL, kind="local")
    )
    await rating.use(a_plan_by_type())
    inbound = a_call(direction="inbound", to="+33123456789")
    await rating.rate(
        replace(inbound, call_id="toll-free", own_number=TOLL_FREE),
        replace(inbound, call_id="local", own_number=LOCAL),
        replace(inbound, call_id="unknown", own_number="+493099999999"),
        replace(inbound, call_id="nobody-says"),
    )
    assert await amounts(rating) == {
        "toll-free": ("6.000000", "toll_free"),
        "local": ("0.600000", "local"),
        "unknown": ("0.600000", None),
        "nobody-says": ("0.600000", None),
    }


async def test_a_number_counts_while_the_account_holds_it(rating: Rating) -> None:
    began = datetime(2026, 3, 2, 10, tzinfo=UTC)
    await rating.know(
        an_account_fact(),
        a_number_fact(TOLL_FREE, kind="toll_free", from_at=datetime(2026, 1, 1, tzinfo=UTC), until_at=began),
    )
    await rating.use(a_plan_by_type())
    inbound = a_call(direction="inbound", to="+33123456789", answered="2026-03-02T09:59:59Z")
    await rating.rate(
        replace(inbound, call_id="held", own_number=TOLL_FREE),
        replace(inbound, call_id="left", own_number=TOLL_FREE, answered_at=began),
    )
    found = await amounts(rating)
    assert found["held"] == ("6.000000", "toll_free")
    assert found["left"][1] is None


async def test_the_highest_version_of_a_number_wins_within_a_batch_and_after_it(rating: Rating) -> None:
    await rating.know(
        an_account_fact(),
        a_number_fact(TOLL_FREE, kind="local", version=1),
        a_number_fact(TOLL_FREE, kind="toll_free", version=3),
        a_number_fact(TOLL_FREE, kind="mobile", version=2),
    )
    await rating.know(a_number_fact(TOLL_FREE, kind="national", version=2))
    await rating.use(a_plan_by_type())
    await rating.rate(replace(a_call(direction="inbound", to="+33123456789"), own_number=TOLL_FREE))
    assert await amounts(rating) == {"call-1": ("6.000000", "toll_free")}


async def test_calls_between_own_numbers_cost_the_internal_price(rating: Rating) -> None:
    await rating.know(an_account_fact(), a_number_fact(LOCAL))
    await rating.use(a_plan_by_type())
    await rating.rate(
        replace(a_call(to=LOCAL), call_id="to-own"),
        replace(a_call(to="+4930123456"), call_id="outside"),
        replace(a_call(to="internal:17", direction="internal"), call_id="extension"),
    )
    found = {data["call_id"]: data for data in await rating.published()}
    assert {call_id: data["amount"] for call_id, data in found.items()} == {
        "to-own": "0.060000",
        "outside": "3.000000",
        "extension": "0.060000",
    }
    assert found["to-own"]["certificate"]["to_own_number"] is True
    assert "prefix" not in found["to-own"]["certificate"]
    assert "to_own_number" not in found["extension"]["certificate"]
