"""Directory statements: the highest version stands whatever the order, and what cannot stand says why."""

import asyncio
import itertools
from dataclasses import replace
from functools import partial
from typing import Any

import asyncpg
import pytest

from chassis.intake.batch import Fate
from chassis.outbox.packing import unpack_messages
from contracts.topics import BILLING_UNITS_FACTS, DIRECTORY
from tests.support.allocating import Allocating, message_of
from tests.support.broker import until
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    a_membership,
    a_number,
    a_rated_call,
    a_team,
    a_unit,
    a_user,
    a_working_account,
    an_account,
    an_assignment,
    unit_id,
)


async def _somebody_waits(allocating: Allocating) -> bool:
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')"
    return bool(await allocating.pool.fetchval(waiting))


async def revision(allocating: Allocating, account: str = ACCOUNT) -> int:
    found: int = await allocating.pool.fetchval("SELECT revision FROM directory WHERE account_id = $1", account)
    return found


async def test_the_highest_version_stands_in_any_order(allocating: Allocating) -> None:
    names = set()
    orders = itertools.product(itertools.permutations((1, 2, 3)), (True, False))
    for number, (order, together) in enumerate(orders):
        account = f"account-{number}"
        versions = [an_account(account, version=version, name=f"Name {version}") for version in order]
        if together:
            await allocating.adopt(*versions)
        else:
            for version in versions:
                await allocating.adopt(version)
        names.add(await allocating.pool.fetchval("SELECT name FROM account WHERE account_id = $1", account))
    assert names == {"Name 3"}


async def test_the_same_version_is_a_repeat_or_a_conflict(allocating: Allocating) -> None:
    await allocating.adopt(a_unit("Claims"))
    again = message_of(a_unit("Claims"), event_id="other-1")
    other = message_of(a_unit("Claims", archived_at=a_rated_call().occurred_at), event_id="other-2")
    await allocating.take(DIRECTORY.name, [again, other])
    assert (allocating.fates[Fate.DUPLICATE], allocating.fates[Fate.CONFLICT]) == (1, 1)
    reason = await allocating.pool.fetchval("SELECT reason FROM event_conflict")
    assert reason == f"unit {unit_id('Claims')}: version 1 with other content"
    assert await revision(allocating) == 1


async def test_an_account_told_again_by_who_spells_the_usual_model_out_is_a_repeat(allocating: Allocating) -> None:
    told = message_of(an_account())
    await allocating.take(DIRECTORY.name, [told.replace(b',"access":"access_groups"', b"")])
    again = message_of(an_account(), event_id="other-1")
    basic = message_of(an_account(access="basic_roles"), event_id="other-2")
    await allocating.take(DIRECTORY.name, [again, basic])
    assert (allocating.fates[Fate.DUPLICATE], allocating.fates[Fate.CONFLICT]) == (1, 1)
    await allocating.adopt(an_account(version=2, access="basic_roles"))
    assert [fact["data"]["access"] for fact in await allocating.facts()] == ["access_groups", "basic_roles"]


async def test_every_change_raises_the_revision_and_becomes_a_fact_of_ids_only(allocating: Allocating) -> None:
    everything: list[Any] = [*a_working_account(), a_team(), a_membership(), a_user(version=2)]
    await allocating.adopt(*everything)
    assert await revision(allocating) == len(everything)
    facts = await allocating.facts()
    assert {fact["type"].split(".")[1] for fact in facts} == {
        "account-fact", "user-fact", "team-fact", "team-membership-fact", "number-fact", "unit-fact",
        "assignment-fact",
    }  # fmt: skip
    assert [fact["data"]["version"] for fact in facts if "user_id" in fact["data"]] == [1, 2]
    [assignment] = [fact["data"] for fact in facts if "assignment_id" in fact["data"]]
    assert assignment["directory_revision"] == 6
    row = await allocating.pool.fetchrow("SELECT messages FROM outbox WHERE topic = $1", BILLING_UNITS_FACTS.name)
    sent = unpack_messages(row["messages"])
    assert set(sent.keys) == {ACCOUNT.encode()}
    published = b"".join(sent.values)
    for private in (b"Ada Moss", b"example", b"Harbour Care", b"Evening", b"Claims"):
        assert private not in published


async def test_a_number_in_two_units_is_refused_and_its_neighbours_stand(allocating: Allocating) -> None:
    await allocating.adopt(
        *a_working_account(),
        an_assignment(unit="Sales", since="2026-03-01T00:00:00Z"),
        a_number(OTHER_NUMBER),
        an_assignment(OTHER_NUMBER, unit="Sales"),
    )
    [letter] = allocating.dead
    assert letter.code == "number_taken"
    for part in (NUMBER, "'Sales'", "'Claims'", unit_id("Claims"), "2026-01-01T00:00:00+00:00"):
        assert part in letter.detail
    held = await allocating.pool.fetch("SELECT member, unit_id FROM assignment ORDER BY member")
    assert [(row["member"], str(row["unit_id"])) for row in held] == [
        (NUMBER, unit_id("Claims")),
        (OTHER_NUMBER, unit_id("Sales")),
    ]


async def test_two_accounts_may_hold_the_same_number(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account("one"), *a_working_account("other"))
    assert allocating.dead == []
    assert await allocating.pool.fetchval("SELECT count(*) FROM assignment") == 2


