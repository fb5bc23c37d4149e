"""Changing a unit on its page: members added and released, renamed and archived, with and without JavaScript."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import AVAILABLE, NARROW, WIDE, House, Show
from tests.browser.test_accessibility import violations
from tests.browser.test_add_unit import width_of


@pytest.mark.parametrize(("size", "script"), [(WIDE, True), (NARROW, True), (WIDE, False)])
async def test_a_unit_is_changed_on_its_page(house: House, show: Show, size: dict[str, int], script: bool) -> None:
    page = await house.signed_in(size=size, script=script)
    shot = f"unit-{size['width']}{'' if script else '-no-script'}"
    await page.get_by_role("link", name="Sales", exact=True).click()
    await expect(page.get_by_text("Nobody and no number is in this unit now.")).to_be_visible()
    await page.get_by_role("link", name="Add members").click()
    await page.get_by_role("checkbox", name="Ben Okafor").check()
    await page.get_by_role("checkbox", name=AVAILABLE[0]).check()
    await page.get_by_label("From the beginning of the day").fill("2026-06-01")
    await show(page, f"{shot}-1-add")
    if script:
        assert await violations(page) == []
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_text("from 2026-06-01, 00:00 in Europe/London, on")).to_be_visible()
    await show(page, f"{shot}-2-preview")
    await page.get_by_role("button", name="Assign", exact=True).click()
    await expect(page.get_by_role("status").first).to_contain_text("Assigned.")
    await show(page, f"{shot}-3-unit")
    if script:
        assert await violations(page) == []
        assert await width_of(page) <= size["width"]
    await page.get_by_role("link", name="Release Ben Okafor").click()
    await page.get_by_role("button", name="Preview").click()
    await page.get_by_role("button", name="Release", exact=True).click()
    await expect(page.get_by_role("heading", name="At other times")).to_be_visible()
    await page.get_by_role("textbox", name="Name").fill("Sales Europe")
    await page.get_by_role("button", name="Rename").click()
    await expect(page.get_by_role("heading", name="Sales Europe")).to_be_visible()
    await page.get_by_role("link", name="Archive").click()
    await page.get_by_role("button", name="Preview").click()
    await show(page, f"{shot}-4-archive")
    await page.get_by_role("button", name="Archive", exact=True).click()
    await expect(page.get_by_text("The unit is archived.")).to_be_visible()
    await show(page, f"{shot}-5-archived")
