"""A real Chromium on portal with billing_units behind it; without a browser tests are named as not run."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from chassis.clock import system_clock
from contracts.events.charge import Charge
from tests.conftest import FreshDatabase
from tests.support.allocating import Allocating
from tests.support.directory import (
    ACCOUNT,
    OTHER_NUMBER,
    a_membership,
    a_number,
    a_team,
    a_user,
    a_working_account,
    unit_id,
)
from tests.support.front import PASSWORD, Front, costs_behind, described_behind, listening, portal_on, units_behind
from tests.support.schemas import migrated
from tests.support.unit_costs import a_charge

VENDOR = Path(__file__).parent / "vendor"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
AVAILABLE = tuple(f"+4420794600{number}" for number in range(30, 36))
PEOPLE = {
    "ben": "Ben Okafor",
    "chloe": "Chloé Martin",
    "deniz": "Deniz İpek",
    "ewa": "Ewa Wiśniewska",
    "farid": "Farid Haddad",
    "grete": "Grete Lindqvist-Featherstonehaugh",
}
SCREENSHOTS = "RINGLEDGER_SCREENSHOTS"


def find_browser() -> str | None:
    """Chromium as RINGLEDGER_CHROMIUM names it, or as Debian installs it."""
    given = os.environ.get("RINGLEDGER_CHROMIUM")
    return given or next((found for name in BROWSERS if (found := shutil.which(name))), None)


# Without slots: Playwright puts a mark on the object whose method it is given.
@dataclass(kw_only=True)
class House:
    """Where the pages are. foreign: requests that left the origin; complaints: errors that the browser logged."""

    front: Front
    url: str
    browser: Browser
    allocating: Allocating
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    async def page(self, *, size: dict[str, int] | None = None, script: bool = True, **more: Any) -> Page:
        """A new page of a browser that nobody used before."""
        context = await self.browser.new_context(
            viewport=size or WIDE,  # type: ignore[arg-type]
            java_script_enabled=script,
            **more,
        )
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", self._note_request)
        page.on("console", self._note_complaint)
        return page

    async def signed_in(self, name: str = "ada", **more: Any) -> Page:
        """A page of somebody who has signed in by the form."""
        page = await self.page(**more)
        await page.goto(f"{self.url}/")
        await page.get_by_label("Name or e-mail address").fill(name)
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("heading", name="Billing", exact=True).wait_for()
        return page

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.foreign.append(request.url)

    def _note_complaint(self, message: ConsoleMessage) -> None:
        # A refused form is told by its status; anything else, such as a broken policy, is a mistake.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            self.complaints.append(message.text)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Chromium without a window."""
    program = find_browser()
    if program is None:
        pytest.skip("no browser: install chromium, or name one in RINGLEDGER_CHROMIUM")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        await browser.close()


def some_costs(today: date) -> list[Charge]:
    """Costs of Claims on most days of this month until today, and of the one before."""
    first = today.replace(day=1)
    begun = (first - timedelta(days=1)).replace(day=1)
    days = [begun + timedelta(days=place) for place in range((today - begun).days + 1)]
    charges = [
        a_charge(
            number, f"{number * 37 % 29}.{number:06d}", account=ACCOUNT, used_on=day, period=day.replace(day=1)
        )
        for number, day in enumerate(days, start=1)
        if day.weekday() != 6
    ]
    return [replace(charge, unit_id=unit_id("Claims")) for charge in charges]


@pytest.fixture
async def house(browser: Browser, fresh_database: FreshDatabase) -> AsyncIterator[House]:
    """The pages with an account, an Admin `ada`, and numbers that are free; nothing may leave the origin."""
    directory = [*a_working_account(), a_team(), *(a_number(number) for number in (OTHER_NUMBER, *AVAILABLE))]
    directory += [
        replace(a_user(user), name=name, email=f"{user}@harbour-care.example") for user, name in PEOPLE.items()
    ]
    directory += [a_membership(user="chloe")]
    async with (
        portal_on(await fresh_database(migrated("portal"))) as front,
        units_behind(front, await fresh_database(migrated("billing_units")), *directory) as allocating,
        described_behind(front),
        costs_behind(front, await fresh_database(migrated("reporting")), *some_costs(system_clock().date())),
        listening(front.app) as url,
    ):
        await front.person("ada", account=ACCOUNT, role="admin")
        house = House(front=front, url=url, browser=browser, allocating=allocating)
        yield house
        # While the server is still there, so that nothing that was on its way is refused.
        for context in browser.contexts:
            await context.close()
    assert house.foreign == []
    assert house.complaints == []


Show = Callable[[Page, str], Awaitable[None]]


@pytest.fixture
def show() -> Show:
    """`await show(page, name)` keeps a screenshot where RINGLEDGER_SCREENSHOTS names a folder."""

    async def keep(page: Page, name: str) -> None:
        if folder := os.environ.get(SCREENSHOTS):
            # Hiding the caret would put a style into the page, against its policy.
            await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True, caret="initial")

    return keep
