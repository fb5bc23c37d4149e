"""Choosing a file of numbers in place of pasting them: wide and narrow, without JavaScript, by keyboard alone."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from services.portal.domain.routing import BODY_BYTES_MAX
from tests.browser.conftest import AVAILABLE, NARROW, WIDE, House, Show
from tests.browser.test_accessibility import violations
from tests.browser.test_add_unit import tab_to, width_of
from tests.support.directory import NUMBER

LABEL = "Or choose a file of numbers"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table with two free numbers, one that is taken, and one that is none."""
    path = tmp_path / "numbers.csv"
    path.write_text(f"Desk,Number\nOne,{AVAILABLE[0]}\nTwo,{AVAILABLE[1]}\nThree,{NUMBER}\nFour,hello\n", "utf-8")
    return path


async def check(page: Page, size: dict[str, int], *, script: bool) -> None:
    """Nothing is cut off, and axe has nothing to say."""
    if script:
        assert await violations(page) == []
        assert await width_of(page) <= size["width"]


SIZES = pytest.mark.parametrize(("size", "script"), [(WIDE, True), (NARROW, True), (WIDE, False), (NARROW, False)])


@SIZES
async def test_a_new_unit_takes_a_file(
    house: House, show: Show, table: Path, size: dict[str, int], script: bool
) -> None:
    page = await house.signed_in(size=size, script=script)
    shot = f"file-new-{size['width']}{'' if script else '-no-script'}"
    await page.get_by_role("link", name="Add billing unit").click()
    await page.get_by_role("group", name="General").get_by_label("Name").fill("Night shift")
    await page.get_by_role("button", name="Manage numbers").click()
    await page.get_by_label(LABEL).set_input_files(table)
    await show(page, f"{shot}-1-chosen")
    await check(page, size, script=script)
    await page.get_by_role("button", name="Assign", exact=True).click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("2 of the listed numbers cannot be assigned")
    await expect(alert).to_contain_text(f"{NUMBER} is in another billing unit")
    await expect(alert).to_contain_text("hello is not a number of this account")
    await show(page, f"{shot}-2-refused")
    await check(page, size, script=script)
    await page.get_by_role("button", name="Assign", exact=True).click()
    await expect(page.get_by_role("list", name="Assigned numbers").get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name="Night shift")
    await expect(row.get_by_role("cell").nth(1)).to_contain_text("2")


@SIZES
async def test_a_unit_that_is_there_takes_a_file_all_or_none(
    house: House, show: Show, table: Path, size: dict[str, int], script: bool
) -> None:
    page = await house.signed_in(size=size, script=script)
    shot = f"file-add-{size['width']}{'' if script else '-no-script'}"
    await page.get_by_role("link", name="Sales", exact=True).click()
    await page.get_by_role("link", name="Add members").click()
    await page.get_by_label(LABEL).set_input_files(table)
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("alert")).to_contain_text("Nothing was assigned.")
    await expect(page.get_by_role("alert").get_by_role("listitem")).to_have_count(2)
    await show(page, f"{shot}-1-refused")
    await check(page, size, script=script)
    await page.get_by_label("Or paste numbers").fill(f"{AVAILABLE[0]}\n{AVAILABLE[1]}")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_text(f"{AVAILABLE[0]}, {AVAILABLE[1]} will be in Sales")).to_be_visible()
    await page.get_by_role("button", name="Assign", exact=True).click()
    await expect(page.get_by_role("status").first).to_contain_text("Assigned.")


@pytest.mark.parametrize("script", [True, False])
async def test_a_file_that_is_too_large_is_told(house: House, tmp_path: Path, script: bool) -> None:
    page = await house.signed_in(script=script)
    large = tmp_path / "large.csv"
    for size, says in (
        (300_000, "at most 262,144 are taken"),
        (2 * BODY_BYTES_MAX, "a file may have 262,144 bytes"),
    ):
        large.write_bytes(b"1" * size)
        await page.get_by_role("link", name="Billing units").first.click()
        await page.get_by_role("link", name="Sales", exact=True).click()
        await page.get_by_role("link", name="Add members").click()
        await page.get_by_label(LABEL).set_input_files(large)
        await page.get_by_role("button", name="Preview").click()
        await expect(page.get_by_text(says)).to_be_visible()
        await page.goto(house.url)


async def test_a_file_is_chosen_by_keyboard_alone(house: House, table: Path) -> None:
    page = await house.signed_in()
    await page.get_by_role("link", name="Add billing unit").click()
    await page.get_by_role("button", name="Manage numbers").click()
    await tab_to(page, "input", "file")
    async with page.expect_file_chooser() as opened:
        await page.keyboard.press("Enter")
    await (await opened.value).set_files(table)
    await tab_to(page, "button", "Assign")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_be_focused()
