"""Setting a unit's budget and the alert of the inbox on their pages, with and without JavaScript."""

from typing import Any

import pytest
from playwright.async_api import expect

from chassis.clock import system_clock
from contracts.values.calendar import local_day, period_of, zone_of
from services.portal.domain.tabs import UNASSIGNED
from tests.browser.conftest import NARROW, WIDE, House, Show
from tests.browser.test_accessibility import violations
from tests.browser.test_add_unit import width_of
from tests.support.directory import a_rated_call


@pytest.mark.parametrize(("size", "script"), [(WIDE, True), (NARROW, True), (WIDE, False)])
async def test_a_budget_is_set_and_ended(house: House, show: Show, size: dict[str, int], script: bool) -> None:
    now = system_clock()
    period = period_of(local_day(now, zone_of("Europe/London")))
    spent: dict[str, Any] = {"answered": now.isoformat(), "booked_period": period.start_on}
    await house.allocating.rate(
        a_rated_call("claims", amount="90.00", **spent),
        a_rated_call("nobody", amount="9.00", own_number=None, **spent),
    )
    page = await house.signed_in(size=size, script=script)
    shot = f"budget-{size['width']}{'' if script else '-no-script'}"
    await page.get_by_role("link", name="Claims", exact=True).click()
    await expect(page.get_by_text("This period has no budget.")).to_be_visible()
    await page.get_by_text("Set a budget").click()
    await page.get_by_label("Amount for each period, in EUR").fill("a lot")
    await page.get_by_role("button", name="Save the budget").click()
    await expect(page.get_by_role("alert")).to_contain_text("Say the amount in digits")
    await page.get_by_label("Amount for each period, in EUR").fill("100")
    await show(page, f"{shot}-1-form")
    if script:
        assert await violations(page) == []
    await page.get_by_role("button", name="Save the budget").click()
    await expect(page.get_by_role("status").first).to_contain_text("The budget is saved.")
    await house.allocating.add_up(now)
    await page.reload()
    await expect(page.get_by_text("90.00 of 100.00 EUR")).to_be_visible()
    await expect(page.get_by_role("img", name="90.00 % of the budget spent")).to_be_visible()
    await expect(page.get_by_text("reached, announced")).to_have_count(2)
    await show(page, f"{shot}-2-unit")
    if script:
        assert await violations(page) == []
        assert await width_of(page) <= size["width"]
    await page.get_by_text("Change the budget").click()
    await page.get_by_role("button", name="End it from that period on").click()
    await expect(page.get_by_role("status").first).to_contain_text("The budget is ended.")
    await page.goto(f"{house.url}{UNASSIGNED}")
    await expect(page.get_by_text("Unassigned is 9.09 % of this period")).to_be_visible()
    await page.get_by_label("More than, in percent").fill("10")
    await show(page, f"{shot}-3-inbox")
    if script:
        assert await violations(page) == []
        assert await width_of(page) <= size["width"]
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("The threshold is saved.")).to_be_visible()
    await expect(page.get_by_text("Unassigned is 9.09 % of this period")).to_have_count(0)
