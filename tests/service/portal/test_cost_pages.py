"""What units cost, on their pages: of this period beside the one before, by day and category."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime

import httpx
import pytest

from chassis.clock import system_clock
from contracts.events.charge import Charge
from services.portal.domain.tabs import UNITS_TAB
from tests.conftest import FreshDatabase
from tests.support.directory import ACCOUNT, a_working_account, unit_id
from tests.support.front import Front, costs_behind, units_behind
from tests.support.schemas import migrated
from tests.support.unit_costs import a_charge

CLAIMS, SALES = (f"{UNITS_TAB.path}/{unit_id(name)}" for name in ("Claims", "Sales"))
NOW = datetime(2031, 6, 11, 12, tzinfo=UTC)


def owed(number: int, amount: str, day: str, unit: str = "Claims") -> Charge:
    used_on = date.fromisoformat(day)
    charge = a_charge(number, amount, account=ACCOUNT, used_on=used_on, period=used_on.replace(day=1), seconds=90)
    return replace(charge, unit_id=unit_id(unit))


CHARGES = (
    owed(1, "1000.000000", "2031-05-02"),
    owed(2, "5.000000", "2031-05-30"),
    owed(3, "1100.250000", "2031-06-03"),
    owed(4, "19.750000", "2031-06-03"),
    owed(5, "7.500000", "2031-06-11"),
)


@asynccontextmanager
async def somebody(
    front: Front, fresh_database: FreshDatabase, *, reporting: bool
) -> AsyncIterator[httpx.AsyncClient]:
    """Ada on 11 June 2031."""
    front.later = NOW - system_clock()
    async with AsyncExitStack() as stack:
        units = await fresh_database(migrated("billing_units"))
        await stack.enter_async_context(units_behind(front, units, *a_working_account()))
        if reporting:
            costs = await fresh_database(migrated("reporting"))
            await stack.enter_async_context(costs_behind(front, costs, *CHARGES))
        await front.person("ada", account=ACCOUNT, role="admin")
        yield await stack.enter_async_context(front.by_cookie(await front.sign_in("ada")))


@pytest.fixture
async def ada(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[httpx.AsyncClient]:
    async with somebody(front, fresh_database, reporting=True) as client:
        yield client


async def test_the_table_shows_this_period_and_its_trend(ada: httpx.AsyncClient) -> None:
    page = (await ada.get(UNITS_TAB.path)).text
    rows = dict(re.findall(rf'<tr id="unit-({unit_id("Claims")}|{unit_id("Sales")})"(.*?)</tr>', page, re.DOTALL))
    assert "Cost of June 2031" in page
    assert "1,127.50" in rows[unit_id("Claims")], "today counts"
    assert "▲ 12 %" in rows[unit_id("Claims")], "1,120 on ten complete days, after 1,000 on the same of May"
    assert "0.00" in rows[unit_id("Sales")] and "▲" not in rows[unit_id("Sales")]


async def test_a_unit_shows_its_days_and_periods_before(ada: httpx.AsyncClient) -> None:
    page = (await ada.get(CLAIMS)).text
    assert "Costs of June 2031" in page and "Later" not in page
    cells = ("3", "5", '1,127.50<span class="beyond">0000</span> EUR')
    assert "".join(f'<td class="sum">{cell}</td>' for cell in cells) in page
    assert "<title>2031-06-03: 1,120.00 EUR</title>" in page and page.count("<rect") == 2
    assert re.search(r'<th scope="row">2031-06-11</th>.*?7\.50<', page)
    before = (await ada.get(f"{CLAIMS}?month=2031-05-01")).text
    assert "Costs of May 2031" in before and "1,005.00<" in before
    assert f"{CLAIMS}?month=2031-06-01#costs" in before and f"{CLAIMS}?month=2031-04-01#costs" in before
    assert "Nothing was charged to this unit" in (await ada.get(SALES)).text


@pytest.mark.parametrize("month", ["yesterday", "1999-01-01", "2031-07-01", "0001-01-01", "9999-12-31"])
async def test_an_address_that_names_no_period_shows_the_present_one(ada: httpx.AsyncClient, month: str) -> None:
    answer = await ada.get(CLAIMS, params={"month": month})
    assert answer.status_code == 200 and "Costs of June 2031" in answer.text


async def test_pages_stand_while_reporting_is_away(front: Front, fresh_database: FreshDatabase) -> None:
    async with somebody(front, fresh_database, reporting=False) as client:
        page = await client.get(CLAIMS)
        assert page.status_code == 200 and "Costs cannot be shown right now" in page.text
        table = await client.get(UNITS_TAB.path)
        assert table.status_code == 200 and "not to be had right now" in table.text