@pytest.mark.parametrize("together", [True, False])
async def test_a_unit_id_is_one_accounts_and_the_others_neighbours_stand(
    allocating: Allocating, together: bool
) -> None:
    mine = a_unit("Claims")
    theirs = [an_account("other"), replace(mine, account_id="other"), a_unit("Sales", account="other")]
    changes = [mine, *theirs, replace(mine, version=2, name="Claims North")]
    for batch in [changes] if together else [[change] for change in changes]:
        await allocating.adopt(*batch)
    [letter] = allocating.dead
    assert (letter.code, mine.unit_id in letter.detail, ACCOUNT in letter.detail) == ("unit_id_taken", True, False)
    rows = await allocating.pool.fetch("SELECT account_id, name FROM unit ORDER BY account_id")
    assert [tuple(row) for row in rows] == [(ACCOUNT, "Claims North"), ("other", "Sales")]
    facts = [fact["data"] for fact in await allocating.facts()]
    theirs_published = {fact.get("unit_id") for fact in facts if fact["account_id"] == "other"}
    assert theirs_published == {None, unit_id("Sales", "other")}


async def test_of_two_accounts_at_once_the_second_waits_and_then_finds_the_unit_id_taken(
    allocating: Allocating,
) -> None:
    decided, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        decided.set()
        await go_on.wait()

    first = asyncio.create_task(allocating.take(DIRECTORY.name, [message_of(a_unit("Claims"))], before_commit=hold))
    await decided.wait()
    rival = replace(a_unit("Claims"), account_id="other")
    second = asyncio.create_task(allocating.adopt(rival, partition=1))
    await until(partial(_somebody_waits, allocating), said="the second at the constraint")
    go_on.set()
    await first
    with pytest.raises(asyncpg.UniqueViolationError):
        await second
    await allocating.adopt(rival, partition=1)
    assert [letter.code for letter in allocating.dead] == ["unit_id_taken"]
    assert await allocating.pool.fetchval("SELECT account_id FROM unit") == ACCOUNT


@pytest.mark.parametrize("together", [True, False])
async def test_two_numbers_change_places(allocating: Allocating, together: bool) -> None:
    moved = "2026-03-01T00:00:00Z"
    await allocating.adopt(*a_working_account(), a_number(OTHER_NUMBER), an_assignment(OTHER_NUMBER, unit="Sales"))
    changes = [
        an_assignment(NUMBER, "Claims", version=2, until=moved),
        an_assignment(OTHER_NUMBER, "Sales", version=2, until=moved),
        an_assignment(NUMBER, "Sales", since=moved),
        an_assignment(OTHER_NUMBER, "Claims", since=moved),
    ]
    for batch in [changes] if together else [[change] for change in changes]:
        await allocating.adopt(*batch)
    assert allocating.dead == []
    assert await allocating.pool.fetchval("SELECT count(*) FROM assignment") == 4


async def test_the_same_assignment_may_name_another_unit_in_its_next_version(allocating: Allocating) -> None:
    first = an_assignment()
    await allocating.adopt(*a_working_account())
    second = an_assignment(unit="Sales", version=2)
    renamed = type(first)(
        **{name: getattr(second, name) for name in second.__dataclass_fields__}
        | {"assignment_id": first.assignment_id}
    )
    await allocating.adopt(renamed)
    await allocating.rate(a_rated_call())
    assert [charge["unit_id"] for charge in await allocating.charges()] == [unit_id("Sales")]


async def test_an_assignment_may_come_before_all_it_names(allocating: Allocating) -> None:
    await allocating.adopt(an_assignment())
    await allocating.rate(a_rated_call("first"))
    await allocating.adopt(a_unit("Claims"))
    await allocating.adopt(a_number())
    await allocating.rate(a_rated_call("second"))
    await allocating.adopt(an_account())
    assert [charge["unit_id"] for charge in await allocating.charges()] == [None, unit_id("Claims")]
    assert allocating.dead == []


async def test_what_cannot_be_is_refused_in_a_sentence(allocating: Allocating) -> None:
    cases = [
        (an_account(currency="XXX"), "not a currency of ISO 4217"),
        (an_account(zone="Europe/Londom"), "not a time zone"),
        (a_number("+449999999999"), "not a valid phone number"),
        (a_number(until="2025-01-01T00:00:00Z"), "is before from_at"),
        (an_assignment("201"), "not E.164"),
        (an_assignment(until="2025-01-01T00:00:00Z"), "is before from_at"),
        (a_membership(until="2025-01-01T00:00:00Z"), "is before from_at"),
    ]
    await allocating.adopt(*(entry for entry, _ in cases), a_unit("Claims"))
    assert len(allocating.dead) == len(cases)
    for letter, (_, says) in zip(allocating.dead, cases, strict=True):
        assert says in letter.detail
    assert await revision(allocating) == 1


async def test_an_account_keeps_its_currency_once_it_has_charges(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    await allocating.adopt(an_account(version=2, currency="GBP"))
    await allocating.adopt(an_account(version=3, currency="EUR"))
    await allocating.rate(a_rated_call())
    await allocating.adopt(an_account(version=4, currency="GBP"))
    [letter] = allocating.dead
    assert (letter.code, "has charges in EUR" in letter.detail) == ("currency_fixed", True)


async def test_a_thousand_statements_are_one_batch(allocating: Allocating) -> None:
    numbers = [f"+4420794{index:05d}" for index in range(60000, 60400)]
    entries = [a_number(number) for number in numbers] + [an_assignment(number) for number in numbers]
    await allocating.adopt(an_account(), a_unit("Claims"), *entries)
    assert allocating.dead == []
    assert await allocating.pool.fetchval("SELECT count(*) FROM assignment") == 400
