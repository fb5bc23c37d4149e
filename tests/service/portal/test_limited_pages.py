"""Pages for people who are limited to certain units: theirs, and no word of the others."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from services.portal.domain.tabs import CHARGES, UNASSIGNED, UNITS_TAB
from tests.conftest import FreshDatabase
from tests.support.allocating import Allocating
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    a_number,
    a_rated_call,
    a_unit,
    a_working_account,
    an_assignment,
    unit_id,
)
from tests.support.front import Front, units_behind
from tests.support.schemas import migrated

UNITS, CLAIMS, SALES = UNITS_TAB.path, unit_id("Claims"), unit_id("Sales")


@pytest.fixture
async def behind(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[Allocating]:
    """A call of Claims, one of Sales, and one that nobody owes."""
    dsn = await fresh_database(migrated("billing_units"))
    directory = [
        *a_working_account(),
        a_unit("North"),
        a_number(OTHER_NUMBER),
        an_assignment(OTHER_NUMBER, "Sales"),
    ]
    async with units_behind(front, dsn, *directory) as allocating:
        await allocating.rate(
            a_rated_call(), a_rated_call("other", own_number=OTHER_NUMBER), a_rated_call("nobody", own_number=None)
        )
        yield allocating


@pytest.fixture
async def client(front: Front, behind: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may view and edit billing units, but only Claims."""
    groups = ["view_billing_unit", "edit_billing_unit"]
    await front.person("cleo", account=ACCOUNT, access_groups=groups, units=[CLAIMS])
    async with front.by_cookie(await front.sign_in("cleo")) as client:
        yield client


async def page(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


async def test_the_table_shows_own_units_and_offers_nothing_else(client: httpx.AsyncClient) -> None:
    text = await page(client, UNITS)
    assert re.findall(r'<th scope="row"><a[^>]*>([^<]+)', text) == ["Claims"]
    for word in ("Sales", "North", "Add billing unit", "belongs to no billing unit", "Audit log"):
        assert word not in text
    assert NUMBER in await page(client, f"{UNITS}?open={CLAIMS}.numbers")
    assert OTHER_NUMBER not in await page(client, f"{UNITS}?open={SALES}.numbers", 404)


async def test_own_unit_and_its_charges_are_shown_read_only(client: httpx.AsyncClient, behind: Allocating) -> None:
    text = await page(client, f"{UNITS}/{CLAIMS}")
    assert NUMBER in text and "Europe/London" in text
    for word in ("Rename", "Add members", "Archive", "Release"):
        assert word not in text
    listed = await page(client, f"{CHARGES}?unit={CLAIMS}&on=2026-06-02")
    (charge,) = re.findall(rf'href="({CHARGES}/[0-9a-f-]+)"', listed)
    assert "was in unit &#39;Claims&#39; then" in await page(client, charge)
    for other in [row["charge_id"] for row in await behind.charges() if row["unit_id"] != CLAIMS]:
        await page(client, f"{CHARGES}/{other}", 404)


async def test_other_units_are_as_if_they_were_not(client: httpx.AsyncClient) -> None:
    nobodys = unit_id("nobody ever heard of it")
    for path in (f"{UNITS}/{{}}", f"{CHARGES}?unit={{}}&on=2026-06-02"):
        status = 404 if path.startswith(UNITS) else 200
        hidden, missing = [
            (await page(client, path.format(unit), status)).replace(unit, "…") for unit in (SALES, nobodys)
        ]
        assert hidden == missing
    await page(client, CHARGES, 404)
    await page(client, f"{CHARGES}?unit=unassigned&on=2026-06-02", 404)
    assert "limited to certain units" in await page(client, UNASSIGNED, 403)
    assert "limited to certain units" in await page(client, f"{UNITS}/{CLAIMS}/add", 403)


async def test_a_limit_to_no_unit_shows_none(front: Front, behind: Allocating) -> None:
    await front.person("none", account=ACCOUNT, access_groups=["view_billing_unit"], units=[])
    async with front.by_cookie(await front.sign_in("none")) as client:
        text = await page(client, UNITS)
    assert "Claims" not in text and "Sales" not in text
