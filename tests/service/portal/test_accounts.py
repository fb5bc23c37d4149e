"""Accounts as facts tell of them: by which model people may do what, from the next request on."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from chassis.intake.batch import Fate
from contracts.events.envelope import encode
from contracts.events.facts import USER_FACT, UserFact
from contracts.values.access import EVERY_ACCOUNT
from services.portal.domain.tabs import BILLING, TABS, UNITS_TAB
from services.portal.pages.guarded import BASIC_ROLES
from tests.conftest import FreshDatabase
from tests.service.portal.test_api_keys import issue
from tests.support.adopting import Adopting, adopting_on, an_account_with
from tests.support.allocating import Allocating
from tests.support.directory import ACCOUNT, an_account
from tests.support.front import Front, portal_on, units_behind
from tests.support.rating_records import BEGAN_AT, fact_message
from tests.support.schemas import migrated

MEMBER = ["edit_billing", "view_billing_unit", "edit_billing_unit"]
"""All that the access groups give."""


@pytest.fixture
async def dsn(fresh_database: FreshDatabase) -> str:
    return await fresh_database(migrated("portal"))


@pytest.fixture
async def front(dsn: str) -> AsyncIterator[Front]:
    async with portal_on(dsn) as made:
        yield made


@pytest.fixture
async def adopting(dsn: str) -> AsyncIterator[Adopting]:
    async with adopting_on(dsn) as made:
        yield made


async def known(adopting: Adopting) -> dict[str, tuple[int, str, bool]]:
    rows = await adopting.pool.fetch("SELECT account_id, version, access, deleted FROM account")
    return {row["account_id"]: (row["version"], row["access"], row["deleted"]) for row in rows}


async def test_the_highest_version_of_an_account_stands_in_any_order(adopting: Adopting) -> None:
    first, second, third = (
        fact_message(an_account_with(access, version=version, deleted=version == 3))
        for version, access in ((1, "access_groups"), (2, "basic_roles"), (3, "access_groups"))
    )
    await adopting.take(second, first, fact_message(an_account_with("access_groups", "other")))
    assert await known(adopting) == {"acme": (2, "basic_roles", False), "other": (1, "access_groups", False)}
    done = await adopting.take(first, second)
    assert (done.fates[Fate.DUPLICATE], done.fates[Fate.ACCEPTED]) == (2, 0)
    await adopting.take(third)
    await adopting.take(second.replace(b'"acme-2"', b'"said-again"'))
    assert (await known(adopting))["acme"] == (3, "access_groups", True)


async def test_facts_of_anything_else_and_of_before_the_model_was_told_are_read(adopting: Adopting) -> None:
    user = UserFact(account_id="acme", user_id="agent-1", version=1, deleted=False)
    await adopting.take(encode(kind=USER_FACT, event_id="u", source="billing_units", time=BEGAN_AT, data=user))
    assert await known(adopting) == {}
    told: dict[str, Any] = orjson.loads(fact_message(an_account_with("basic_roles")))
    del told["data"]["access"]
    await adopting.take(orjson.dumps(told))
    assert await known(adopting) == {"acme": (1, "access_groups", False)}


async def me(client: httpx.AsyncClient) -> tuple[list[str], str | None]:
    data = (await client.get("/api/v1/me")).json()["data"]
    return data["privileges"], data["access"]


async def test_basic_roles_leave_a_member_nothing_an_admin_all_and_a_key_its_own(
    front: Front, adopting: Adopting
) -> None:
    await front.person("ada", role="admin")
    await front.person("max", access_groups=MEMBER)
    await front.person("eve", account="other", access_groups=MEMBER)
    key = await issue(front, access_groups=["view_billing_unit"])
    tokens = {name: await front.sign_in(name) for name in ("ada", "max", "eve")}
    async with front.by_cookie(tokens["max"]) as member, front.by_cookie(tokens["eve"]) as eve:
        assert await me(member) == (sorted(MEMBER), "access_groups"), "an account of which no fact has come"
        await adopting.take(fact_message(an_account_with("basic_roles")))
        assert await me(member) == ([], "basic_roles")
        assert await me(eve) == (sorted(MEMBER), "access_groups"), "another account's"
        async with front.by_cookie(tokens["ada"]) as ada:
            assert await me(ada) == (sorted(["administer", *MEMBER]), "basic_roles")
            assert (await ada.get("/api/v1/people")).status_code == 200
        async with front.by_key(key["api_key"]) as machine:
            assert await me(machine) == (["view_billing_unit"], "basic_roles")
        async with front.operator(EVERY_ACCOUNT) as operator:
            assert (await me(operator))[1] is None
        await adopting.take(fact_message(an_account_with("access_groups", version=2)))
        assert await me(member) == (sorted(MEMBER), "access_groups"), "the groups were kept"


async def test_the_page_refuses_a_member_in_words_and_serves_the_admin(front: Front, adopting: Adopting) -> None:
    await adopting.take(fact_message(an_account_with("basic_roles")))
    await front.person("ada", role="admin")
    await front.person("max", access_groups=MEMBER)
    await front.person("limited", role="admin", units=["5ccfd1e1-a15d-506a-84e7-b4431c35fb7d"])
    async with front.by_cookie(await front.sign_in("max")) as member:
        for path in (BILLING, *(tab.path for tab in TABS), f"{UNITS_TAB.path}/new"):
            refused = await member.get(path)
            assert (refused.status_code, BASIC_ROLES in refused.text) == (403, True), path
        own = (await member.get("/me")).text
        assert "by basic roles: only an Admin reaches Billing" in own and "nothing in Billing" in own
    async with front.by_cookie(await front.sign_in("ada")) as ada:
        assert (await ada.get(TABS[0].path)).status_code == 200
    async with front.by_cookie(await front.sign_in("limited")) as limited:
        refused = await limited.get(TABS[0].path)
        assert (refused.status_code, BASIC_ROLES in refused.text) == (403, False), (
            "an Admin is told what is in the way"
        )


async def hand_over(allocating: Allocating, adopting: Adopting) -> None:
    """Let portal read what billing_units has published; what it has read before is a duplicate to it."""
    await adopting.take(*(orjson.dumps(fact) for fact in await allocating.facts()))


async def test_an_account_that_is_put_to_basic_roles_ends_a_members_access_and_back(
    front: Front, adopting: Adopting, fresh_database: FreshDatabase
) -> None:
    path = f"/api/v1/accounts/{ACCOUNT}"
    body = {"name": "Harbour Care", "currency": "EUR", "zone": "Europe/London"}
    dsn = await fresh_database(migrated("billing_units"))
    async with units_behind(front, dsn, an_account("other")) as allocating:
        await front.person("ada", account=ACCOUNT, role="admin")
        await front.person("max", account=ACCOUNT, access_groups=MEMBER)
        ada, member = front.by_cookie(await front.sign_in("ada")), front.by_cookie(await front.sign_in("max"))
        async with ada, member:
            assert (await member.get("/api/v1/billing-units")).status_code == 200
            for access, status in (("basic_roles", 403), ("access_groups", 200), ("basic_roles", 403)):
                put = await ada.put(path, json=body | {"access": access})
                assert put.json()["data"]["access"] == access, put.text
                await hand_over(allocating, adopting)
                units, page = await member.get("/api/v1/billing-units"), await member.get(UNITS_TAB.path)
                assert (units.status_code, BASIC_ROLES in page.text) == (status, status == 403)
                refused = await member.put(path, json=body | {"access": "access_groups"})
                assert refused.status_code == 403, "nobody but an Admin says by which model people may do what"
                assert (await ada.get(path)).json()["data"]["access"] == access
