"""The table of units: persons with team members included, each once; searched, sorted and paged by the API."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest

from services.portal.clients.units import UNITS_SHOWN
from services.portal.domain.tabs import UNITS_TAB
from tests.conftest import FreshDatabase
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    a_membership,
    a_team,
    a_unit,
    a_user,
    a_working_account,
    an_assignment,
    unit_id,
)
from tests.support.front import Front, units_behind
from tests.support.schemas import migrated

UNITS = UNITS_TAB.path
CLAIMS = unit_id("Claims")


@pytest.fixture
async def client(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[httpx.AsyncClient]:
    """An Admin who looks at more units than a page shows."""
    many = [a_unit(f"Shop {number:02}") for number in range(UNITS_SHOWN)]
    people = [a_user("ben"), a_team(), a_membership(user="agent-17"), a_membership(user="ben")]
    teams = [an_assignment("evening", kind="team"), an_assignment("ben", kind="user")]
    dsn = await fresh_database(migrated("billing_units"))
    async with units_behind(front, dsn, *a_working_account(), *many, *people, *teams):
        await front.person("ada", account=ACCOUNT, role="admin")
        async with front.by_cookie(await front.sign_in("ada")) as client:
            yield client


def names(answer: httpx.Response) -> list[str]:
    """Units as the table shows them."""
    assert answer.status_code == 200, answer.text
    return re.findall(r'<th scope="row">(?:<a[^>]*>)?([^<]+)', answer.text)


async def test_users_are_persons_with_team_members_each_once(client: httpx.AsyncClient) -> None:
    answer = await client.get(UNITS, params={"q": "claims"})
    assert names(answer) == ["Claims"]
    assert '>2<span class="hidden"> users of Claims: show' in answer.text
    assert '>1<span class="hidden"> numbers of Claims: show' in answer.text
    assert NUMBER not in answer.text and "through Evening shift" not in answer.text
    users = await client.get(UNITS, params={"q": "claims", "open": f"{CLAIMS}.users"})
    assert users.text.count("through Evening shift") == 2 and "users of Claims: hide" in users.text
    numbers = await client.get(UNITS, params={"q": "claims", "open": f"{CLAIMS}.numbers"})
    assert f"<li>{NUMBER}</li>" in numbers.text and "through" not in numbers.text


async def test_pages_follow_each_other_and_keep_what_is_looked_for(client: httpx.AsyncClient) -> None:
    first = await client.get(UNITS)
    assert len(names(first)) == UNITS_SHOWN and names(first)[0] == "Claims"
    following = re.search(r'href="([^"]+)">Next page', first.text)
    assert following is not None
    second = await client.get(following[1].replace("&amp;", "&"))
    assert len(names(second)) == 2 and "Next page" not in second.text and "First page" in second.text
    assert not set(names(first)) & set(names(second))
    by_users = await client.get(UNITS, params={"sort": "users", "q": "s"})
    assert names(by_users)[0] == "Claims" and 'aria-sort="descending"' in by_users.text
    assert "sort=users" in by_users.text and "q=s" in by_users.text


async def test_an_address_that_nobody_gave_is_told_so(client: httpx.AsyncClient) -> None:
    assert (await client.get(UNITS, params={"cursor": "x"})).status_code == 422
    assert (await client.get(UNITS, params={"open": "../../accounts.users"})).status_code == 200
    assert (await client.get(UNITS, params={"sort": "cost"})).status_code == 200
