"""The pages of API keys: made with the secret shown once, listed without it, ended; for Admins alone."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from chassis.clock import system_clock
from services.portal.domain.tabs import API_KEYS, BILLING, NEW_KEY
from tests.conftest import FreshDatabase
from tests.service.portal.test_pages import body
from tests.support.directory import ACCOUNT, a_working_account, unit_id
from tests.support.front import Front, units_behind
from tests.support.schemas import migrated

SECRET = re.compile(r"rlk_[0-9a-f]{32}_[A-Za-z0-9_-]{43}")


@pytest.fixture
async def house(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[Front]:
    """Portal with billing_units behind it, and the Admin `ada`."""
    async with units_behind(front, await fresh_database(migrated("billing_units")), *a_working_account()):
        await front.person("ada", account=ACCOUNT, role="admin")
        yield front


async def keys(front: Front) -> list[dict[str, object]]:
    async with front.operator(ACCOUNT) as client:
        found: list[dict[str, object]] = (await client.get("/api/v1/api-keys")).json()["data"]
    return found


async def test_a_key_is_made_shown_once_and_listed_without_its_secret(house: Front) -> None:
    token = await house.sign_in("ada")
    fields = {"name": "Night <export>", "may": ["view_billing_unit", "edit_billing"], "units": "claims\n\nSales\n"}
    async with house.by_cookie(token) as client:
        empty = await client.get(API_KEYS.path)
        assert "No API keys yet" in empty.text
        made = await client.post(NEW_KEY, data=body(token, **fields, day="2099-06-01"))
        assert made.status_code == 200 and "shown this once" in made.text, made.text
        [secret] = set(SECRET.findall(made.text))
        listed = (await client.get(API_KEYS.path)).text
    assert "Night &lt;export&gt;" in listed and secret.rpartition("_")[2] not in listed
    for shown in ("view billing unit", "edit billing", "Claims", "Sales", "2099-06-01 00:00", "Europe/London"):
        assert shown in listed, shown
    async with house.by_key(secret) as client:
        me = (await client.get("/api/v1/me")).json()["data"]
    assert me["privileges"] == ["edit_billing", "view_billing_unit"]
    assert me["units"] == sorted([unit_id("Claims"), unit_id("Sales")])
    [key] = await keys(house)
    assert key["expires_at"] == "2099-05-31T23:00:00Z", "midnight in London"


async def test_a_key_is_revoked_after_a_question(house: Front) -> None:
    token = await house.sign_in("ada")
    async with house.by_cookie(token) as client:
        made = await client.post(NEW_KEY, data=body(token, name="pbx", may="publish_events"))
        [secret] = set(SECRET.findall(made.text))
        [key] = await keys(house)
        path = f"{API_KEYS.path}/{key['key_id']}/revoke"
        assert "cannot be brought back" in (await client.get(path)).text
        assert (await keys(house))[0]["revoked_at"] is None
        done = await client.post(path, data=body(token))
        assert done.headers["location"] == f"{API_KEYS.path}?done=revoked"
        assert "The key is revoked" in (await client.get(done.headers["location"])).text
        for again in (await client.get(path), await client.post(path, data=body(token))):
            assert again.status_code == 404 and "no such key that is in use" in again.text
    async with house.by_key(secret) as client:
        assert (await client.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"may": "edit_billing"}, "Give the key a name"),
        ({"name": "x" * 201, "may": "edit_billing"}, "at most 200 characters"),
        ({"name": "x"}, "Choose at least one thing"),
        ({"name": "x", "may": "administer"}, "Choose at least one thing"),
        ({"name": "x", "may": "edit_billing", "units": "Claims\nNobody"}, "There is no billing unit “Nobody”."),
        ({"name": "x", "may": "edit_billing", "units": unit_id("none")}, "There is no billing unit"),
        ({"name": "x", "may": "edit_billing", "units": "\n".join(map(str, range(101)))}, "at most 100 units"),
        ({"name": "x", "may": "publish_events", "units": "Claims"}, "published for the whole account"),
        ({"name": "x", "may": "edit_billing", "day": "soon"}, "Say the day as year-month-day"),
        ({"name": "x", "may": "edit_billing", "day": "2026-01-01"}, "say a day to come"),
    ],
)
async def test_what_cannot_be_made_says_why_and_keeps_what_was_typed(
    house: Front, fields: dict[str, str], says: str
) -> None:
    token = await house.sign_in("ada")
    async with house.by_cookie(token) as client:
        refused = await client.post(NEW_KEY, data=body(token, **fields))
    assert refused.status_code == 422 and says in refused.text, refused.text
    assert f'value="{fields.get("name", "")[:200]}' in refused.text and not SECRET.search(refused.text)
    assert await keys(house) == []


async def test_only_an_admin_of_the_whole_account_gets_there(house: Front) -> None:
    await house.person("grete", account=ACCOUNT, access_groups=["edit_billing", "view_billing_unit"])
    await house.person("local", account=ACCOUNT, role="admin", units=[unit_id("Claims")])
    for name in ("grete", "local"):
        token = await house.sign_in(name)
        async with house.by_cookie(token) as client:
            refused = [await client.get(API_KEYS.path), await client.post(NEW_KEY, data=body(token, name="x"))]
            assert [answer.status_code for answer in refused] == [403, 403]
            tab = await client.get(f"{BILLING}/my-account")
            assert API_KEYS.path not in tab.text
    async with house.by_cookie(await house.sign_in("ada")) as client:
        assert f'href="{API_KEYS.path}"' in (await client.get(f"{BILLING}/my-account")).text


async def test_keys_are_listed_while_billing_units_is_away_and_by_pages(house: Front) -> None:
    unit = unit_id("Claims")
    async with house.operator(ACCOUNT) as client:
        for number in range(51):
            made = await client.post("/api/v1/api-keys", json={"name": f"key-{number:02}", "units": [unit]})
            assert made.status_code == 201
    house.addresses["billing_units"] = "http://127.0.0.1:1"
    async with house.by_cookie(await house.sign_in("ada")) as client:
        first = await client.get(API_KEYS.path)
        [more] = re.findall(r'href="([^"]+cursor=[^"]+)"', first.text)
        second = await client.get(more)
        assert (await client.get(f"{API_KEYS.path}?cursor=x")).status_code == 422
    assert "key-49" in first.text and "key-50" not in first.text and unit in first.text
    assert "key-50" in second.text and "key-49" not in second.text


async def test_an_ended_key_is_told_from_one_in_use(house: Front) -> None:
    until = (system_clock() + timedelta(hours=1)).isoformat()
    async with house.operator(ACCOUNT) as client:
        assert (await client.post("/api/v1/api-keys", json={"name": "x", "expires_at": until})).status_code == 201

    async def page() -> httpx.Response:
        async with house.by_cookie(await house.sign_in("ada")) as client:
            return await client.get(API_KEYS.path)

    assert '<span class="mark">ended</span>' not in (await page()).text
    house.later = timedelta(hours=2)
    assert '<span class="mark">ended</span>' in (await page()).text
