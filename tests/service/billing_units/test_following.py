"""Recordings, detections and analyses are owed as their call is, whatever comes first and wherever it goes."""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest

from contracts.events.rated_usage import RatedUsage
from services.billing_units.handlers.explaining import explain
from tests.support.allocating import Allocating
from tests.support.directory import (
    ACCOUNT,
    a_rated_call,
    a_unit,
    a_working_account,
    an_account,
    an_assignment,
    its_reversal,
    unit_id,
)
from tests.support.following import a_rated_recording, follow

DAY = timedelta(hours=24)
CLAIMS, SALES = unit_id("Claims"), unit_id("Sales")


async def owed_by(allocating: Allocating, usage: RatedUsage) -> dict[str | None, int]:
    """What each unit owes of a use in millionths, units with nothing left out."""
    owed, _ = await allocating.owed(ACCOUNT)
    return {unit: micros for unit, micros in owed.get(usage.usage_id, {}).items() if micros}


@pytest.fixture
async def ready(allocating: Allocating) -> Allocating:
    """Claims has the number, Sales is there."""
    await allocating.adopt(*a_working_account())
    return allocating


@pytest.mark.parametrize("order", list(itertools.permutations(("call", "recording", "job"))))
async def test_it_goes_where_its_call_is_whatever_comes_first(ready: Allocating, order: Sequence[str]) -> None:
    call, recording = a_rated_call(), a_rated_recording()
    for step in order:
        match step:
            case "call":
                await ready.rate(call)
            case "recording":
                await ready.rate(recording, partition=1)
            case _:
                await follow(ready)
    await follow(ready, after=timedelta(minutes=5))
    assert await owed_by(ready, recording) == {CLAIMS: 140_000}
    charge = next(charge for charge in await ready.charges() if charge["category"] == "recording")
    assert charge["allocation"]["rule"] == "call"
    assert charge["allocation"]["matched"] == charge["follows"] == call.usage_id
    assert (charge["billed_s"], charge["duration_ms"], charge["calls"]) == (120, 117_500, 1)
    assert await follow(ready, after=timedelta(days=40)) == 0, "nothing is looked for any more"


async def test_of_a_shared_call_it_is_shared(ready: Allocating) -> None:
    await ready.adopt(
        an_account(split_policy="weighted", version=2),
        an_assignment("agent-17", kind="user", unit="Claims", weight=1),
        an_assignment("agent-17", kind="user", unit="Sales", weight=3),
    )
    analysis = a_rated_recording(category="analytics", amount="0.000010")
    await ready.rate(a_rated_call(own_number=None, user="agent-17"), analysis)
    await follow(ready)
    assert sorted((await owed_by(ready, analysis)).values()) in ([2, 8], [3, 7])


async def test_it_moves_when_its_call_is_re_attributed(ready: Allocating) -> None:
    recording, detection = a_rated_recording(), a_rated_recording(key="amd-1", category="detection")
    await ready.rate(a_rated_call(), recording, detection)
    await follow(ready)
    await ready.adopt(
        an_assignment(version=2, until="2026-06-01T00:00:00Z"),
        an_assignment(unit="Sales", since="2026-06-01T00:00:00Z"),
    )
    await ready.work_off()
    await follow(ready)
    assert await owed_by(ready, recording) == await owed_by(ready, detection) == {SALES: 140_000}
    causes = {charge["cause_id"] for charge in await ready.charges() if charge["allocation_revision"] == 2}
    assert len(causes) == 1, "the change is the cause of all that moved"
    assert await ready.pool.fetchval("SELECT sum(moved) FROM reattribution") == 1, "the job moved the call alone"


async def test_a_change_of_its_user_does_not_move_it_from_its_call(ready: Allocating) -> None:
    recording = a_rated_recording(user_id="agent-17")
    await ready.rate(a_rated_call(), recording)
    await follow(ready)
    await ready.adopt(an_assignment("agent-17", kind="user", unit="Sales"))
    await ready.work_off()
    await follow(ready)
    assert await owed_by(ready, recording) == {CLAIMS: 140_000}


async def test_it_moves_when_its_call_is_rated_again_elsewhere(ready: Allocating) -> None:
    call, recording = a_rated_call(), a_rated_recording()
    await ready.rate(call, recording)
    await follow(ready)
    await ready.rate(its_reversal(call), a_rated_call(rating_revision=2, unit_override=SALES))
    await follow(ready)
    assert await owed_by(ready, recording) == {SALES: 140_000}
    await ready.rate(a_rated_recording("call-1", "late", amount="0.5"))
    await follow(ready)
    assert await owed_by(ready, a_rated_recording(key="late")) == {SALES: 500_000}


