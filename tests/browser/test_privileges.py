"""What each role and privilege sees of the page, and what it is refused, by direct address too."""

import pytest
from playwright.async_api import Page, expect

from services.portal.domain.tabs import TABS, UNITS_TAB
from tests.browser.conftest import House, Show
from tests.support.directory import ACCOUNT, unit_id
from tests.support.front import PASSWORD

OTHERS = {tab.name for tab in TABS} - {UNITS_TAB.name}
CLAIMS = f"{UNITS_TAB.path}/{unit_id('Claims')}"
REFUSED = "This is not open to you"
OPEN: dict[str, tuple[dict[str, object], set[str], bool]] = {
    "admin": ({"role": "admin"}, OTHERS | {UNITS_TAB.name}, True),
    "edit-billing": ({"access_groups": ["edit_billing"]}, OTHERS, False),
    "view-billing-unit": ({"access_groups": ["view_billing_unit"]}, {UNITS_TAB.name}, False),
    "edit-billing-unit": ({"access_groups": ["edit_billing_unit"]}, {UNITS_TAB.name}, True),
    "both-unit-groups": ({"access_groups": ["view_billing_unit", "edit_billing_unit"]}, {UNITS_TAB.name}, True),
}
"""What a person is given, the tabs that open to them, and whether they may change units."""


async def go(page: Page, house: House, path: str) -> bool:
    """Whether an address typed by hand is open."""
    answer = await page.goto(f"{house.url}{path}")
    assert answer is not None
    refused = await page.get_by_role("heading", name=REFUSED).count() == 1
    assert answer.status == (403 if refused else 200)
    return not refused


@pytest.mark.parametrize("name", OPEN)
async def test_each_privilege_sees_its_tabs_and_is_refused_the_others(house: House, show: Show, name: str) -> None:
    rights, tabs, edits = OPEN[name]
    await house.front.person("eve", account=ACCOUNT, **rights)
    page = await house.signed_in("eve")
    bar = page.get_by_role("navigation", name="Billing", exact=True)
    assert set(await bar.get_by_role("link").all_inner_texts()) == tabs
    await show(page, f"rights-{name}")
    for tab in TABS:
        assert await go(page, house, tab.path) == (tab.name in tabs), tab.name
    assert await go(page, house, CLAIMS) == (UNITS_TAB.name in tabs)
    for path in (f"{UNITS_TAB.path}/new", f"{CLAIMS}/add", f"{CLAIMS}/archive"):
        assert await go(page, house, path) == edits, path
    if UNITS_TAB.name in tabs:
        await page.goto(f"{house.url}{UNITS_TAB.path}")
        await expect(page.get_by_role("link", name="Add billing unit")).to_have_count(int(edits))
        await page.goto(f"{house.url}{CLAIMS}")
        await expect(page.get_by_role("button", name="Rename")).to_have_count(int(edits))


async def test_who_has_no_privilege_is_told_so_everywhere(house: House) -> None:
    await house.front.person("eve", account=ACCOUNT)
    page = await house.page()
    await page.goto(f"{house.url}/")
    await page.get_by_label("Name or e-mail address").fill("eve")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name=REFUSED).wait_for()
    for path in (*(tab.path for tab in TABS), CLAIMS, f"{UNITS_TAB.path}/new"):
        assert not await go(page, house, path), path
