"""Revisions of a leg in whatever order, batch and partition they arrive: the highest stands, and only once."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.intake.batch import Fate
from contracts.events.call import CallDetailRecord
from contracts.topics import CALLS
from tests.support.builders import a_call, a_plan, a_rate
from tests.support.rating import Rating
from tests.support.rating_records import an_account_fact, call_message

LEGS = count(1)
SECONDS = {1: 60, 2: 90, 3: 30, 4: 120}
PER_SECOND = Decimal("0.001")


def revision_of(call_id: str, revision: int, *, voided: bool = False, waits: bool = False) -> CallDetailRecord:
    """A revision with a length of its own; `waits`: to where the plan has no price."""
    call = a_call(
        call_id=call_id, seconds=SECONDS[revision], voided=voided, to="+39061234567" if waits else "+4930123456"
    )
    return replace(call, revision=revision)


async def live_ratings(rating: Rating, call_id: str) -> list[Any]:
    """What is neither reversed nor replaced, from the published messages alone."""
    of_leg = [data for data in await rating.published() if data["call_id"] == call_id]
    revisions = defaultdict(list)
    for data in of_leg:
        revisions[data["rating_revision"]].append(data)
    assert sorted(revisions) == list(range(1, len(revisions) + 1)), "rating revisions have no gaps"
    live = []
    for pair in revisions.values():
        assert Counter(data["kind"] for data in pair) <= Counter(["rated", "reversal"])
        assert sum(data["kind"] == "rated" for data in pair) == 1
        if len(pair) == 2:
            original, reversal = sorted(pair, key=lambda data: data["kind"])
            assert Decimal(reversal["amount"]) == -Decimal(original["amount"])
            for name in ("calls", "duration_ms", "billed_s"):
                assert reversal[name] == -original[name]
            for name in ("use_on", "booked_period", "own_number", "user_id", "usage_revision", "occurred_at"):
                assert reversal.get(name) == original.get(name)
        else:
            live += pair
    assert len(live) <= 1
    return live


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[set[int], set[int], list[tuple[int, str, int]], list[int]]:
    """(voided revisions, those that wait, arrivals as (revision, event id, partition), cuts into batches)."""
    said = draw(st.lists(st.sampled_from(sorted(SECONDS)), min_size=1, max_size=7))
    order = [(revision, f"e{n}", draw(st.integers(0, 1))) for n, revision in enumerate(said)]
    again = draw(st.lists(st.sampled_from(order), max_size=3))
    order = draw(st.permutations(order + again))
    cuts = draw(st.lists(st.integers(1, 4), min_size=len(order), max_size=len(order)))
    return draw(st.sets(st.sampled_from([1, 2, 3, 4]))), draw(st.sets(st.sampled_from([2, 3]))), order, cuts


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arrivals())
async def test_the_highest_revision_stands_whatever_the_order(
    rating: Rating, arriving: tuple[set[int], set[int], Sequence[tuple[int, str, int]], list[int]]
) -> None:
    voided, waiting, order, cuts = arriving
    call_id = f"leg-{next(LEGS)}"
    if call_id == "leg-1":
        await rating.know(an_account_fact())
        await rating.use(a_plan())
    before = sum(rating.fates.values())
    rest = list(order)
    for size in cuts:
        batch, rest = rest[:size], rest[size:]
        for partition in (0, 1):
            values = [
                call_message(
                    revision_of(call_id, revision, voided=revision in voided, waits=revision in waiting),
                    f"{call_id}-{event}",
                )
                for revision, event, where in batch
                if where == partition
            ]
            if values:
                await rating.take(CALLS.name, values, partition)
    assert sum(rating.fates.values()) == before + len(order)
    assert rating.fates[Fate.CONFLICT] == rating.fates[Fate.DEAD_LETTER] == 0

    highest = max(revision for revision, _, _ in order)
    live = await live_ratings(rating, call_id)
    published = [data for data in await rating.published() if data["call_id"] == call_id]
    total = sum((Decimal(data["amount"]) for data in published), Decimal(0))
    if highest in voided or highest in waiting:
        assert live == [] and total == 0
        assert (call_id in await rating.suspense()) == (highest not in voided)
    else:
        [stands] = live
        assert stands["usage_revision"] == highest
        assert Decimal(stands["amount"]) == total == SECONDS[highest] * PER_SECOND
        assert call_id not in await rating.suspense()


@pytest.fixture
async def ready(rating: Rating) -> Rating:
    """With an account and a plan."""
    await rating.know(an_account_fact())
    await rating.use(a_plan())
    return rating


async def test_a_reversal_and_its_replacement_share_a_cause(ready: Rating) -> None:
    await ready.rate(revision_of("leg", 1))
    await ready.rate(revision_of("leg", 2))
    first, reversal, second = await ready.published()
    assert [data["kind"] for data in (first, reversal, second)] == ["rated", "reversal", "rated"]
    assert reversal["cause_id"] == second["cause_id"] != first["cause_id"]
    assert reversal["usage_id"] == second["usage_id"] == first["usage_id"]
    assert len({data["rated_usage_id"] for data in (first, reversal, second)}) == 3


async def test_the_same_revision_with_other_content_is_held_back(ready: Rating) -> None:
    await ready.rate(revision_of("leg", 2))
    other = call_message(replace(revision_of("leg", 2), disposition="busy"), "another")
    late = call_message(replace(revision_of("leg", 1), disposition="first"), "late-1")
    later = call_message(replace(revision_of("leg", 1), disposition="second"), "late-2")
    await ready.take(CALLS.name, [other, late, later])
    assert (ready.fates[Fate.CONFLICT], ready.fates[Fate.ACCEPTED]) == (2, 3)
    held = await ready.conflicts()
    assert [row["record_value"] for row in held] == [other, later]
    assert {row["reason"] for row in held} == {"the same use and revision with other content"}
    assert await ready.total() == 90 * PER_SECOND


async def test_the_same_event_id_with_other_content_is_held_back(ready: Rating) -> None:
    first, other = (call_message(revision_of(name, 1), "one-id") for name in ("leg", "other-leg"))
    await ready.take(CALLS.name, [first])
    await ready.take(CALLS.name, [other])
    [held] = await ready.conflicts()
    assert (held["event_id"], held["source"], held["record_value"]) == ("one-id", "pbx", other)
    assert held["reason"] == "the same event id with other content"
    assert await ready.total() == 60 * PER_SECOND


async def test_the_same_content_under_another_event_id_is_a_repeat(ready: Rating) -> None:
    await ready.take(CALLS.name, [call_message(revision_of("leg", 1), name) for name in ("a", "b")])
    await ready.take(CALLS.name, [call_message(revision_of("leg", 1), "c")], partition=1)
    assert ready.fates[Fate.DUPLICATE] == 2
    assert await ready.total() == 60 * PER_SECOND


async def test_another_source_or_account_is_another_leg(ready: Rating) -> None:
    await ready.know(an_account_fact("other"))
    values = [call_message(revision_of("leg", 1), "e", source=source) for source in ("pbx", "pbx-2")]
    values.append(call_message(replace(revision_of("leg", 1), account_id="other"), "e"))
    await ready.take(CALLS.name, values)
    assert (await ready.total(), await ready.total("other")) == (120 * PER_SECOND, 60 * PER_SECOND)


async def test_a_leg_in_suspense_that_is_revised_is_priced_once_the_price_is_there(ready: Rating) -> None:
    await ready.rate(revision_of("leg", 1, waits=True))
    await ready.rate(revision_of("leg", 2, waits=True))
    await ready.use(replace(a_plan(a_rate("39")), plan_id="italy"), "acme")
    assert await ready.retry_suspense() == 1
    [data] = await ready.published()
    assert (data["usage_revision"], data["rating_revision"]) == (2, 1)
    await ready.rate(revision_of("leg", 3, voided=True))
    assert await ready.total() == 0
