"""API keys and one's own password in a browser, with and without JavaScript."""

import pytest
from playwright.async_api import Page

from services.portal.domain.tabs import API_KEYS, BILLING, NEW_KEY
from tests.browser.conftest import House
from tests.support.front import PASSWORD

NEW = "a longer horse battery"


async def add_key(page: Page, url: str, *, name: str) -> None:
    """Fill the form of a new key in, past what the browser itself would refuse, and send it."""
    await page.goto(f"{url}{NEW_KEY}")
    await page.evaluate("document.querySelectorAll('form').forEach(form => form.noValidate = true)")
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("Publish events").check()
    await page.get_by_role("button", name="Make key").click()


async def change_password(page: Page, url: str, *, old: str, new: str = NEW) -> None:
    """Fill the form on one's own page in, and send it."""
    await page.goto(f"{url}/me")
    await page.get_by_label("Old password").fill(old)
    await page.get_by_label("New password", exact=True).fill(new)
    await page.get_by_label("New password again").fill(new)
    await page.get_by_role("button", name="Change password").click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_key_is_made_copied_and_revoked(house: House, script: bool) -> None:
    page = await house.signed_in(script=script)
    await page.goto(f"{house.url}{BILLING}/my-account")
    await page.get_by_role("link", name="API keys").click()
    await page.get_by_text("No API keys yet").wait_for()
    await page.get_by_role("link", name="Add API key").click()
    await page.get_by_label("Name", exact=True).fill("Telephone system")
    await page.get_by_label("Publish events").check()
    await page.get_by_role("button", name="Make key").click()
    await page.get_by_role("heading", name="Telephone system was made").wait_for()
    secret = await page.get_by_role("region", name="The key").inner_text()
    async with house.front.by_key(secret) as client:
        assert (await client.get("/api/v1/me")).json()["data"]["privileges"] == ["publish_events"]
    await page.get_by_role("link", name="I have copied it").click()
    row = page.get_by_role("row", name="Telephone system")
    await row.wait_for()
    assert secret not in await page.content()
    await page.get_by_role("link", name="Revoke Telephone system").click()
    await page.get_by_role("button", name="Revoke").click()
    await page.get_by_role("status").wait_for()
    assert page.url == f"{house.url}{API_KEYS.path}?done=revoked"
    assert "revoked" in await row.inner_text()
    async with house.front.by_key(secret) as client:
        assert (await client.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
async def test_a_password_is_changed_and_the_other_browser_is_signed_out(house: House, script: bool) -> None:
    other = await house.signed_in()
    page = await house.signed_in(script=script)
    await change_password(page, house.url, old="not the old one")
    await page.get_by_role("alert").wait_for()
    assert "not right" in await page.get_by_role("alert").inner_text()
    await change_password(page, house.url, old=PASSWORD)
    await page.get_by_text("Your password is changed").wait_for()
    await other.goto(f"{house.url}/me")
    await other.get_by_role("button", name="Sign in").wait_for()
    await page.goto(f"{house.url}/me")
    await page.get_by_role("heading", name="Ada", exact=False).first.wait_for()
