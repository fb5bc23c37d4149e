"""A change of the directory moves the charges it touches: zero-sum, in any order with revisions of calls."""

import itertools
from decimal import Decimal
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from contracts.events.charge import CHARGE_ALLOCATED
from contracts.events.directory import SplitChange
from contracts.generate.schemas import event_schema
from contracts.topics import CHARGES
from tests.support.allocating import Allocating
from tests.support.directory import (
    NUMBER,
    OTHER_NUMBER,
    a_membership,
    a_number,
    a_rated_call,
    a_team,
    a_unit,
    a_working_account,
    an_account,
    an_assignment,
    at,
    its_reversal,
    unit_id,
)

MOVED = "2026-06-02T08:15:00Z"
CLAIMS, SALES = unit_id("Claims"), unit_id("Sales")
A_MOVE = [an_assignment(version=2, until=MOVED), an_assignment(unit="Sales", since=MOVED)]


async def live(allocating: Allocating) -> dict[str, dict[str | None, Decimal]]:
    """What each unit owes of each use, reversals counted; units that owe nothing left out."""
    rows = await allocating.pool.fetch(
        "SELECT usage_id, unit_id, sum(amount) AS amount, sum(calls) AS calls, sum(duration_ms) AS ms, "
        "sum(billed_s) AS billed_s FROM charge GROUP BY usage_id, unit_id ORDER BY unit_id"
    )
    found: dict[str, dict[str | None, Decimal]] = {}
    for row in rows:
        unit = row["unit_id"] and str(row["unit_id"])
        if any(row[name] for name in ("amount", "calls", "ms", "billed_s")):
            found.setdefault(str(row["usage_id"]), {})[unit] = row["amount"]
    return found


