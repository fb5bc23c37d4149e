"""Adding a billing unit by the manual's steps: wide and narrow, without JavaScript, by keyboard alone."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import AVAILABLE, NARROW, WIDE, House, Show
from tests.support.directory import OTHER_NUMBER


async def add_unit(page: Page, show: Show, shot: str) -> None:
    """Administration > Billing → Billing units → Add billing unit → … → Save, as the manual has it."""
    await expect(page.get_by_role("navigation", name="Breadcrumb")).to_contain_text("Administration")
    await page.get_by_role("navigation", name="Billing").get_by_role("link", name="Billing units").click()
    await show(page, f"{shot}-1-table")
    await page.get_by_role("link", name="Add billing unit").click()
    await page.get_by_role("group", name="General").get_by_label("Name").fill("Night shift")
    await show(page, f"{shot}-2-form")
    await page.get_by_role("group", name="Assigned users").get_by_role("button", name="Manage").click()
    await expect(page.get_by_role("heading", name="User assignment")).to_be_visible()
    await page.get_by_role("checkbox").first.check()
    await page.get_by_role("checkbox").nth(2).check()
    await show(page, f"{shot}-3-users")
    await page.get_by_role("button", name="Assign", exact=True).click()
    await expect(page.get_by_role("list", name="Assigned users and teams").get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("group", name="Assigned numbers").get_by_role("button", name="Manage").click()
    await expect(page.get_by_role("heading", name="Number assignment")).to_be_visible()
    await page.get_by_role("checkbox", name=AVAILABLE[0]).check()
    await page.get_by_label("Or paste a list").fill(f"{AVAILABLE[1]}\n{OTHER_NUMBER}")
    await show(page, f"{shot}-4-numbers")
    await page.get_by_role("button", name="Assign", exact=True).click()
    await expect(page.get_by_role("list", name="Assigned numbers").get_by_role("listitem")).to_have_count(3)
    await expect(page.get_by_role("textbox", name="Name")).to_have_value("Night shift")
    await show(page, f"{shot}-5-filled")
    await page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name="Night shift")
    await expect(row.get_by_role("cell").nth(0)).to_contain_text("2")
    await expect(row.get_by_role("cell").nth(1)).to_contain_text("3")
    await show(page, f"{shot}-6-added")
    await row.get_by_role("link", name="numbers of Night shift: show").click()
    await expect(row.get_by_text(AVAILABLE[1])).to_be_visible()


async def width_of(page: Page) -> int:
    """How wide the content is; more than the window means that one must scroll sideways."""
    width: int = await page.evaluate("document.scrollingElement.scrollWidth")
    return width


@pytest.mark.parametrize(("size", "script"), [(WIDE, True), (NARROW, True), (WIDE, False)])
async def test_a_unit_is_added_as_the_manual_says(
    house: House, show: Show, size: dict[str, int], script: bool
) -> None:
    page = await house.signed_in(size=size, script=script)
    await add_unit(page, show, f"{size['width']}{'' if script else '-no-script'}")


async def test_a_number_that_is_taken_is_not_offered(house: House) -> None:
    page = await house.signed_in()
    await page.get_by_role("link", name="Add billing unit").click()
    await page.get_by_role("group", name="Assigned numbers").get_by_role("button", name="Manage").click()
    await expect(page.get_by_role("checkbox")).to_have_count(len(AVAILABLE) + 1)
    await page.get_by_label("Search numbers").fill(AVAILABLE[3][-4:])
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("checkbox")).to_have_count(1)
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("No numbers yet")).to_be_visible()


async def test_search_narrows_the_table_as_one_types(house: House) -> None:
    page = await house.signed_in()
    rows = page.locator("#units tr")
    await expect(rows).to_have_count(2)
    await page.get_by_label("Search by name").press_sequentially("zzz")
    await expect(page.get_by_text("No billing unit has “zzz” in its name.")).to_be_visible()
    await page.get_by_label("Search by name").fill("cl")
    await expect(rows).to_have_count(1)
    await expect(page.get_by_label("Search by name")).to_be_focused()


async def test_by_keyboard_alone(house: House) -> None:
    page = await house.page()
    await page.goto(f"{house.url}/")
    await page.keyboard.type("ada")
    await page.keyboard.press("Tab")
    await page.keyboard.type("correct horse battery")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/billing-units")
    await tab_to(page, "a", "Add billing unit")
    await page.keyboard.press("Enter")
    await tab_to(page, "input", "name")
    await page.keyboard.type("Keyboard")
    await tab_to(page, "button", "Manage users")
    await page.keyboard.press("Enter")
    await tab_to(page, "input", "user")
    await page.keyboard.press("Space")
    await tab_to(page, "button", "Assign")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("list", name="Assigned users and teams")).to_be_visible()
    await tab_to(page, "button", "Save")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("row", name="Keyboard")).to_be_visible()


FOCUSED = """() => {
  const element = document.activeElement;
  const text = (element.name || element.innerText || '').replace(/\\s+/g, ' ').trim();
  return [element.tagName.toLowerCase(), text, getComputedStyle(element).outlineStyle];
}"""


async def tab_to(page: Page, tag: str, text: str) -> None:
    """Press Tab until the element has the focus, which must be seen."""
    await page.wait_for_load_state()
    for _ in range(60):
        await page.keyboard.press("Tab")
        found: list[Any] = await page.evaluate(FOCUSED)
        if found[:2] == [tag, text]:
            assert found[2] != "none", f"the focus on {text} is not seen"
            return
    raise AssertionError(f"no way to {tag} {text} by Tab")
