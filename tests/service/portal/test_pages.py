"""Pages as answers: who sees which, by direct address too; what they send; and that nobody is sent elsewhere."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from contracts.values.access import Denied, decide
from services.portal.domain.credentials import form_token
from services.portal.domain.tabs import ADD_UNIT, PAGES, TABS, UNITS_TAB
from services.portal.domain.unit_draft import read_draft, read_numbers
from services.portal.handlers.front_door import COOKIE
from tests.conftest import FreshDatabase
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    a_number,
    a_working_account,
    an_assignment,
    unit_id,
)
from tests.support.front import HOST, PASSWORD, Front, units_behind
from tests.support.schemas import migrated

UNITS = UNITS_TAB.path
NAMED = {
    "{charge_id}": unit_id("none"),
    "{unit_id}": unit_id("Claims"),
    "{assignment_id}": an_assignment().assignment_id,
    "{key_id}": unit_id("no key"),
}
RIGHTS: dict[str, dict[str, Any]] = {
    "admin": {"role": "admin"},
    "edit_billing": {"access_groups": ["edit_billing"]},
    "view_billing_unit": {"access_groups": ["view_billing_unit"]},
    "edit_billing_unit": {"access_groups": ["edit_billing_unit"]},
    "both_unit_groups": {"access_groups": ["view_billing_unit", "edit_billing_unit"]},
    "none": {},
}


@pytest.fixture
async def house(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[Front]:
    """Portal with billing_units and its account behind it, and a person for each of RIGHTS."""
    dsn = await fresh_database(migrated("billing_units"))
    async with units_behind(front, dsn, *a_working_account(), a_number(OTHER_NUMBER)):
        yield front


async def a_visitor(front: Front, rights: str) -> str:
    await front.person(rights, account=ACCOUNT, **RIGHTS[rights])
    return await front.sign_in(rights)


def body(token: str, **fields: Any) -> dict[str, Any]:
    return {"form_token": form_token(token), **fields}


async def ask(client: httpx.AsyncClient, operation: str, token: str) -> httpx.Response:
    method, path = operation.split(" ")
    for name, value in NAMED.items():
        path = path.replace(name, value)
    return await client.request(method, path, data=body(token) if method == "POST" else None)


@pytest.mark.parametrize("rights", RIGHTS)
async def test_each_privilege_opens_its_pages_and_no_other_by_direct_address(house: Front, rights: str) -> None:
    token = await a_visitor(house, rights)
    visitor = await house.parts.door.sign_in.visitor_of(token, "r")
    assert visitor is not None
    async with house.by_cookie(token) as client:
        for operation, policy in PAGES.items():
            answer = await ask(client, operation, token)
            refused = isinstance(decide(visitor.caller, policy), Denied)
            assert (answer.status_code == 403) == refused, (operation, answer.status_code)
            assert answer.status_code in {200, 303, 403, 404, 422}, (operation, answer.text)
            assert "This is not open to you" in answer.text or not refused


@pytest.mark.parametrize(
    ("rights", "opens"),
    [
        ("admin", {tab.name for tab in TABS}),
        ("edit_billing", {tab.name for tab in TABS} - {"Billing units"}),
        ("view_billing_unit", {"Billing units"}),
        ("edit_billing_unit", {"Billing units"}),
    ],
)
async def test_the_tabs_that_open_are_links_and_the_others_are_not(
    house: Front, rights: str, opens: set[str]
) -> None:
    token = await a_visitor(house, rights)
    async with house.by_cookie(token) as client:
        first = await client.get((await client.get("/")).headers["location"])
    assert first.status_code == 200
    links = {tab.name for tab in TABS if f'<a href="{tab.path}"' in first.text}
    assert links == opens and len(TABS) == 9
    assert ("Add billing unit" in first.text) == (rights in {"admin", "edit_billing_unit"})


async def test_a_stranger_is_asked_to_sign_in_and_comes_back(front: Front) -> None:
    await front.person("ada", role="admin")
    async with front.client() as client:
        for operation in PAGES:
            answer = await ask(client, operation, "")
            assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in"), operation
        sent = await client.get(TABS[0].path)
        assert sent.headers["location"] == f"/sign-in?next={TABS[0].path}"
        form = {"sign_in_name": "ada", "password": PASSWORD, "next": TABS[0].path}
        for origin in ("https://elsewhere.example", ""):
            refused = await client.post("/sign-in", data=form, headers={"Origin": origin})
            assert refused.status_code == 403 and "set-cookie" not in refused.headers
        wrong = await client.post("/sign-in", data=form | {"password": "wrong"}, headers={"Origin": HOST})
        assert wrong.status_code == 401 and "do not belong together" in wrong.text and 'wrong"' not in wrong.text
        right = await client.post("/sign-in", data=form, headers={"Origin": HOST})
    assert (right.status_code, right.headers["location"]) == (303, TABS[0].path)
    cookie = right.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=") and "Domain" not in cookie
    assert {part.strip() for part in cookie.split(";")} >= {"Secure", "HttpOnly", "SameSite=lax", "Path=/"}


@pytest.mark.parametrize(
    "wanted", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "x"]
)
async def test_signing_in_leads_to_no_other_site(front: Front, wanted: str) -> None:
    await front.person("ada", role="admin")
    async with front.client() as client:
        form = {"sign_in_name": "ada", "password": PASSWORD, "next": wanted}
        answer = await client.post("/sign-in", data=form, headers={"Origin": HOST})
    assert answer.headers["location"] == "/administration/billing"


async def test_signing_out_ends_the_session_and_everywhere_ends_all(front: Front) -> None:
    await front.person("ada", role="admin")
    tokens = [await front.sign_in("ada") for _ in range(3)]
    for path, left in (("/sign-out", 2), ("/sign-out-everywhere", 0)):
        token = tokens[0] if path == "/sign-out" else tokens[1]
        async with front.by_cookie(token) as client:
            assert (await client.post(path, data={})).status_code == 403, "without the form's token"
            answer = await client.post(path, data=body(token))
            assert answer.headers["location"] == "/sign-in" and f'{COOKIE}=""' in answer.headers["set-cookie"]
        good = [await front.parts.door.sign_in.visitor_of(each, "r") for each in tokens]
        assert len([visitor for visitor in good if visitor]) == left


async def test_what_is_refused_is_told_on_a_page(front: Front) -> None:
    await front.person("ada", role="admin")
    token = await front.sign_in("ada")
    async with front.by_cookie(token, Origin="https://elsewhere.example") as client:
        forged = await client.post("/sign-out", data=body(token))
    assert forged.status_code == 403 and "did not come from a page of this site" in forged.text
    front.parts.door.pace.per_minute = 2
    async with front.by_cookie(token) as client:
        answers = [await client.get("/me") for _ in range(4)]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert "Retry-After" in answers[-1].headers and "text/html" in answers[-1].headers["content-type"]


async def test_pages_let_nothing_in_from_elsewhere_and_are_not_kept(house: Front) -> None:
    token = await a_visitor(house, "admin")
    async with house.by_cookie(token) as client:
        for path in ("/sign-in", UNITS, TABS[0].path, "/me"):
            answer = await client.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
            assert answer.headers["cache-control"] == "no-store"
            assert "style=" not in answer.text and "onclick" not in answer.text
        names = await client.get("/static/site.css"), await client.get("/static/htmx.min.js")
        assert [answer.status_code for answer in names] == [200, 200]


async def test_names_are_shown_as_they_are_written(house: Front) -> None:
    token = await a_visitor(house, "admin")
    evil = '<script>alert("x")</script>'
    async with house.by_cookie(token) as client:
        saved = await client.post(f"{UNITS}/new/save", data=body(token, name=evil))
        assert saved.status_code == 303
        table = await client.get(saved.headers["location"])
        found = await client.get(UNITS, params={"q": evil})
    for answer in (table, found):
        assert evil not in answer.text and "&lt;script&gt;" in answer.text


async def test_what_cannot_be_saved_says_why_and_keeps_what_was_typed(house: Front) -> None:
    token = await a_visitor(house, "admin")
    async with house.by_cookie(token) as client:
        empty = await client.post(f"{UNITS}/new/save", data=body(token, name="  ", number=OTHER_NUMBER))
        assert empty.status_code == 422 and "Give the unit a name." in empty.text and OTHER_NUMBER in empty.text
        taken = await client.post(
            f"{UNITS}/new/save", data=body(token, name="Night", number=[NUMBER, OTHER_NUMBER])
        )
        assert taken.status_code == 200 and "Night was added" in taken.text
        assert "None of the 2 numbers was assigned, because 1 cannot be" in taken.text
        assert NUMBER in taken.text and OTHER_NUMBER not in taken.text
        assert (await client.get(f"{UNITS}?q=night")).text.count('<span class="none">0</span>') == 2
        pasted = await client.post(
            f"{UNITS}/new", data=body(token, name="Late", opened="1", pasted=f"{NUMBER}\n+4930000000")
        )
        assert pasted.status_code == 422 and "is in another billing unit" in pasted.text
        assert "is not a number of this account" in pasted.text


async def test_without_its_service_a_page_says_so(front: Front) -> None:
    await front.person("ada", role="admin")
    front.addresses["billing_units"] = "http://127.0.0.1:1"
    async with front.by_cookie(await front.sign_in("ada")) as client:
        assert (await client.get(UNITS)).status_code == 503
        assert (await client.get(TABS[0].path)).status_code == 200


def test_a_draft_is_what_its_form_says_each_member_once() -> None:
    draft = read_draft({"name": [" Night "], "user": ["a", "b", "a", ""], "before_user": ["c"], "number": []})
    assert (draft.name, draft.of("user"), draft.of("number")) == ("Night", ("a", "b"), ())
    assert read_draft({"before_user": ["c"], "user": ["a"]}, prefix="before_").of("user") == ("c",)
    assert ADD_UNIT.any_of


def test_pasted_numbers_are_read_as_people_write_them() -> None:
    pasted = read_numbers(
        "+49 30 123456, +49 (30) 123-457\n+49.30.123458;+49 30 123456\nhello",
        available=["+4930123456", "+4930123457", "+4930123458"],
        held=[],
    )
    assert pasted.usable == ("+4930123456", "+4930123457", "+4930123458")
    assert [number for number, _ in pasted.refused] == ["hello"]
