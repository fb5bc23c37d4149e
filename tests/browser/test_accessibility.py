"""Every page in light and dark, wide and narrow: axe finds nothing (WCAG 2.0-2.2 A and AA), nothing is cut off."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest
from playwright.async_api import Page

from services.portal.domain.tabs import AUDIT_LOG, TABS, UNITS_TAB
from tests.browser.conftest import NARROW, VENDOR, WIDE, House, Show
from tests.browser.test_add_unit import width_of
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
    for path in (UNITS_TAB.path, f"{UNITS_TAB.path}/new", TABS[0].path, "/me", f"{AUDIT_LOG.path}?log=people"):
        await page.goto(f"{house.url}{path}")
        await look(path.rpartition("/")[2])
    await page.goto(f"{house.url}{UNITS_TAB.path}/{unit_id('Claims')}")
    await page.get_by_text("The same as a table").click()
    await look("unit")
    await page.goto(f"{house.url}/api")
    for operation in await page.locator("summary").all():
        await operation.click()
    await look("api")
    await _look_at_forms(house, page, look)
    await house.front.person("nobody", account="harbour-care")
    page = await house.page(size=size, color_scheme=scheme)
    await page.goto(f"{house.url}/sign-in")
    await page.get_by_label("Name or e-mail address").fill("nobody")
    await page.get_by_label("Password").fill("correct horse battery")
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name="This is not open to you").wait_for()
    await look("refused")
    assert found == {}


async def _look_at_forms(house: House, page: Page, look: Callable[[str], Awaitable[None]]) -> None:
    """The form of a new unit with its panels, as filled in and as refused."""
    for panel in ("users", "numbers"):
        await page.goto(f"{house.url}{UNITS_TAB.path}/new")
        await page.get_by_role("button", name=f"Manage {panel}").click()
        await page.get_by_role("checkbox").first.check()
        await look(f"panel-{panel}")
    await page.get_by_label("Or paste a list").fill("+49 30 123456")
    await page.get_by_role("button", name="Assign", exact=True).click()
    await page.get_by_role("alert").wait_for()
    await look("panel-refused")
    await page.goto(f"{house.url}{UNITS_TAB.path}/new")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("alert").wait_for()
    await look("form-refused")


async def test_axe_would_find_what_is_wrong(house: House) -> None:
    page = await house.page()
    await page.goto(f"{house.url}/sign-in")
    await page.evaluate("document.querySelector('label').remove()")
    assert any(one.startswith("label:") for one in await violations(page))
