"""The Unassigned inbox and explained charges as pages: suggestions, a preview, the charges that follow."""

import re
from collections.abc import AsyncIterator

import pytest

from services.portal.domain.inbox import Group, Step, gap_end, steps_for
from services.portal.domain.tabs import CHARGES, UNASSIGNED, UNITS_TAB
from tests.conftest import FreshDatabase
from tests.service.portal.test_unit_pages import Desk
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    a_number,
    a_rated_call,
    a_user,
    a_working_account,
    an_assignment,
    at,
    unit_id,
)
from tests.support.front import Front, units_behind
from tests.support.schemas import migrated

SINCE = "2026-06-01"
INBOX = f"{UNASSIGNED}?since={SINCE}"
CLAIMS, SALES = unit_id("Claims"), unit_id("Sales")


@pytest.fixture
async def desk(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[Desk]:
    """A number that left its unit and comes back, a user without one, and a number that was never in one."""
    dsn = await fresh_database(migrated("billing_units"))
    directory = [
        *a_working_account(), a_number(OTHER_NUMBER), a_user("ben"),
        an_assignment(version=2, until="2026-06-05T00:00:00Z"),
        an_assignment(since="2026-06-20T00:00:00Z", name="again"),
    ]  # fmt: skip
    late = "2026-06-10T08:00:00Z"
    async with units_behind(front, dsn, *directory) as allocating:
        await allocating.rate(
            a_rated_call("gap", answered=late, amount="0.50"),
            a_rated_call("ben", answered=late, own_number=None, user="ben", amount="0.40"),
            a_rated_call("other", answered=late, own_number=OTHER_NUMBER, amount="0.20"),
        )
        await front.person("ada", account=ACCOUNT, role="admin")
        token = await front.sign_in("ada")
        async with front.by_cookie(token) as client:
            yield Desk(client=client, token=token, allocating=allocating)


async def test_suggestions_are_followed_after_their_moves_were_shown(desk: Desk) -> None:
    inbox = await desk.get(INBOX)
    assert "1.10 of 1.10 EUR charged since then" in inbox
    assert re.findall(r'name="group" value="([^"]+)"', inbox) == [f"{NUMBER} ", " ben", f"{OTHER_NUMBER} "]
    assert inbox.count("the number was in this unit until") == 1
    chosen = {"since": SINCE, "group": [f"{NUMBER} ", f"{OTHER_NUMBER} "]}
    preview = await desk.send(UNASSIGNED, step="preview", **chosen)
    assert preview.status_code == 200, preview.text
    assert "from 2026-06-10 09:00 until 2026-06-20 01:00" in preview.text, "the gap, and no more"
    assert "0.50 EUR" in preview.text and "1 of what you chose has no number" in preview.text
    page = await desk.done(UNASSIGNED, step="confirm", **chosen)
    assert "1 member assigned" in page and "being worked off" in page
    await desk.allocating.work_off()
    left = await desk.get(INBOX)
    assert f'value="{NUMBER} "' not in left and 'value=" ben"' in left


async def test_several_are_given_the_unit_that_is_named(desk: Desk) -> None:
    chosen = {"since": SINCE, "group": [" ben", f"{OTHER_NUMBER} "]}
    unknown = await desk.send(UNASSIGNED, step="preview", unit="Nowhere", **chosen)
    assert unknown.status_code == 422 and "no billing unit called “Nowhere”" in unknown.text
    nothing = await desk.send(UNASSIGNED, step="preview", **chosen)
    assert nothing.status_code == 422 and "Name a unit" in nothing.text
    page = await desk.done(UNASSIGNED, step="confirm", unit="sales", **chosen)
    assert "2 members assigned" in page
    await desk.allocating.work_off()
    owed = {(charge["unit_id"], str(charge["amount"])) for charge in await desk.allocating.charges()}
    assert {(SALES, "0.400000"), (SALES, "0.200000")} <= owed


async def test_a_charge_is_explained_from_the_list_of_its_day(desk: Desk) -> None:
    day = await desk.get(f"{CHARGES}?unit=unassigned&on=2026-06-10")
    links = re.findall(rf'href="({CHARGES}/[0-9a-f-]+)"', day)
    assert len(links) == 3 and "0.50 EUR" in day
    pages = [await desk.get(link) for link in links]
    assert any(f"Nobody: {NUMBER} was in no unit then" in page for page in pages)
    assert (await desk.client.get(f"{CHARGES}/{CLAIMS}")).status_code == 404
    asked = await desk.client.get(CHARGES, params={"charge": links[0].rpartition("/")[2].upper()})
    assert asked.headers["location"] == links[0]


async def test_the_table_tells_of_use_that_nobody_owes(front: Front, fresh_database: FreshDatabase) -> None:
    async with units_behind(
        front, await fresh_database(migrated("billing_units")), *a_working_account()
    ) as allocating:
        await front.person("ada", account=ACCOUNT, role="admin")
        async with front.by_cookie(await front.sign_in("ada")) as client:
            assert "belongs to no billing unit" not in (await client.get(UNITS_TAB.path)).text
            today = f"{front.clock():%Y-%m-%d}T00:00:01Z"
            await allocating.rate(a_rated_call(own_number=None, answered=today))
            assert f'<a href="{UNASSIGNED}">' in (await client.get(UNITS_TAB.path)).text


def a_group(number: str | None, user: str | None, first: str, *, held: bool = True) -> Group:
    return Group(own_number=number, user_id=user, held=held, first_at=at(first), suggested=CLAIMS)


def test_each_member_is_assigned_once_from_its_first_call_on() -> None:
    late, early = "2026-06-10T08:00:00Z", "2026-06-03T08:00:00Z"
    groups = [
        a_group(NUMBER, "ada", late),
        a_group(NUMBER, "ben", early),
        a_group(OTHER_NUMBER, None, late, held=False),
    ]
    steps, left = steps_for(groups, None, users_first=False)
    assert steps == [Step(unit_id=CLAIMS, kind="number", member=NUMBER, from_at=at(early))] and left == groups[2:]
    steps, _ = steps_for(groups, SALES, users_first=True)
    assert [(step.member, step.unit_id) for step in steps] == [("ada", SALES), ("ben", SALES)]


def test_a_gap_ends_where_the_next_assignment_in_the_way_begins() -> None:
    rows = [
        {"member_kind": "number", "unit_id": SALES, "from_at": "2026-06-20T00:00:00Z"},
        {"member_kind": "number", "unit_id": CLAIMS, "from_at": "2026-06-01T00:00:00Z"},
        {"member_kind": "user", "unit_id": SALES, "from_at": "2026-06-15T00:00:00Z"},
    ]
    first = at("2026-06-10T08:00:00Z")
    assert gap_end(Step(unit_id=CLAIMS, kind="number", member="x", from_at=first), rows) == at(
        "2026-06-20T00:00:00Z"
    )
    assert gap_end(Step(unit_id=CLAIMS, kind="user", member="x", from_at=first), rows) is None
    assert gap_end(Step(unit_id=SALES, kind="user", member="x", from_at=first), rows) == at("2026-06-15T00:00:00Z")
