"""The audit log as a page and through the gateway: for Admins only, every service's entries, in words."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from services.portal.api.gateway import REQUEST_ID
from services.portal.domain.tabs import AUDIT_LOG, UNITS_TAB
from tests.conftest import FreshDatabase
from tests.support.directory import ACCOUNT, NUMBER, a_working_account, an_assignment, unit_id
from tests.support.front import Front, listening, units_behind
from tests.support.schemas import migrated

PAGE = AUDIT_LOG.path
CLAIMS = unit_id("Claims")
EXPORT = "/api/v1/audit/billing-units/export"


@pytest.fixture
async def database(fresh_database: FreshDatabase) -> str:
    """billing_units' database, as the administrator of it."""
    return await fresh_database(migrated("billing_units"))


@pytest.fixture
async def admin(front: Front, database: str) -> AsyncIterator[httpx.AsyncClient]:
    """Ada, an Admin who has renamed Claims and released its number."""
    async with units_behind(front, database, *a_working_account()):
        await front.person("ada@harbour-care.example", account=ACCOUNT, role="admin")
        async with front.by_cookie(await front.sign_in("ada@harbour-care.example")) as client:
            renamed = await client.patch(
                f"/api/v1/billing-units/{CLAIMS}", json={"name": "Losses"}, headers={"If-Match": "*"}
            )
            released = await client.post(f"/api/v1/assignments/{an_assignment().assignment_id}/release", json={})
            assert (renamed.status_code, released.status_code) == (200, 200)
            yield client


def rows(text: str) -> list[str]:
    """The table's rows as their words."""
    found = re.findall(r"<tr>(.*?)</tr>", text.partition("<tbody>")[2], re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in found]


async def page(client: httpx.AsyncClient, **query: Any) -> str:
    answer = await client.get(PAGE, params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_who_when_what_before_and_after_in_words(admin: httpx.AsyncClient) -> None:
    text = await page(admin)
    released, renamed = rows(text)
    assert "ada@harbour-care.example (person) Billing unit changed Losses" in renamed
    assert "name: was Claims → , is Losses" in renamed
    assert "Assignment changed Losses" in released and f"member: {NUMBER}" in released
    assert "until: was none →" in released
    assert f'href="{EXPORT}"' in text and "Europe/London" in text
    own = rows(await page(admin, log="people"))
    assert "Signed in" in own[0] and "operator somebody Person added ada@harbour-care.example" in own[1]


async def test_it_is_filtered_by_subject_and_day(front: Front, admin: httpx.AsyncClient) -> None:
    assert len(rows(await page(admin, subject=CLAIMS))) == 2
    assert "that fits" in await page(admin, subject=NUMBER)
    assert "that fits" in await page(admin, on="2020-01-01") and "that fits" in await page(
        admin, log="people", on="2020-01-01"
    )
    day = re.search(r'<th scope="row" class="numbers">([0-9-]+) ', await page(admin))
    assert day is not None
    assert len(rows(await page(admin, on=day[1]))) == 2
    assert len(rows(await page(admin, on="no day", log="no log"))) == 2
    assert len(rows(await page(admin, cursor="2"))) == 1
    assert (await admin.get(PAGE, params={"cursor": "x"})).status_code == 422
    front.addresses["usage_rating"] = "http://127.0.0.1:1"
    assert (await admin.get(PAGE, params={"log": "prices"})).status_code == 503, "that service is not there"


async def test_it_is_linked_for_who_may_see_it_and_refused_to_others(
    front: Front, admin: httpx.AsyncClient
) -> None:
    assert f'<a href="{PAGE}"' in (await admin.get(UNITS_TAB.path)).text
    await front.person(
        "ben", account=ACCOUNT, access_groups=["view_billing_unit", "edit_billing_unit", "edit_billing"]
    )
    await front.person("lim", account=ACCOUNT, role="admin", units=[CLAIMS])
    for name in ("ben", "lim"):
        async with front.by_cookie(await front.sign_in(name)) as client:
            assert PAGE not in (await client.get(UNITS_TAB.path)).text
            for path in (PAGE, "/api/v1/audit", "/api/v1/audit/export", "/api/v1/audit/billing-units", EXPORT):
                assert (await client.get(path)).status_code == 403, path


async def test_what_was_changed_behind_the_application_is_told(admin: httpx.AsyncClient, database: str) -> None:
    assert "behind the application" not in await page(admin)
    connection = await asyncpg.connect(database)
    await connection.execute("UPDATE billing_units.audit_entry SET after = '{}' WHERE seq = 1")
    await connection.close()
    assert "Entry 1 is not as it was written" in await page(admin)


async def test_every_log_is_exported_through_the_one_address(admin: httpx.AsyncClient) -> None:
    for path, count in ((EXPORT, 2), ("/api/v1/audit/export", 2)):
        answer = await admin.get(path)
        assert answer.headers["content-type"] == "application/x-ndjson"
        assert "attachment" in answer.headers["content-disposition"]
        assert [json.loads(line)["seq"] for line in answer.text.splitlines()] == list(range(1, count + 1))
    assert (await admin.get(EXPORT)).headers[REQUEST_ID]
    listed = (await admin.get("/api/v1/audit/billing-units", params={"limit": 1})).json()
    assert (listed["data"][0]["action"], listed["next_cursor"]) == ("assignment.change", "2")
    assert (await admin.get("/api/v1/audit/nothing")).status_code == 404


async def test_an_export_is_passed_on_as_it_comes_and_breaks_off_when_its_service_does(front: Front) -> None:
    async def half(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
        await send({"type": "http.response.body", "body": b"one line\n", "more_body": True})

    async def refusing(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    await front.person("ada", account=ACCOUNT, role="admin")
    cookie = await front.sign_in("ada")
    async with listening(half) as address, front.by_cookie(cookie) as client:
        front.addresses["billing_units"] = address
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(EXPORT)
    async with listening(refusing) as address, front.by_cookie(cookie) as client:
        front.addresses["billing_units"] = address
        assert (await client.get(EXPORT)).status_code == 503
    async with front.by_cookie(cookie) as client:
        assert (await client.get(EXPORT)).status_code == 503, "nobody is there any more"
