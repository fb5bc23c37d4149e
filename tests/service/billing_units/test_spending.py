"""What units spent is the sum of their charges: added up or not, whoever writes, wherever a job is killed."""

import asyncio
from datetime import date
from decimal import Decimal
from itertools import count

import pytest

from chassis.database import Pool
from contracts.topics import RATED_USAGE
from services.billing_units.handlers.spending import SpendingHandler
from tests.service.billing_units.test_reattribution_race import move, rate, work
from tests.support.allocating import RECORDED_AT, Allocating, ingest_pool, message_of
from tests.support.cutting import cut_at
from tests.support.directory import (
    a_number,
    a_rated_call,
    a_unit,
    a_working_account,
    an_account,
    an_assignment,
    its_reversal,
    unit_id,
)

CLAIMS, SALES = unit_id("Claims"), unit_id("Sales")
DAY = date(2026, 6, 2)
UNLIKE_CHARGES = """
    SELECT * FROM (
        SELECT account_id, booked_period, unit_key, use_on, currency, sum(amount) AS spent
        FROM (TABLE unit_spend UNION ALL TABLE spend_change) s
        GROUP BY account_id, booked_period, unit_key, use_on, currency
    ) s FULL JOIN (
        SELECT account_id, booked_period, coalesce(unit_id::text, 'unassigned') AS unit_key, use_on, currency,
               sum(amount) AS charged
        FROM charge GROUP BY account_id, booked_period, unit_id, use_on, currency
    ) c USING (account_id, booked_period, unit_key, use_on, currency)
    WHERE coalesce(spent, 0) <> coalesce(charged, 0)
"""


async def spent(pool: Pool, table: str = "unit_spend") -> dict[tuple[str, date], Decimal]:
    """What was spent, by unit and use day."""
    rows = await pool.fetch(
        f"SELECT unit_key, use_on, sum(amount) AS amount FROM {table} GROUP BY unit_key, use_on"
    )
    return {(row["unit_key"], row["use_on"]): row["amount"] for row in rows}


async def test_a_batch_leaves_one_change_for_each_unit_and_day(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    calls = [a_rated_call(f"call-{number}", amount="0.10") for number in range(5)]
    later = a_rated_call("later", answered="2026-06-03T08:00:00Z", amount="0.07")
    free = a_rated_call("free", answered="2026-06-04T08:00:00Z", amount="0.000000")
    nobody = a_rated_call("nobody", own_number=None, amount="0.03")
    undone = a_rated_call("undone", answered="2026-06-05T08:00:00Z", amount="1.00")
    await allocating.rate(*calls, later, free, nobody, undone, its_reversal(undone))
    expected = {
        (CLAIMS, DAY): Decimal("0.50"),
        (CLAIMS, date(2026, 6, 3)): Decimal("0.07"),
        ("unassigned", DAY): Decimal("0.03"),
    }
    assert await allocating.pool.fetchval("SELECT count(*) FROM spend_change") == len(expected)
    assert await spent(allocating.pool, "spend_change") == expected
    assert await allocating.add_up() == len(expected)
    assert await spent(allocating.pool) == expected
    assert await allocating.add_up() == 0
    await allocating.rate(its_reversal(later))
    await allocating.add_up()
    assert (await spent(allocating.pool))[CLAIMS, date(2026, 6, 3)] == 0
    assert await allocating.pool.fetch(UNLIKE_CHARGES) == []


async def test_a_move_takes_what_was_spent_along(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    await allocating.rate(a_rated_call(amount="2.00"))
    await allocating.add_up()
    at = "2026-06-01T00:00:00Z"
    await allocating.adopt(an_assignment(version=2, until=at), an_assignment(unit="Sales", since=at))
    await allocating.work_off()
    await allocating.add_up()
    assert await spent(allocating.pool) == {(CLAIMS, DAY): Decimal(0), (SALES, DAY): Decimal("2.00")}


async def test_a_batch_that_is_rolled_back_leaves_nothing(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())

    async def fail() -> None:
        assert await allocating.pool.fetchval("SELECT count(*) FROM spend_change") == 0
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await allocating.take(RATED_USAGE.name, [message_of(a_rated_call())], before_commit=fail)
    assert await allocating.pool.fetchval("SELECT count(*) FROM spend_change") == 0


async def test_a_job_that_is_killed_has_done_nothing(allocating: Allocating) -> None:
    await allocating.adopt(*a_working_account())
    await allocating.rate(a_rated_call(amount="2.00"))
    await allocating.add_up()
    await allocating.rate(a_rated_call("second", amount="0.50"))
    await cut_at(allocating.pool, "SELECT 1 FROM unit_spend FOR UPDATE", allocating.add_up())
    assert await spent(allocating.pool) == {(CLAIMS, DAY): Decimal("2.00")}
    assert await spent(allocating.pool, "spend_change") == {(CLAIMS, DAY): Decimal("0.50")}
    assert await allocating.add_up() == 1
    assert await spent(allocating.pool) == {(CLAIMS, DAY): Decimal("2.50")}


async def add_up(job: SpendingHandler, done: asyncio.Event) -> int:
    added = 0
    while not done.is_set():
        added += await job.add_up()
        await job.announce()
        await asyncio.sleep(0.003)
    return added


async def compare(pool: Pool, done: asyncio.Event) -> int:
    """At any instant, in one snapshot: nothing is spent that was not charged, nor the other way round."""
    looks = 0
    while not done.is_set():
        assert await pool.fetch(UNLIKE_CHARGES) == []
        looks += 1
        await asyncio.sleep(0.05)
    return looks


async def test_sums_hold_at_every_instant_beside_batches_and_moves(database: str) -> None:
    pool = await ingest_pool(database, 12)
    try:
        allocating, names, done = Allocating(pool=pool), count(), asyncio.Event()
        await allocating.adopt(
            an_account(), a_unit("Claims"), a_unit("Sales"), a_number(), an_assignment(), partition=9
        )
        jobs = [SpendingHandler(pool=pool, clock=lambda: RECORDED_AT, changes_per_run=7) for _ in range(2)]
        beside = [asyncio.create_task(add_up(job, done)) for job in jobs]
        moving = asyncio.create_task(work(Allocating(pool=pool), done))
        looking = asyncio.create_task(compare(pool, done))
        await asyncio.gather(
            *(rate(Allocating(pool=pool), partition, names) for partition in range(3)), move(allocating)
        )
        done.set()
        added = [await job for job in beside]
        assert await moving > 0 and await looking > 10
        assert min(added) > 0, "both jobs must have added something up"
        await allocating.work_off()
        while await jobs[0].add_up():
            pass
        assert await pool.fetch(UNLIKE_CHARGES) == []
        assert await pool.fetchval("SELECT count(*) FROM spend_change") == 0
        total = await pool.fetchval("SELECT sum(amount) FROM unit_spend")
        assert total == await pool.fetchval("SELECT sum(amount) FROM charge") > 0
    finally:
        await pool.close()
