"""Every page in light and dark, wide and narrow: axe finds nothing (WCAG 2.0-2.2 A and AA), nothing is cut off."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest
from playwright.async_api import Page

from services.portal.domain.tabs import API_KEYS, AUDIT_LOG, PRICE_A_CALL, TABS, UNITS_TAB
from tests.browser.conftest import NARROW, VENDOR, WIDE, House, Show
from tests.browser.test_add_unit import width_of
from tests.browser.test_own_affairs import add_key, change_password
from tests.support.directory import unit_id

AXE = (VENDOR / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
RUN = "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})"


async def violations(page: Page) -> list[str]:
    """What axe finds, each with the elements it is about."""
    await page.evaluate(AXE)
    found: dict[str, Any] = await page.evaluate(RUN, RULES)
    assert found["passes"], "axe looked at nothing"
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found["violations"]]


Look = Callable[[str], Awaitable[None]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_every_page_is_accessible_and_fits(
    house: House, show: Show, size: dict[str, int], scheme: Literal["light", "dark"]
) -> None:
    found: dict[str, list[str]] = {}

    async def look(name: str) -> None:
        await show(page, f"{name}-{size['width']}-{scheme}")
        if problems := await violations(page):
            found[name] = problems
        if await width_of(page) > size["width"]:
            found[f"{name} is too wide"] = [str(await width_of(page))]

    page = await house.page(size=size, color_scheme=scheme)
    await page.goto(f"{house.url}/sign-in")
    await look("sign-in")
    page = await house.signed_in(size=size, color_scheme=scheme)
    for path in (
        UNITS_TAB.path,
        f"{UNITS_TAB.path}/new",
        PRICE_A_CALL.path,
        TABS[0].path,
        "/me",
        f"{AUDIT_LOG.path}?log=people",
    ):
        await page.goto(f"{house.url}{path}")
        await look(path.rpartition("/")[2])
    await page.goto(f"{house.url}{UNITS_TAB.path}/{unit_id('Claims')}")
    await page.get_by_text("The same as a table").click()
    await look("unit")
    await look_at_own_affairs(page, house.url, look)
    await look_at_reference(page, house.url, look)
    await look_at_forms(page, house.url, look)
    await house.front.person("nobody", account="harbour-care")
    page = await house.page(size=size, color_scheme=scheme)
    await page.goto(f"{house.url}/sign-in")
    await page.get_by_label("Name or e-mail address").fill("nobody")
    await page.get_by_label("Password").fill("correct horse battery")
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name="This is not open to you").wait_for()
    await look("refused")
    assert found == {}


async def look_at_forms(page: Page, url: str, look: Look) -> None:
    """The form of a new unit with its panels, as filled in and as refused."""
    for panel in ("users", "numbers"):
        await page.goto(f"{url}{UNITS_TAB.path}/new")
        await page.get_by_role("button", name=f"Manage {panel}").click()
        await page.get_by_role("checkbox").first.check()
        await look(f"panel-{panel}")
    await page.get_by_label("Or paste a list").fill("+49 30 123456")
    await page.get_by_role("button", name="Assign", exact=True).click()
    await page.get_by_role("alert").wait_for()
    await look("panel-refused")
    await page.goto(f"{url}{UNITS_TAB.path}/new")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("alert").wait_for()
    await look("form-refused")


async def look_at_reference(page: Page, url: str, look: Look) -> None:
    """The page of the API, every operation opened."""
    await page.goto(f"{url}/api")
    for operation in await page.locator("summary").all():
        await operation.click()
    await look("api")


async def look_at_own_affairs(page: Page, url: str, look: Look) -> None:
    """API keys and one's own password, with what is refused and what is done."""
    await change_password(page, url, old="not the old one")
    await page.get_by_role("alert").wait_for()
    await look("password-refused")
    await page.goto(f"{url}{API_KEYS.path}")
    await look("keys-none")
    await add_key(page, url, name="")
    await page.get_by_role("alert").wait_for()
    await look("key-refused")
    await add_key(page, url, name="Telephone system")
    await page.get_by_role("heading", name="Telephone system was made").wait_for()
    await look("key-made")
    await page.get_by_role("link", name="I have copied it").click()
    await page.get_by_role("row", name="Telephone system").wait_for()
    await look("keys")
    await page.get_by_role("link", name="Revoke Telephone system").click()
    await page.get_by_role("heading", name="Revoke Telephone system").wait_for()
    await look("key-revoke")


async def test_axe_would_find_what_is_wrong(house: House) -> None:
    page = await house.page()
    await page.goto(f"{house.url}/sign-in")
    await page.evaluate("document.querySelector('label').remove()")
    assert any(one.startswith("label:") for one in await violations(page))
