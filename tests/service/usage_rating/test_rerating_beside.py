"""Posting beside live traffic: workers and revisions of the same calls at once, nothing lost, doubled or stuck."""

import asyncio
from collections import Counter
from dataclasses import replace
from random import Random

import orjson

from contracts.events.call import CallDetailRecord
from services.usage_rating.store import QUERIES
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.support.callers import a_caller
from tests.support.rating import Rating
from tests.support.rating_records import an_account_fact

CALLS, AT_ONCE, WORKERS = 300, 10, 3


async def work(rating: Rating) -> None:
    """A worker, until it finds nothing to do."""
    job = rating.rating_anew(chunk=7)
    while await job.work_off():
        pass


async def revise(rating: Rating, calls: list[CallDetailRecord]) -> None:
    """Every third call gets a higher revision, some of them void, in batches of no order."""
    revised = [replace(call, revision=2, user_id="ada", voided=n % 5 == 0) for n, call in enumerate(calls[::3])]
    Random(7).shuffle(revised)
    for first in range(0, len(revised), AT_ONCE):
        await rating.rate(*revised[first : first + AT_ONCE], partition=first // AT_ONCE % 2)


async def test_workers_and_revisions_of_the_same_calls_meet(rating: Rating) -> None:
    await rating.know(an_account_fact())
    await rating.use(a_plan(a_rate("49", a_price("0.06"))))
    calls = [a_call(call_id=f"call-{n}", seconds=30 + n) for n in range(CALLS)]
    await rating.rate(*calls)
    await rating.use(a_plan(a_rate("49", a_price("0.12"))))
    rerating_id = await rating.preview()
    assert await rating.reratings().approve("acme", rerating_id, a_caller("acme")) is None
    await asyncio.gather(*(work(rating) for _ in range(WORKERS)), revise(rating, calls))
    await rating.work_off()

    shown = await rating.rerating(rerating_id)
    assert shown["state"] == "posted" and shown["posted"] + shown["skipped"] == CALLS
    assert 0 < shown["skipped"] < CALLS / 3, "revisions came before and after their calls were posted"
    messages = await rating.published()
    ids = Counter(data["rated_usage_id"] for data in messages)
    assert max(ids.values()) == 1
    voided = sum(1 for n in range(len(calls[::3])) if n % 5 == 0)
    standing = await rating.ingest.fetch(
        "SELECT r.published FROM leg l JOIN rated_usage r ON r.account_id = l.account_id "
        "AND r.rated_usage_id = l.live_rated_usage_id"
    )
    live = [orjson.loads(row["published"]) for row in standing]
    assert len(live) == CALLS - voided
    assert {data["certificate"]["plan_version"] for data in live} == {2}, (
        "whoever came last, the price is the new one"
    )
    stored = await rating.ingest.fetchval("SELECT sum(r.amount) FROM rated_usage r")
    found = await rating.ingest.fetchval(
        "SELECT sum(r.amount) FROM leg l JOIN rated_usage r ON r.rated_usage_id = l.live_rated_usage_id"
    )
    assert stored == found


async def test_each_use_is_looked_up_by_its_key(rating: Rating) -> None:
    """Whatever the planner thinks of the tables: no chunk of a preview reads all legs of an account."""
    async with rating.ingest.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE chunk AS {QUERIES['list_stored_ratings']}")
        rows = await connection.fetch(f"EXPLAIN EXECUTE chunk({', '.join(['NULL'] * 8)})")
        await connection.execute("DEALLOCATE chunk")
    plan = "\n".join(row[0] for row in rows)
    assert "Nested Loop Left Join" in plan, plan
    assert "Hash" not in plan and "Merge Left Join" not in plan and "Merge Join" not in plan, plan
