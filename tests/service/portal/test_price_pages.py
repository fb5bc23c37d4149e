"""Prices in words on the page: what a call would cost, and beside a charge how its call got its price."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import orjson
import pytest
from pydantic import TypeAdapter

from contracts.events.rated_usage import RatedUsage
from services.portal.domain.tabs import CHARGES, PRICE_A_CALL
from tests.conftest import FreshDatabase
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.directory import ACCOUNT, NUMBER, a_working_account, unit_id
from tests.support.front import Front, listening, units_behind
from tests.support.rating import Rating
from tests.support.rating_api import api_on
from tests.support.rating_records import an_account_fact
from tests.support.schemas import migrated

CALL = {"direction": "outbound", "number": "+49 30 123456", "day": "2026-06-02", "clock": "10:00", "seconds": "85"}
RATED = TypeAdapter(RatedUsage)


@pytest.fixture
async def front_with_prices(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[Front]:
    """A call of Claims over 85 seconds, rated and charged, behind portal."""
    async with AsyncExitStack() as stack:
        units = await fresh_database(migrated("billing_units"))
        allocating = await stack.enter_async_context(units_behind(front, units, *a_working_account()))
        rating = await Rating.on(await fresh_database(migrated("usage_rating")))
        stack.push_async_callback(rating.close)
        await rating.know(an_account_fact(ACCOUNT, zone="Europe/London"))
        await rating.use(a_plan(a_rate("49", a_price("0.06", fee="0.01"))), ACCOUNT)
        call = a_call(account_id=ACCOUNT, answered="2026-06-02T09:00:00Z", seconds=85)
        await rating.rate(replace(call, own_number=NUMBER))
        await allocating.rate(*(RATED.validate_json(orjson.dumps(data)) for data in await rating.published()))
        front.addresses["usage_rating"] = await stack.enter_async_context(listening(api_on(rating)))
        yield front


async def page(front: Front, name: str, path: str, **query: str) -> httpx.Response:
    async with front.by_cookie(await front.sign_in(name)) as client:
        return await client.get(path, params=query)


async def test_a_call_is_priced_step_by_step_in_the_account_s_zone(front_with_prices: Front) -> None:
    await front_with_prices.person("ada", account=ACCOUNT, role="admin")
    empty = await page(front_with_prices, "ada", PRICE_A_CALL.path)
    assert empty.status_code == 200
    assert "It would cost" not in empty.text
    answer = await page(front_with_prices, "ada", PRICE_A_CALL.path, **CALL)
    assert answer.status_code == 200, answer.text
    assert "It would cost 0.095 EUR" in answer.text
    assert "answered on 02 June 2026 at 10:00:00 (Europe/London), 1 min 25 s to be charged." in answer.text
    assert 'value="+49 30 123456"' in answer.text


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"number": "030 123456"}, "Say the number in full"),
        ({"number": ""}, "Say the number in full"),
        ({"own_number": "17"}, "Say our number in full"),
        ({"day": "2.6.2026"}, "Say the day and the time"),
        ({"clock": "noon"}, "Say the day and the time"),
        ({"seconds": "1.5"}, "Say whole seconds"),
        ({"seconds": "90000"}, "Say whole seconds"),
    ],
)
async def test_what_cannot_be_read_is_said_field_by_field(
    front_with_prices: Front, typed: dict[str, str], says: str
) -> None:
    await front_with_prices.person("ada", account=ACCOUNT, role="admin")
    answer = await page(front_with_prices, "ada", PRICE_A_CALL.path, **CALL | typed)
    assert answer.status_code == 422
    assert says in answer.text


async def test_a_call_without_a_price_says_what_to_do(front_with_prices: Front) -> None:
    await front_with_prices.person("ada", account=ACCOUNT, role="admin")
    answer = await page(front_with_prices, "ada", PRICE_A_CALL.path, **CALL | {"number": "+33123456789"})
    assert "It would have no price yet" in answer.text
    assert "add its prefix in a new version" in answer.text
    inbound = {"direction": "inbound", "number": ""}
    withheld = await page(front_with_prices, "ada", PRICE_A_CALL.path, **CALL | inbound)
    assert "no price for this inbound call" in withheld.text


async def test_a_charge_is_explained_with_the_steps_of_its_price(front_with_prices: Front) -> None:
    await front_with_prices.person("ada", account=ACCOUNT, role="admin")
    await front_with_prices.person(
        "cleo", account=ACCOUNT, access_groups=["view_billing_unit"], units=[unit_id("Claims")]
    )
    day = await page(front_with_prices, "ada", CHARGES, unit=unit_id("Claims"), on="2026-06-02")
    path = re.search(rf"{CHARGES}/[0-9a-f-]{{36}}", day.text)
    assert path is not None
    explained = await page(front_with_prices, "ada", path[0])
    assert "How it got its price" in explained.text
    assert "The connection fee is added, once a call." in explained.text
    limited = await page(front_with_prices, "cleo", path[0])
    assert limited.status_code == 200
    assert "How it got its price" not in limited.text
    assert (await page(front_with_prices, "cleo", PRICE_A_CALL.path)).status_code == 403
    front_with_prices.addresses["usage_rating"] = "http://127.0.0.1:1"
    alone = await page(front_with_prices, "ada", path[0])
    assert alone.status_code == 200
    assert "How it got its price" not in alone.text
