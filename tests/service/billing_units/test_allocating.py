"""Rated usage becomes charges: whose they are, that they are published as they stand, and how they are undone."""

import asyncio
import itertools
from collections import defaultdict
from decimal import Decimal
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from chassis.intake.batch import Fate
from chassis.outbox.packing import unpack_messages
from contracts.events.charge import CHARGE_ALLOCATED, Charge
from contracts.generate.schemas import event_schema
from contracts.topics import CHARGES, RATED_USAGE
from tests.support.allocating import Allocating, message_of
from tests.support.directory import (
    ACCOUNT,
    OTHER_NUMBER,
    a_membership,
    a_number,
    a_rated_call,
    a_team,
    a_unit,
    a_working_account,
    an_assignment,
    its_reversal,
    unit_id,
)


def cost_by_unit(charges: list[dict[str, Any]]) -> dict[str | None, Decimal]:
    costs: dict[str | None, Decimal] = defaultdict(Decimal)
    for charge in charges:
        costs[charge["unit_id"]] += Decimal(charge["amount"])
    return dict(costs)


async def stored(allocating: Allocating) -> list[dict[str, Any]]:
    rows = await allocating.pool.fetch("SELECT * FROM charge ORDER BY recorded_at, charge_id")
    return [dict(row) for row in rows]


