"""The audit log in a real browser: found from the Billing page, read without JavaScript, exported by a click."""

import json
from pathlib import Path

from playwright.async_api import expect

from services.portal.domain.tabs import UNITS_TAB
from tests.browser.conftest import House


async def test_without_javascript_a_rename_is_found_with_both_names(house: House) -> None:
    page = await house.signed_in(script=False)
    await page.goto(f"{house.url}{UNITS_TAB.path}")
    await page.get_by_role("link", name="Claims", exact=True).click()
    await page.get_by_label("Name", exact=True).fill("Losses")
    await page.get_by_role("button", name="Rename").click()
    await page.get_by_role("link", name="Audit log").click()
    row = page.get_by_role("row").filter(has_text="Billing unit changed")
    await expect(row).to_contain_text("ada (person)")
    await expect(row).to_contain_text("Claims →")
    await row.get_by_role("link").click()
    await expect(page.get_by_role("row")).to_have_count(2)
    await page.get_by_label("Of").select_option("People and API keys")
    await page.get_by_label("About").fill("")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("row").filter(has_text="Signed in")).to_have_count(1)


async def test_the_export_is_a_file(house: House, tmp_path: Path) -> None:
    page = await house.signed_in()
    await page.get_by_role("link", name="Audit log").click()
    await page.get_by_label("Of").select_option("People and API keys")
    await page.get_by_role("button", name="Show").click()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Export this log: People and API keys").click()
    file = tmp_path / "log"
    await (await downloading.value).save_as(file)
    assert [json.loads(line)["action"] for line in file.read_text("utf-8").splitlines()] == [
        "person.create",
        "sign-in",
    ]
