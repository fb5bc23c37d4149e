"""A unit's budget on its page and the alert of the inbox: shown with their standing, changed by forms, refused."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import system_clock
from contracts.values.calendar import local_day, period_of, zone_of
from services.portal.domain.tabs import UNASSIGNED, UNITS_TAB
from tests.conftest import FreshDatabase
from tests.service.portal.test_unit_pages import Desk
from tests.support.directory import ACCOUNT, NUMBER, a_rated_call, a_working_account, unit_id
from tests.support.front import Front, units_behind
from tests.support.schemas import migrated

CLAIMS = f"{UNITS_TAB.path}/{unit_id('Claims')}"
BUDGET, THRESHOLD = f"{CLAIMS}/budget", f"{UNASSIGNED}/threshold"
ZONE = zone_of("Europe/London")
NOW = system_clock()
PERIOD = period_of(local_day(NOW, ZONE))
SOON = PERIOD.end_on


@pytest.fixture
async def desk(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[Desk]:
    """Claims spent 8 of the 10 that this period has cost so far; nobody owes the other 2."""
    dsn = await fresh_database(migrated("billing_units"))
    async with units_behind(front, dsn, *a_working_account()) as allocating:
        spent: dict[str, Any] = {"answered": NOW.isoformat(), "booked_period": PERIOD.start_on}
        await allocating.rate(
            a_rated_call("claims", amount="8.00", **spent),
            a_rated_call("nobody", amount="2.00", own_number=None, **spent),
        )
        await allocating.add_up(NOW)
        await front.person("ada", account=ACCOUNT, role="admin")
        token = await front.sign_in("ada")
        async with front.by_cookie(token) as client:
            yield Desk(client=client, token=token, allocating=allocating)


def typed(version: int, **more: str) -> dict[str, str]:
    fields = {"version": str(version), "amount": "10", "stages": "50, 80, 100", "from_period": str(PERIOD.start_on)}
    return fields | more


async def test_a_budget_is_set_and_shown_with_its_stages_and_forecast(desk: Desk) -> None:
    page = await desk.get(CLAIMS)
    assert "This period has no budget. <strong>8.00 EUR</strong> spent so far." in page
    assert "Set a budget" in page and f'<option value="{PERIOD.start_on}" selected>' in page
    page = await desk.done(BUDGET, **typed(0))
    assert "The budget is saved." in page
    assert "<strong>8.00 of 10.00 EUR</strong> spent, 80.00 %." in page
    assert 'role="img" aria-label="80.00 % of the budget spent' in page
    assert "not reached" in page and "reached, announced" not in page
    await desk.allocating.add_up(NOW)
    page = await desk.get(CLAIMS)
    assert len(re.findall("reached, announced", page)) == 2 and page.count("not reached") == 1
    assert "Too early to say" in page or "the mean of" in page
    assert f"From {PERIOD.start_on} on: 10.00 EUR" in page


async def test_what_is_used_up_is_said_in_words(desk: Desk) -> None:
    page = await desk.done(BUDGET, **typed(0, amount="4.00"))
    assert "200.00 %: <strong>the budget is used up</strong>" in page and 'class="gauge over"' in page


async def test_one_period_alone_and_an_end(desk: Desk) -> None:
    await desk.done(BUDGET, **typed(0))
    page = await desk.done(BUDGET, **typed(1, amount="25", from_period=str(SOON), only="1"))
    after = period_of(SOON).end_on
    assert f"From {PERIOD.start_on} until {SOON}: 10.00 EUR" in page
    assert f"From {SOON} until {after}: 25.00 EUR" in page and f"From {after} on: 10.00 EUR" in page
    page = await desk.done(BUDGET, **typed(2, from_period=str(SOON)), step="end")
    assert "The budget is ended." in page and "25.00 EUR" not in page
    assert f"From {PERIOD.start_on} until {SOON}: 10.00 EUR" in page


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"amount": "much"}, "Say the amount in digits"),
        ({"amount": "0"}, "a budget is more than 0"),
        ({"stages": "80, 50"}, "they ascend"),
        ({"stages": "half"}, "whole percentages"),
        ({"from_period": "soon"}, "Choose the period"),
        ({"from_period": str(PERIOD.start_on + timedelta(days=1))}, "a budget begins with a period"),
        ({"version": "7"}, "read it again"),
        ({"step": "end"}, "has no budget from"),
    ],
)
async def test_what_cannot_be_is_refused_and_what_was_typed_stays(
    desk: Desk, fields: dict[str, str], says: str
) -> None:
    refused = await desk.send(BUDGET, **typed(0) | fields)
    assert refused.status_code == 422 and says in refused.text, refused.text
    assert 'role="alert"' in refused.text and "<details open>" in refused.text
    assert f'value="{fields.get("amount", "10")}"' in refused.text
    assert "This period has no budget" in await desk.get(CLAIMS)


async def test_the_form_has_an_address_of_its_own(desk: Desk) -> None:
    assert "<details open>" in await desk.get(BUDGET)
    assert (await desk.client.get(BUDGET.replace(unit_id("Claims"), unit_id("No")))).status_code == 404
    without_version = typed(0)
    del without_version["version"]
    assert (await desk.send(BUDGET, **without_version)).status_code == 422


async def test_who_may_only_view_sees_the_budget_and_no_form(desk: Desk, front: Front) -> None:
    await desk.done(BUDGET, **typed(0))
    await front.person("eve", account=ACCOUNT, access_groups=["view_billing_unit"])
    async with front.by_cookie(await front.sign_in("eve")) as client:
        page = (await client.get(CLAIMS)).text
        assert "8.00 of 10.00 EUR" in page and NUMBER in page and 'aria-label="Budget"' not in page
        assert (await client.get(BUDGET)).status_code == 403
        inbox = (await client.get(UNASSIGNED)).text
        assert "20.00 %" in inbox and 'aria-label="Alert"' not in inbox


async def test_the_inbox_says_when_its_share_is_past_the_threshold(desk: Desk) -> None:
    page = await desk.get(UNASSIGNED)
    assert "Unassigned is 20.00 % of this period, more than 5.00 %." in page
    assert "<strong>more than 5.00 %</strong>" in page
    assert re.search(r"Above 5.00 % it is announced: it was at \d{4}-\d\d-\d\d \d\d:\d\d\.", page)
    saved = await desk.done(THRESHOLD, version="0", percent="20 %", minimum="1")
    assert "The threshold is saved." in saved and "Unassigned is 20.00 % of this period" not in saved
    assert 'value="20"' in saved and "and from 1.00 EUR on, it is announced" in saved
    await desk.allocating.add_up(NOW)
    assert "it is announced.</p>" in await desk.get(UNASSIGNED)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"percent": "101"}, "Say the share in percent"),
        ({"minimum": "some"}, "Say the amount in digits"),
        ({"version": "3"}, "read it again"),
    ],
)
async def test_a_threshold_that_cannot_be_is_refused(desk: Desk, fields: dict[str, str], says: str) -> None:
    refused = await desk.send(THRESHOLD, **{"version": "0", "percent": "7", "minimum": "0"} | fields)
    assert refused.status_code == 422 and says in refused.text
    assert f'value="{fields.get("percent", "7")}"' in refused.text
    assert (await desk.client.get(THRESHOLD)).headers["location"] == UNASSIGNED
    assert "more than 5.00 %" in await desk.get(UNASSIGNED)