async def test_a_call_is_charged_to_the_unit_of_its_number(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    await allocating.rate(a_rated_call(amount="0.045830", user="agent-17"))
    [charge] = await allocating.charges()
    assert charge["unit_id"] == unit_id("Claims")
    assert charge["amount"] == "0.045830"
    assert charge["allocation"] == {
        "rule": "number",
        "matched": "+442079460018",
        "units": 1,
        "directory_revision": 6,
        "flags": [],
    }


async def test_what_is_published_is_valid_and_says_what_is_stored(allocating: Allocating) -> None:
    await allocating.adopt(
        *a_working_account(), a_team(), a_membership(), an_assignment("evening", kind="team", unit="Sales"),
        an_assignment("agent-17", kind="user", unit="Claims"),
    )  # fmt: skip
    call = a_rated_call(own_number=None, user="agent-17", queue_id="claims\\callback")
    await allocating.rate(call, its_reversal(call), a_rated_call("call-2", own_number="internal:201"))
    schema = Draft202012Validator(event_schema(CHARGE_ALLOCATED))
    rows = {str(row["charge_id"]): row for row in await stored(allocating)}
    events = await allocating.published(CHARGES.name)
    assert len(events) == len(rows) == 5
    for event in events:
        assert list(schema.iter_errors(event)) == []
        charge = TypeAdapter(Charge).validate_json(orjson.dumps(event["data"]))
        row = rows[event["id"]]
        assert event["id"] == charge.charge_id
        for name in ("amount", "calls", "duration_ms", "billed_s", "occurred_at", "booked_period", "kind"):
            assert getattr(charge, name) == row[name], name
        assert charge.unit_id == (row["unit_id"] and str(row["unit_id"]))
        assert (charge.queue_id, charge.user_id, charge.prefix) == (row["queue_id"], row["user_id"], "4930")


async def test_keys_name_account_and_unit(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    await allocating.rate(a_rated_call(), a_rated_call("call-2", own_number=None))
    row = await allocating.pool.fetchrow("SELECT messages FROM outbox WHERE topic = $1", CHARGES.name)
    assert unpack_messages(row["messages"]).keys == [
        f"{ACCOUNT}|{unit_id('Claims')}".encode(),
        f"{ACCOUNT}|unassigned".encode(),
    ]


async def test_a_number_moved_at_an_instant_splits_calls_there(allocating: Allocating) -> None:
    moved = "2026-06-02T09:00:00Z"
    await allocating.adopt(
        *a_working_account(), an_assignment(version=2, until=moved), an_assignment(unit="Sales", since=moved)
    )
    before = a_rated_call("before", answered="2026-06-02T08:59:59.999999Z")
    at_once = a_rated_call("at", answered=moved)
    await allocating.rate(before, at_once)
    units = {charge["usage_id"]: charge["unit_id"] for charge in await allocating.charges()}
    assert units == {before.usage_id: unit_id("Claims"), at_once.usage_id: unit_id("Sales")}


async def test_a_later_batch_sees_a_change_of_the_directory(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    await allocating.rate(a_rated_call("first", own_number=OTHER_NUMBER))
    await allocating.adopt(a_number(OTHER_NUMBER), an_assignment(OTHER_NUMBER, unit="Sales"))
    await allocating.rate(a_rated_call("second", own_number=OTHER_NUMBER))
    first, second = await allocating.charges()
    assert (first["unit_id"], first["allocation"]["flags"]) == (None, ["number_not_held"])
    assert (second["unit_id"], second["allocation"]["directory_revision"]) == (unit_id("Sales"), 8)


async def test_an_override_counts_until_its_unit_is_archived(allocating: Allocating) -> None:
    archived = a_unit("Sales", version=2, archived_at=a_rated_call().occurred_at)
    await allocating.adopt(*a_working_account(), archived)
    early = a_rated_call("early", answered="2026-06-02T08:14:59Z", unit_override=unit_id("Sales"))
    late = a_rated_call("late", unit_override=unit_id("Sales"))
    odd = a_rated_call("odd", unit_override="no-uuid")
    await allocating.rate(early, late, odd)
    found = {charge["usage_id"]: charge for charge in await allocating.charges()}
    assert found[early.usage_id]["allocation"]["rule"] == "override"
    for ignored in (late, odd):
        assert found[ignored.usage_id]["unit_id"] == unit_id("Claims")
        assert found[ignored.usage_id]["allocation"]["flags"] == ["override_ignored"]


async def test_use_of_an_account_without_a_directory_is_unassigned(allocating: Allocating) -> None:
    await allocating.rate(a_rated_call(user="agent-17"))
    [charge] = await allocating.charges()
    assert (charge["unit_id"], charge["allocation"]["directory_revision"]) == (None, 0)


async def test_rating_reversal_and_replacement_end_alike_in_any_order(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    outcomes = set()
    splits = [(3,), (1, 1, 1), (2, 1), (1, 2)]
    for name, (order, batches) in enumerate(itertools.product(itertools.permutations(range(3)), splits)):
        first = a_rated_call(f"call-{name}", amount="0.10")
        messages = [first, its_reversal(first), a_rated_call(f"call-{name}", amount="0.07", rating_revision=2)]
        left = [messages[index] for index in order]
        for size in batches:
            await allocating.rate(*left[:size])
            left = left[size:]
        mine = [charge for charge in await allocating.charges() if charge["usage_id"] == first.usage_id]
        outcomes.add((len({charge["charge_id"] for charge in mine}), str(cost_by_unit(mine)[unit_id("Claims")])))
    assert outcomes == {(3, "0.070000")}
    assert await allocating.pool.fetchval("SELECT count(*) FROM reversal_wait") == 0


async def test_a_reversal_without_its_original_is_listed_as_waiting(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    call = a_rated_call(amount="0.10")
    await allocating.rate(its_reversal(call))
    assert await allocating.charges() == []
    wait = await allocating.pool.fetchrow("SELECT * FROM reversal_wait")
    assert (wait["amount"], wait["calls"]) == (Decimal("-0.10"), -1)
    await allocating.rate(call)
    charge, reversal = await allocating.charges()
    assert reversal["reverses"] == charge["charge_id"]
    assert reversal["cause_id"] == its_reversal(call).cause_id
    assert Decimal(charge["amount"]) + Decimal(reversal["amount"]) == 0


async def test_a_reversal_takes_back_each_share_where_it_is(allocating: Allocating) -> None:
    await allocating.adopt(
        *a_working_account(),
        an_assignment("agent-17", kind="user", unit="Claims"),
        an_assignment("agent-17", kind="user", unit="Sales"),
    )
    call = a_rated_call(amount="0.000001", own_number=None, user="agent-17", billed_s=61)
    await allocating.rate(call)
    await allocating.adopt(an_assignment("agent-17", kind="user", unit="Sales", version=2, deleted=True))
    await allocating.rate(its_reversal(call))
    charges = await allocating.charges()
    assert len(charges) == 4
    assert cost_by_unit(charges) == {unit_id("Claims"): 0, unit_id("Sales"): 0}
    assert sum(charge["billed_s"] for charge in charges) == 0


async def test_repeats_change_nothing(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    call = a_rated_call()
    for messages in ([call, call], [call], [its_reversal(call)] * 2, [its_reversal(call)], [call]):
        await allocating.rate(*messages)
    again = [message_of(call, event_id="another-id"), message_of(its_reversal(call), event_id="yet-another")]
    await allocating.take(RATED_USAGE.name, again, partition=1)
    assert len(await allocating.charges()) == len(await stored(allocating)) == 2
    assert allocating.fates[Fate.DUPLICATE] == 7


async def test_a_reversal_that_takes_back_something_else_is_dead_lettered_alone(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    call = a_rated_call(amount="0.10")
    other = its_reversal(a_rated_call(amount="0.11"))
    await allocating.rate(call)
    await allocating.rate(a_rated_call("neighbour"), other)
    assert len(await allocating.charges()) == 2
    [letter] = allocating.dead
    assert letter.code == "reversal_differs"
    assert "was charged 0.10" in letter.detail


async def test_a_rating_and_its_reversal_on_two_partitions_at_once(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    calls = [a_rated_call(f"call-{number}") for number in range(300)]

    async def feed(messages: list[Any], partition: int) -> None:
        for start in range(0, len(messages), 20):
            await allocating.rate(*messages[start : start + 20], partition=partition)

    await asyncio.gather(feed(calls, 1), feed([its_reversal(call) for call in calls], 2))
    charges = await allocating.charges()
    assert len(charges) == 600
    assert cost_by_unit(charges) == {unit_id("Claims"): 0}
    assert await allocating.pool.fetchval("SELECT count(*) FROM reversal_wait") == 0


async def test_many_units_sum_to_the_use_in_every_quantity(allocating: Allocating) -> None:
    names = [f"Unit {number}" for number in range(7)]
    members = [an_assignment("agent-17", kind="user", unit=name) for name in names]
    await allocating.adopt(*a_working_account(units=names), *members)
    call = a_rated_call(amount="1.000000", own_number=None, user="agent-17", billed_s=126)
    await allocating.rate(call)
    charges = await allocating.charges()
    assert len(charges) == 7
    assert sum(Decimal(charge["amount"]) for charge in charges) == Decimal("1.000000")
    for name in ("calls", "duration_ms", "billed_s"):
        assert sum(charge[name] for charge in charges) == getattr(call, name), name
