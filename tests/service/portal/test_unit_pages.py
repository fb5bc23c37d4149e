"""A unit's page: its members over time, its name, and changes that show beforehand what they would move."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from services.portal.domain.credentials import form_token
from services.portal.domain.tabs import UNITS_TAB
from tests.conftest import FreshDatabase
from tests.support.allocating import Allocating
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    a_number,
    a_rated_call,
    a_team,
    a_user,
    a_working_account,
    an_account,
    an_assignment,
    unit_id,
)
from tests.support.front import Front, units_behind
from tests.support.schemas import migrated

CLAIMS, SALES = (f"{UNITS_TAB.path}/{unit_id(name)}" for name in ("Claims", "Sales"))
RELEASE = f"{CLAIMS}/release/{an_assignment().assignment_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Somebody at the pages, and the service behind them."""

    client: httpx.AsyncClient
    token: str
    allocating: Allocating

    async def get(self, path: str) -> str:
        """A page that is shown."""
        answer = await self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def send(self, path: str, **fields: Any) -> httpx.Response:
        """A form as its page sends it."""
        return await self.client.post(path, data={"form_token": form_token(self.token), **fields})

    async def done(self, path: str, **fields: Any) -> str:
        """The page that a form leads to once it is done."""
        answer = await self.send(path, **fields)
        assert answer.status_code == 303, answer.text
        return await self.get(answer.headers["location"])


