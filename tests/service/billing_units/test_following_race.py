"""Calls, their recordings, new ratings and moves at once, two jobs of each kind beside them: all end together."""

import asyncio
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count

from contracts.events.rated_usage import RatedUsage
from services.billing_units.handlers.following import FollowingHandler
from tests.service.billing_units.test_reattribution_race import move, work
from tests.support.allocating import RECORDED_AT, Allocating, ingest_pool
from tests.support.directory import (
    a_number,
    a_rated_call,
    a_unit,
    an_account,
    an_assignment,
    its_reversal,
    unit_id,
)
from tests.support.following import a_rated_recording, follow

BATCHES, CALLS_A_BATCH = 40, 6
APART = """
    WITH live AS (
        SELECT usage_id, array_agg(DISTINCT unit_id) AS units, sum(amount) AS amount FROM charge c
        WHERE kind = 'charge' AND NOT EXISTS (SELECT FROM charge back WHERE back.reverses = c.charge_id)
        GROUP BY usage_id
    )
    SELECT count(*) FROM follower f LEFT JOIN live mine ON mine.usage_id = f.usage_id
    LEFT JOIN live leg ON leg.usage_id = f.follows
    WHERE f.state <> 'following' OR f.look_at IS NOT NULL OR mine.units IS NULL OR mine.units <> leg.units
"""


def rated_again(call: RatedUsage, number: int) -> RatedUsage:
    """The call's second rating; every other time it names its unit."""
    override = unit_id("Sales") if number % 2 else None
    answered = call.occurred_at.isoformat()
    return a_rated_call(
        call.call_id or "", answered=answered, amount="0.02", rating_revision=2, unit_override=override
    )


async def feed(allocating: Allocating, partition: int, names: Iterator[int]) -> tuple[int, Decimal]:
    """Batches of calls; recordings of these before, with and after them; calls rated again, their parts apart.

    How many recordings, and what everything costs in the end.
    """
    dice, late, again, recorded, cost = random.Random(partition), [], [], 0, Decimal(0)
    for _ in range(BATCHES):
        numbers = [next(names) for _ in range(CALLS_A_BATCH)]
        hours = [dice.randrange(24) for _ in numbers]
        calls = [
            a_rated_call(f"call-{number}", answered=f"2026-06-02T{hour:02}:30:00Z", amount="0.01")
            for number, hour in zip(numbers, hours, strict=True)
        ]
        recordings = [a_rated_recording(f"call-{number}", f"r-{number}", amount="0.03") for number in numbers]
        first, rest = recordings[:2], recordings[2:4]
        await allocating.rate(*first, *late, partition=partition)
        await allocating.rate(*calls, *rest, *[its_reversal(call) for call, _ in again], partition=partition)
        if again:
            await allocating.rate(*[rated_again(call, number) for call, number in again], partition=partition)
        cost += Decimal("0.01") * (len(calls) + len(again)) + Decimal("0.03") * len((*first, *rest, *late))
        recorded += len((*first, *rest, *late))
        late, again = recordings[4:], list(zip(calls[::3], numbers[::3], strict=True))
        await asyncio.sleep(0.002)
    return recorded, cost


async def follow_on(allocating: Allocating, done: asyncio.Event, seconds: Iterator[int]) -> int:
    """The job, as time goes on; how many uses it looked at."""

    def clock() -> datetime:
        return RECORDED_AT + timedelta(seconds=next(seconds))

    job = FollowingHandler(pool=allocating.pool, clock=clock, per_chunk=20)
    looked = 0
    while not done.is_set():
        looked += await job.work_off()
        await asyncio.sleep(0.002)
    return looked


async def test_every_recording_ends_where_its_call_is(database: str) -> None:
    pool = await ingest_pool(database, 14)
    try:
        allocating = Allocating(pool=pool)
        await allocating.adopt(
            an_account(), a_unit("Claims"), a_unit("Sales"), a_number(), an_assignment(unit="Claims"), partition=9
        )
        names, seconds, done = count(), count(), asyncio.Event()
        movers = [asyncio.create_task(work(Allocating(pool=pool), done)) for _ in range(2)]
        followers = [asyncio.create_task(follow_on(allocating, done, seconds)) for _ in range(2)]
        feeders = [Allocating(pool=pool) for _ in range(3)]
        *fed, _ = await asyncio.gather(
            *(feed(feeder, partition, names) for partition, feeder in enumerate(feeders)), move(allocating)
        )
        done.set()
        assert min([await task for task in (*movers, *followers)]) > 0, "all four jobs must have worked"
        await allocating.work_off()
        await follow(allocating, after=timedelta(hours=2))
        assert [dead for feeder in feeders for dead in feeder.dead] == []
        assert await pool.fetchval("SELECT count(*) FROM follower") == sum(recorded for recorded, _ in fed)
        assert await pool.fetchval(APART) == 0
        assert await pool.fetchval("SELECT sum(amount) FROM charge") == sum(cost for _, cost in fed)
        moved = "kind = 'charge' AND follows IS NOT NULL AND allocation_revision > 1"
        assert await pool.fetchval(f"SELECT count(*) FROM charge WHERE {moved}") > 50
    finally:
        await pool.close()
