"""Calls, reversals and back-dated moves of one number at once, two jobs beside them: nothing is left behind."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import count

from chassis.database import Pool
from tests.support.allocating import Allocating, ingest_pool
from tests.support.directory import (
    NUMBER,
    a_number,
    a_rated_call,
    a_unit,
    an_account,
    an_assignment,
    its_reversal,
)

MOVES, BATCHES, CALLS_A_BATCH = 60, 60, 8
LEFT_BEHIND = """
    SELECT count(*) FROM charge c
    WHERE c.kind = 'charge' AND NOT EXISTS (SELECT FROM charge r WHERE r.reverses = c.charge_id)
      AND c.unit_id IS DISTINCT FROM (
          SELECT a.unit_id FROM assignment a
          WHERE a.member = $1 AND NOT a.deleted AND a.from_at <= c.occurred_at
            AND (a.until_at IS NULL OR c.occurred_at < a.until_at))
"""


async def rate(allocating: Allocating, partition: int, names: Iterator[int]) -> int:
    """Batches of calls over a day; every third call of a batch is taken back in a later one."""
    dice, waiting, reversed_calls = random.Random(partition), [], 0
    for _ in range(BATCHES):
        hours = [dice.randrange(24) for _ in range(CALLS_A_BATCH)]
        calls = [
            a_rated_call(f"call-{next(names)}", answered=f"2026-06-02T{hour:02}:30:00Z", amount="0.01")
            for hour in hours
        ]
        reversals = [its_reversal(call) for call in waiting]
        reversed_calls += len(reversals)
        await allocating.rate(*calls, *reversals, partition=partition)
        waiting = calls[::3]
    return reversed_calls


async def move(allocating: Allocating) -> int:
    """To and fro at hours of the day, forward and back in time; how often."""
    dice, version = random.Random(7), 1
    second = an_assignment(unit="Sales")
    for _ in range(MOVES):
        version += 1
        hour = dice.randrange(1, 23)
        at = f"2026-06-02T{hour:02}:00:00Z"
        former = an_assignment(unit="Claims", version=version, until=at)
        latter = an_assignment(unit="Sales", version=version, since=at)
        # Whichever gives time up goes first, so that the number never has two units.
        pair = [replace(second, version=version, deleted=True), former, replace(latter, version=version + 1)]
        version += 1
        former_again = replace(former, version=version)
        await allocating.adopt(*pair, former_again, partition=9)
        await asyncio.sleep(0.01)
    return version


async def work(allocating: Allocating, done: asyncio.Event) -> int:
    chunks = 0
    while not done.is_set():
        chunks += await allocating.work_off_once(20)
        await asyncio.sleep(0.002)
    return chunks


async def _race(pool: Pool) -> Allocating:
    allocating = Allocating(pool=pool)
    await allocating.adopt(
        an_account(), a_unit("Claims"), a_unit("Sales"), a_number(), an_assignment(unit="Claims"), partition=9
    )
    names, done = count(), asyncio.Event()
    jobs = [asyncio.create_task(work(Allocating(pool=pool), done)) for _ in range(2)]
    raters = [Allocating(pool=pool) for _ in range(3)]
    *_, moves = await asyncio.gather(
        *(rate(rater, partition, names) for partition, rater in enumerate(raters)), move(allocating)
    )
    done.set()
    chunks = [await job for job in jobs]
    assert moves > MOVES
    assert min(chunks) > 0, "both jobs must have worked"
    await allocating.work_off()
    return allocating


async def test_nothing_is_left_behind_and_every_sum_holds(database: str) -> None:
    pool = await ingest_pool(database, 12)
    try:
        allocating = await _race(pool)
        assert allocating.dead == []
        assert await pool.fetchval(LEFT_BEHIND, NUMBER) == 0
        moved = await pool.fetchval("SELECT sum(moved) FROM reattribution")
        assert moved > 500, moved
        calls = 3 * BATCHES * CALLS_A_BATCH
        taken_back = 3 * (BATCHES - 1) * len(range(0, CALLS_A_BATCH, 3))
        assert await pool.fetchval("SELECT sum(amount) FROM charge") == Decimal("0.01") * (calls - taken_back)
        assert await pool.fetchval("SELECT sum(calls) FROM charge") == calls - taken_back
        moved_pairs = "SELECT FROM charge WHERE cause_id IN (SELECT reattribution_id FROM reattribution)"
        uneven = f"{moved_pairs} GROUP BY usage_id, cause_id HAVING sum(amount) <> 0"
        assert await pool.fetchval(f"SELECT count(*) FROM ({uneven}) AS uneven") == 0
    finally:
        await pool.close()