@pytest.fixture
async def desk(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[Desk]:
    """One call of Claims' number, and one of a number in no unit, both of 2 June."""
    dsn = await fresh_database(migrated("billing_units"))
    directory = [*a_working_account(), a_team(), a_user("ben"), a_number(OTHER_NUMBER)]
    async with units_behind(front, dsn, *directory) as allocating:
        await allocating.rate(a_rated_call(), a_rated_call("other", own_number=OTHER_NUMBER, amount="1.500000"))
        await front.person("ada", account=ACCOUNT, role="admin")
        token = await front.sign_in("ada")
        async with front.by_cookie(token) as client:
            yield Desk(client=client, token=token, allocating=allocating)


async def test_adding_shows_what_moves_and_then_moves_it(desk: Desk) -> None:
    chosen = {"user": "ben", "pasted": "+44 20 7946 0019", "day": "2026-06-01"}
    preview = await desk.send(f"{SALES}/add", step="preview", **chosen)
    assert preview.status_code == 200, preview.text
    assert "from 2026-06-01, 00:00 in Europe/London, on" in preview.text
    assert "<td>Unassigned</td>" in preview.text and "1.50 EUR" in preview.text
    assert "Sales will owe <strong>1.50 EUR</strong> more" in preview.text
    assert "Nobody and no number is in this unit now." in await desk.get(SALES), "a preview changes nothing"
    page = await desk.done(f"{SALES}/add", step="confirm", **chosen)
    assert "1 change is being worked off" in page and OTHER_NUMBER in page and "2026-06-01 00:00" in page
    await desk.allocating.work_off()
    assert "being worked off" not in await desk.get(SALES)
    by_unit = {(charge["unit_id"], charge["kind"]): charge["amount"] for charge in await desk.allocating.charges()}
    assert str(by_unit[unit_id("Sales"), "charge"]) == "1.500000"


async def test_what_cannot_be_added_is_told_by_row_and_nothing_is(desk: Desk) -> None:
    refused = await desk.send(f"{SALES}/add", step="confirm", number=OTHER_NUMBER, pasted=f"{NUMBER}\nhello")
    assert refused.status_code == 422 and "Nothing was assigned." in refused.text
    assert f"<li>{NUMBER}: number {NUMBER} is in unit &#39;Claims&#39;" in refused.text
    assert "<li>hello: it begins with neither + nor 00" in refused.text
    assert f'value="{OTHER_NUMBER}" checked' in refused.text, "what was chosen stays"
    nobody = await desk.send(f"{SALES}/add", step="preview")
    assert nobody.status_code == 422 and "Choose at least one" in nobody.text
    bad_day = await desk.send(f"{SALES}/add", step="preview", user="ben", day="yesterday")
    assert bad_day.status_code == 422 and "year-month-day" in bad_day.text
    assert "Nobody and no number is in this unit now." in await desk.get(SALES)


async def test_a_member_is_released_after_its_moves_were_shown(desk: Desk) -> None:
    assert RELEASE in await desk.get(CLAIMS)
    assert f"Release {NUMBER}" in await desk.get(RELEASE)
    preview = await desk.send(RELEASE, step="preview", day="2026-06-01")
    assert "Claims will owe <strong>0.04583 EUR</strong> less" in preview.text, preview.text
    page = await desk.done(RELEASE, step="confirm", day="2026-06-01")
    assert "Released." in page and "At other times" in page and RELEASE not in page
    again = await desk.send(RELEASE, step="confirm", day="2026-06-02")
    assert again.status_code == 422 and "It ended at" in again.text
    assert (await desk.client.get(RELEASE.replace(CLAIMS, SALES))).status_code == 404


async def test_a_unit_is_renamed_and_archived_only_as_it_was_read(desk: Desk) -> None:
    taken = await desk.send(f"{CLAIMS}/rename", name="SALES", version="1")
    assert taken.status_code == 422 and 'value="SALES"' in taken.text
    assert "The unit has its new name." in await desk.done(f"{CLAIMS}/rename", name="Claims & Co", version="1")
    late = await desk.send(f"{CLAIMS}/rename", name="Other", version="1")
    assert late.status_code == 422 and "read it again" in late.text
    late = await desk.send(f"{CLAIMS}/archive", step="confirm", version="1")
    assert late.status_code == 422 and "read it again" in late.text
    preview = await desk.send(f"{CLAIMS}/archive", step="preview", version="2", day="2026-06-01")
    assert "Claims &amp; Co will owe <strong>0.04583 EUR</strong> less" in preview.text
    page = await desk.done(f"{CLAIMS}/archive", step="confirm", version="2", day="2026-06-01")
    assert re.search(r'class="mark">archived 2026-06-01 00:00', page) and "Rename" not in page
    assert "Nobody and no number is in this unit now." in page


@pytest.mark.parametrize("path", ["add", "archive", "release/x", f"release/{unit_id('Claims')}", ""])
async def test_what_does_not_exist_has_no_page(desk: Desk, path: str) -> None:
    unknown = f"{UNITS_TAB.path}/{unit_id('Nowhere')}/{path}".rstrip("/")
    assert (await desk.client.get(unknown)).status_code == 404
    assert (await desk.client.get(unknown.replace(unit_id("Nowhere"), "no-id"))).status_code == 404


async def test_who_may_only_view_is_offered_no_change(desk: Desk, front: Front) -> None:
    await front.person("eve", account=ACCOUNT, access_groups=["view_billing_unit"])
    async with front.by_cookie(await front.sign_in("eve")) as client:
        answer = await client.get(CLAIMS)
        assert answer.status_code == 200 and NUMBER in answer.text
        assert "Rename" not in answer.text and "Add members" not in answer.text and RELEASE not in answer.text


async def test_weights_and_the_primary_unit_are_asked_for_where_they_count(desk: Desk) -> None:
    assert "Weight" not in await desk.get(f"{SALES}/add")
    await desk.allocating.adopt(an_account(version=2, split_policy="weighted"))
    assert 'name="weight"' in await desk.get(f"{SALES}/add")
    for wrong in ("0", "-1", "1.5", "ten", "1000001", "²"):
        refused = await desk.send(f"{SALES}/add", step="preview", user="ben", weight=wrong)
        assert refused.status_code == 422 and "whole number from 1" in refused.text
        assert f'value="{wrong}"' in refused.text, "what was typed stays"
    preview = await desk.send(f"{SALES}/add", step="preview", user="ben", weight="3")
    assert '<input type="hidden" name="weight" value="3">' in preview.text
    assert "weight 3" in await desk.done(f"{SALES}/add", step="confirm", user="ben", weight="3")
    await desk.allocating.adopt(an_account(version=3, split_policy="primary"))
    page = await desk.done(f"{CLAIMS}/add", step="confirm", user="ben", primary="1")
    assert '<span class="mark">primary</span>' in page