async def test_the_call_s_parts_come_apart_and_it_waits_in_between(ready: Allocating) -> None:
    call, recording = a_rated_call(), a_rated_recording()
    await ready.rate(call, recording)
    await follow(ready)
    await ready.rate(its_reversal(call))
    await follow(ready)
    assert await owed_by(ready, recording) == {CLAIMS: 140_000}, "nothing goes to nobody and back in between"
    await ready.rate(a_rated_call(rating_revision=2, unit_override=SALES))
    await follow(ready, after=timedelta(minutes=1))
    assert await owed_by(ready, recording) == {SALES: 140_000}


async def test_without_its_call_it_is_nobody_s_after_a_day_until_the_call_comes(ready: Allocating) -> None:
    recording = a_rated_recording()
    await ready.rate(recording)
    await follow(ready)
    await follow(ready, after=DAY - timedelta(seconds=1))
    assert await owed_by(ready, recording) == {}
    [row] = await ready.pool.fetch("SELECT state FROM follower")
    assert row["state"] == "waiting"
    await follow(ready, after=DAY)
    assert await owed_by(ready, recording) == {None: 140_000}
    await ready.rate(a_rated_call())
    await follow(ready, after=DAY + timedelta(hours=2))
    assert await owed_by(ready, recording) == {CLAIMS: 140_000}
    kinds = [charge["kind"] for charge in await ready.charges() if charge["category"] == "recording"]
    assert sorted(kinds) == ["charge", "charge", "reversal"]


async def test_a_call_that_is_withdrawn_leaves_it_to_nobody_after_a_day(ready: Allocating) -> None:
    call, recording = a_rated_call(), a_rated_recording()
    await ready.rate(call, recording)
    await follow(ready)
    await ready.rate(its_reversal(call))
    await follow(ready, after=timedelta(hours=1))
    assert await owed_by(ready, recording) == {CLAIMS: 140_000}
    await follow(ready, after=timedelta(hours=1) + DAY)
    assert await owed_by(ready, recording) == {None: 140_000}


@pytest.mark.parametrize("order", list(itertools.permutations(("rated", "reversed", "job"))))
async def test_it_is_taken_back_exactly_whether_charged_or_not(ready: Allocating, order: Sequence[str]) -> None:
    recording = a_rated_recording()
    await ready.rate(a_rated_call())
    for step in order:
        if step == "job":
            await follow(ready)
        else:
            await ready.rate(recording if step == "rated" else its_reversal(recording))
    await follow(ready)
    charges = [charge for charge in await ready.charges() if charge["category"] == "recording"]
    assert sum(Decimal(charge["amount"]) for charge in charges) == 0
    assert len(charges) == 2
    assert await ready.pool.fetchval("SELECT count(*) FROM follower") == 0
    assert await ready.pool.fetchval("SELECT count(*) FROM reversal_wait") == 0


async def test_a_newer_revision_of_it_follows_too(ready: Allocating) -> None:
    first = a_rated_recording()
    await ready.rate(a_rated_call(), first)
    await follow(ready)
    await ready.rate(its_reversal(first), a_rated_recording(rating_revision=2, amount="0.3"))
    await follow(ready)
    assert await owed_by(ready, first) == {CLAIMS: 300_000}


async def test_many_are_worked_off_in_chunks_and_of_each_account_its_own(ready: Allocating) -> None:
    recordings = [a_rated_recording(f"call-{n % 3}", f"r-{n}") for n in range(25)]
    await ready.adopt(a_unit("Other", account="other"))
    await ready.rate(*recordings, *[a_rated_call(f"call-{n}") for n in range(3)])
    assert await follow(ready, per_chunk=4) == 25
    _, live = await ready.owed(ACCOUNT)
    assert all(live[recording.usage_id] == {CLAIMS} for recording in recordings)


async def test_its_charge_says_that_it_follows_its_call_and_what_moved_it(ready: Allocating) -> None:
    recording, lone = a_rated_recording(), a_rated_recording("never", "lone")
    await ready.rate(a_rated_call(), recording, lone)
    await follow(ready)
    await follow(ready, after=DAY)
    await ready.adopt(
        an_assignment(version=2, until="2026-06-01T00:00:00Z"),
        an_assignment(unit="Sales", since="2026-06-01T00:00:00Z"),
    )
    await ready.work_off()
    await follow(ready, after=DAY)
    said = {}
    for charge in await ready.charges():
        if charge["category"] == "recording" and charge["kind"] == "charge":
            async with ready.pool.acquire() as connection:
                explained = await explain(connection, ACCOUNT, charge["charge_id"])
            assert explained is not None
            said[charge["usage_id"], charge["allocation_revision"]] = (explained.says, explained.cause.kind)
    assert said == {
        (recording.usage_id, 1): (["It follows its call, which unit 'Claims' owes."], "rating"),
        (recording.usage_id, 2): (["It follows its call, which unit 'Sales' owes."], "reattribution"),
        (lone.usage_id, 1): (["Nobody: it follows its call, which has not come."], "rating"),
    }
