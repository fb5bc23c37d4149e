"""The Unassigned inbox in a browser: from the table's notice to charges that are put right, and one explained."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import NARROW, WIDE, House, Show
from tests.browser.test_accessibility import violations
from tests.browser.test_add_unit import width_of
from tests.support.directory import OTHER_NUMBER, a_rated_call


@pytest.mark.parametrize(("size", "script"), [(WIDE, True), (NARROW, True), (WIDE, False)])
async def test_what_nobody_owes_is_given_a_unit(
    house: House, show: Show, size: dict[str, int], script: bool
) -> None:
    today = f"{house.front.clock():%Y-%m-%d}T00:00:01Z"
    await house.allocating.rate(
        a_rated_call("one", own_number=OTHER_NUMBER, answered=today, amount="12.345000"),
        a_rated_call("two", own_number=None, user="ben", answered=today, amount="0.400000"),
    )
    page = await house.signed_in(size=size, script=script)
    shot = f"inbox-{size['width']}{'' if script else '-no-script'}"
    await show(page, f"{shot}-1-table")
    await page.get_by_role("link", name="See what is unassigned").click()
    await page.get_by_role("checkbox", name=OTHER_NUMBER).check()
    await page.get_by_label("To the billing unit").fill("Sales")
    await show(page, f"{shot}-2-inbox")
    if script:
        assert await violations(page) == []
        assert await width_of(page) <= size["width"]
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("cell", name="12.345 EUR")).to_be_visible()
    await show(page, f"{shot}-3-preview")
    await page.get_by_role("button", name="Assign", exact=True).click()
    await expect(page.get_by_text("1 member assigned.")).to_be_visible()
    await house.allocating.work_off()
    await page.get_by_role("link", name="Look again").click()
    await expect(page.get_by_role("checkbox")).to_have_count(1)
    await page.get_by_role("link", name="Its charges by day").click()
    await page.get_by_role("link", name="Why?").first.click()
    await expect(page.get_by_role("heading", name="owes this")).to_be_visible()
    await show(page, f"{shot}-4-charge")
    if script:
        assert await violations(page) == []