async def test_a_back_dated_move_takes_the_charges_along(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    before, after = a_rated_call("before", answered="2026-06-02T08:14:59.999999Z"), a_rated_call("after")
    await allocating.rate(before, after)
    await allocating.adopt(*A_MOVE)
    assert await allocating.pool.fetchval("SELECT state FROM reattribution") == "waiting"
    assert await allocating.work_off() == 1
    assert await live(allocating) == {
        before.usage_id: {CLAIMS: before.amount},
        after.usage_id: {SALES: after.amount},
    }
    progress = await allocating.pool.fetchrow("SELECT * FROM reattribution")
    charges = await allocating.charges()
    taken, given = [charge for charge in charges if charge["cause_id"] == str(progress["reattribution_id"])]
    [original] = [charge for charge in charges if charge["charge_id"] == taken["reverses"]]
    assert (taken["kind"], taken["unit_id"], taken["amount"]) == ("reversal", CLAIMS, "-0.045830")
    assert (given["kind"], given["unit_id"], given["amount"]) == ("charge", SALES, "0.045830")
    assert (taken["allocation_revision"], given["allocation_revision"]) == (1, 2)
    assert given["allocation"]["directory_revision"] == 8
    for name in ("rated_usage_id", "booked_period", "use_on", "occurred_at", "prefix", "other_party_token"):
        assert taken[name] == given[name] == original[name], name
    assert (progress["state"], progress["examined"], progress["moved"]) == ("done", 1, 1)
    lanes = await allocating.pool.fetch("SELECT lane FROM outbox WHERE topic = $1", CHARGES.name)
    assert {row["lane"] for row in lanes} == {"reattribution", "usage-rating.rated-usage.v1/0"}


async def test_what_is_published_is_valid(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account(), a_team(), a_membership())
    await allocating.rate(a_rated_call(own_number=None, user="agent-17", queue_id="q", unit_override="none"))
    await allocating.adopt(
        an_assignment("evening", kind="team", unit="Sales"), an_assignment("agent-17", kind="user", unit="Claims")
    )
    await allocating.work_off()
    schema = Draft202012Validator(event_schema(CHARGE_ALLOCATED))
    events = await allocating.published(CHARGES.name)
    assert len(events) == 4
    for event in events:
        assert list(schema.iter_errors(orjson.loads(orjson.dumps(event)))) == []
        assert (event["data"]["queue_id"], event["data"]["unit_override"]) == ("q", "none")


async def test_a_to_b_to_a_ends_where_it_began_with_new_ids(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    call = a_rated_call()
    await allocating.rate(call)
    await allocating.adopt(*A_MOVE)
    await allocating.work_off()
    await allocating.adopt(
        an_assignment(unit="Sales", since=MOVED, version=2, deleted=True), an_assignment(version=3)
    )
    await allocating.work_off()
    charges = await allocating.charges()
    assert len({charge["charge_id"] for charge in charges}) == len(charges) == 5
    assert {charge["allocation_revision"] for charge in charges} == {1, 2, 3}
    assert await live(allocating) == {call.usage_id: {CLAIMS: call.amount}}


WEIGHTED = SplitChange(from_at=at("2026-06-01T00:00:00Z"), policy="weighted")
CHANGES: dict[str, tuple[list[Any], list[Any]]] = {
    "a number is assigned back in time": ([a_number(OTHER_NUMBER)], [an_assignment(OTHER_NUMBER, unit="Sales")]),
    "a number is held after all": ([an_assignment(OTHER_NUMBER, unit="Sales")], [a_number(OTHER_NUMBER)]),
    "a unit is known after all": (
        [a_number(OTHER_NUMBER), an_assignment(OTHER_NUMBER, unit="Late")],
        [a_unit("Late")],
    ),
    "a unit is archived": (
        [a_number(OTHER_NUMBER), an_assignment(OTHER_NUMBER, unit="Sales")],
        [a_unit("Sales", version=2, archived_at=at(MOVED))],
    ),
    "a number is given up": (
        [a_number(OTHER_NUMBER), an_assignment(OTHER_NUMBER, unit="Sales")],
        [a_number(OTHER_NUMBER, version=2, until=MOVED)],
    ),
    "a user joins a team": ([a_team(), an_assignment("evening", kind="team", unit="Sales")], [a_membership()]),
    "a user leaves a team": (
        [a_team(), a_membership(), an_assignment("evening", kind="team", unit="Sales")],
        [a_membership(version=2, until=MOVED)],
    ),
    "a team is assigned": ([a_team(), a_membership()], [an_assignment("evening", kind="team", unit="Sales")]),
    "a second unit shares": (
        [an_assignment("agent-17", kind="user", unit="Claims")],
        [an_assignment("agent-17", kind="user", unit="Sales")],
    ),
    "another policy": (
        [
            an_assignment("agent-17", kind="user", unit="Claims", weight=3),
            an_assignment("agent-17", kind="user", unit="Sales"),
        ],
        [an_account(version=2, split_changes=(WEIGHTED,))],
    ),
    "other weights": (
        [
            an_account(version=2, split_policy="weighted"),
            an_assignment("agent-17", kind="user", unit="Claims"),
            an_assignment("agent-17", kind="user", unit="Sales"),
        ],
        [an_assignment("agent-17", kind="user", unit="Sales", version=2, weight=5)],
    ),
    "an override counts after all": ([], [a_unit("Named")]),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_after_any_change_charges_stand_as_if_decided_now(allocating: Allocating, name: str) -> None:
    first, change = CHANGES[name]
    calls = [
        a_rated_call("number", own_number=OTHER_NUMBER, user="agent-17"),
        a_rated_call("user", own_number=None, user="agent-17"),
        a_rated_call("early", own_number=OTHER_NUMBER, answered="2026-06-01T00:00:01Z", user="agent-17"),
        a_rated_call("named", own_number="withheld", unit_override=unit_id("Named")),
    ]
    await allocating.adopt(*a_working_account(), *first)
    await allocating.rate(*calls)
    before = await live(allocating)
    await allocating.adopt(*change)
    await allocating.work_off()
    after = await live(allocating)
    again = [a_rated_call(f"again-{call.call_id}", **_repeated(call)) for call in calls]
    await allocating.rate(*again)
    fresh = await live(allocating)
    assert before != after
    assert [after[call.usage_id] for call in calls] == [fresh[call.usage_id] for call in again]
    assert await allocating.pool.fetchval("SELECT sum(amount) FROM charge") == sum(c.amount for c in calls) * 2


def _repeated(call: Any) -> dict[str, Any]:
    return {
        "own_number": call.own_number,
        "user": call.user_id,
        "answered": call.occurred_at.isoformat(),
        "unit_override": call.unit_override,
    }


async def test_a_reversal_before_while_or_after_the_move_ends_alike(allocating: Allocating) -> None:
    """The orders of: rated, reversed, rated again, moved, worked off."""
    outcomes = set()
    orders = [order for order in itertools.permutations("vrnmw") if order.index("m") < order.index("w")]
    for number, order in enumerate(orders):
        account = f"account-{number}"
        await allocating.adopt(*a_working_account(account))
        rated = a_rated_call(account=account, amount="0.10")
        replaced = a_rated_call(account=account, amount="0.07", rating_revision=2)
        for step in order:
            match step:
                case "r":
                    await allocating.rate(rated)
                case "v":
                    await allocating.rate(its_reversal(rated))
                case "n":
                    await allocating.rate(replaced)
                case "m":
                    await allocating.adopt(
                        an_assignment(account=account, version=2, until=MOVED),
                        an_assignment(account=account, unit="Sales", since=MOVED),
                    )
                case _:
                    await allocating.work_off(ratings_per_chunk=1)
        owed = (await live(allocating))[rated.usage_id]
        outcomes.add(str({"Sales" if unit == unit_id("Sales", account) else "?": owed[unit] for unit in owed}))
    assert outcomes == {str({"Sales": Decimal("0.070000")})}
    assert await allocating.pool.fetchval("SELECT count(*) FROM reversal_wait") == 0


async def test_a_chunk_of_one_goes_on_where_it_stopped(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account(), a_number(OTHER_NUMBER), an_assignment(OTHER_NUMBER))
    calls = [a_rated_call(f"call-{n}", own_number=(NUMBER, OTHER_NUMBER)[n % 2]) for n in range(9)]
    await allocating.rate(*calls)
    other = [
        an_assignment(OTHER_NUMBER, version=2, until=MOVED), an_assignment(OTHER_NUMBER, unit="Sales", since=MOVED)
    ]  # fmt: skip
    await allocating.adopt(*A_MOVE, *other)
    chunks = await allocating.work_off(ratings_per_chunk=2)
    assert chunks >= 5
    assert {str(owed) for owed in (await live(allocating)).values()} == {str({SALES: calls[0].amount})}
    assert await allocating.pool.fetchval("SELECT moved FROM reattribution") == 9


async def test_a_change_that_touches_no_charge_leaves_nothing_to_do(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    await allocating.adopt(*A_MOVE)
    assert await allocating.pool.fetchval("SELECT count(*) FROM reattribution") == 0
    await allocating.rate(a_rated_call())
    await allocating.adopt(a_unit("Sales", version=2, name="Selling"), a_team())
    assert await allocating.pool.fetchval("SELECT count(*) FROM reattribution") == 0


async def test_the_same_unit_by_another_rule_moves_nothing(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account(), an_assignment("agent-17", kind="user", unit="Claims"))
    await allocating.rate(a_rated_call(user="agent-17"))
    await allocating.adopt(a_number(version=2, until="2026-02-01T00:00:00Z"))
    await allocating.work_off()
    row = await allocating.pool.fetchrow("SELECT examined, moved FROM reattribution")
    assert (row["examined"], row["moved"]) == (1, 0)
    assert len(await allocating.charges()) == 1


async def test_an_account_that_cannot_be_put_right_holds_up_no_other(allocating: Allocating) -> None:
    for account in ("broken", "whole"):
        await allocating.adopt(*a_working_account(account))
        await allocating.rate(a_rated_call(account=account))
        await allocating.adopt(an_assignment(account=account, version=2, until=MOVED))
    await allocating.pool.execute("UPDATE reattribution SET part_kinds = '{odd}' WHERE account_id = 'broken'")
    with pytest.raises(ExceptionGroup, match="1 of 2 accounts"):
        await allocating.work_off()
    rows = await allocating.pool.fetch("SELECT account_id, state FROM reattribution ORDER BY account_id")
    assert [(row["account_id"], row["state"]) for row in rows] == [("broken", "waiting"), ("whole", "done")]
