"""A number moves while a batch that has read the old unit is not committed, a thousand times.

A move may be back-dated, so a batch may have charged calls from its instant on to the old unit. None may be
left behind: whoever looks once the move has committed (re-attribution does) must see every one of them.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zlib import crc32

import asyncpg
import pytest

from chassis.stripes import stripe_of
from contracts.topics import DIRECTORY, RATED_USAGE
from services.billing_units.consumers import SERVICE
from tests.support.allocating import Allocating, ingest_pool, message_of
from tests.support.directory import a_number, a_rated_call, a_unit, an_account, an_assignment, unit_id

REPETITIONS = 1000
WAITING_AT_LEAST = 300
SIDE_BY_SIDE = 5
BEGINNING = datetime(2026, 2, 1, tzinfo=UTC)
DIRECTORY_CLASS = crc32(f"{SERVICE}:directory".encode()) & 0x7FFFFFFF
UNITS = ("Claims", "Sales")

STALE = """
    SELECT charge_id FROM charge WHERE account_id = $1 AND unit_id = $2 AND occurred_at >= $3
"""
"""What stays with the old unit from the move's instant on: a re-attribution begun now would find these."""

WAITING = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND NOT granted AND classid::bigint = $1 AND objid::bigint = $2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(kw_only=True)
class Outcome:
    """What was seen: moves that waited for a batch, and charges that nobody would have found again."""

    waited: int = 0
    left_behind: list[Any] = field(default_factory=list)
    charges: int = 0


@dataclass(kw_only=True)
class Mover:
    """One account whose number moves to and fro; each mover has partitions of its own."""

    allocating: Allocating
    watching: asyncpg.Connection
    partition: int
    account: str
    outcome: Outcome

    async def prepare(self) -> None:
        account = self.account
        await self.allocating.adopt(
            an_account(account),
            *(a_unit(name, account=account) for name in UNITS),
            a_number(account=account),
            an_assignment(unit=UNITS[0], account=account, since=BEGINNING.isoformat(), name="0"),
            partition=self.partition,
        )

    async def repeat(self, repetitions: Iterator[int]) -> None:
        for step, repetition in enumerate(repetitions, start=1):
            await self._move(step, gated=repetition % 5 < 3)

    async def _move(self, step: int, *, gated: bool) -> None:
        """Move at an instant while a batch with calls on both sides of it is open.

        gated: the batch stays open until the move is seen waiting for it, or has gone through.
        """
        old, new = UNITS[(step - 1) % 2], UNITS[step % 2]
        moved_at = BEGINNING + timedelta(minutes=step)
        calls = [self._call(step, moved_at + timedelta(seconds=seconds)) for seconds in (-10, 0, 10)]
        decided, moved = asyncio.Event(), asyncio.Event()

        async def before_commit() -> None:
            decided.set()
            if gated:
                await self._until_waiting(moved)

        async def rate() -> None:
            values = [message_of(call) for call in calls]
            await self.allocating.take(RATED_USAGE.name, values, self.partition, before_commit)

        async def move() -> Sequence[Any]:
            if gated:
                await decided.wait()
            changes = self._changes(step, old, new, moved_at)
            await self.allocating.take(DIRECTORY.name, [message_of(change) for change in changes], self.partition)
            found = await self._stale(old, moved_at)
            moved.set()
            return found

        _, found = await asyncio.gather(rate(), move())
        missed = set(await self._stale(old, moved_at)) - set(found)
        self.outcome.left_behind.extend(missed)
        self.outcome.charges += len(calls)

    def _changes(self, step: int, old: str, new: str, moved_at: datetime) -> list[Any]:
        instant = moved_at.isoformat()
        began = (moved_at - timedelta(minutes=1)).isoformat() if step > 1 else BEGINNING.isoformat()
        former = an_assignment(
            unit=old, account=self.account, since=began, until=instant, version=2, name=str(step - 1)
        )
        return [former, an_assignment(unit=new, account=self.account, since=instant, name=str(step))]

    def _call(self, step: int, answered: datetime) -> Any:
        return a_rated_call(f"{step}-{answered:%H%M%S}", account=self.account, answered=answered.isoformat())

    async def _stale(self, old: str, moved_at: datetime) -> list[Any]:
        async with self.allocating.pool.acquire() as connection:
            rows = await connection.fetch(STALE, self.account, unit_id(old, self.account), moved_at)
        return [row["charge_id"] for row in rows]

    async def _until_waiting(self, moved: asyncio.Event) -> None:
        while not moved.is_set():
            if await self.watching.fetchval(WAITING, DIRECTORY_CLASS, stripe_of(self.account)):
                self.outcome.waited += 1
                return
            await asyncio.sleep(0.002)


async def race(database: str, *, stripes: bool, repetitions: int) -> Outcome:
    """Run the repetitions over a few accounts side by side, whose stripes differ."""
    outcome = Outcome()
    numbers = iter(range(repetitions))
    pool = await ingest_pool(database, 3 * SIDE_BY_SIDE)
    watchers = [await asyncpg.connect(database) for _ in range(SIDE_BY_SIDE)]
    movers = [
        Mover(
            allocating=Allocating(pool=pool, stripes=stripes),
            watching=watchers[partition],
            partition=partition,
            account=account,
            outcome=outcome,
        )
        for partition, account in enumerate(_accounts_apart(SIDE_BY_SIDE))
    ]
    try:
        for mover in movers:
            await mover.prepare()
        await asyncio.gather(*(mover.repeat(numbers) for mover in movers))
    finally:
        for watcher in watchers:
            await watcher.close()
        await pool.close()
    return outcome


def _accounts_apart(wanted: int) -> list[str]:
    """Account ids with a stripe each."""
    found: dict[int, str] = {}
    for number in count():
        if len(found) == wanted:
            return list(found.values())
        found.setdefault(stripe_of(f"account-{number}"), f"account-{number}")
    raise AssertionError("count() does not end")


async def test_no_call_from_the_move_on_is_left_behind(database: str) -> None:
    outcome = await race(database, stripes=True, repetitions=REPETITIONS)
    assert outcome.charges == 3 * REPETITIONS
    assert outcome.left_behind == []
    assert outcome.waited >= WAITING_AT_LEAST


async def test_without_the_stripes_calls_are_left_behind(database: str) -> None:
    outcome = await race(database, stripes=False, repetitions=60)
    assert outcome.waited == 0
    assert len(outcome.left_behind) >= 30


@pytest.mark.parametrize("seconds", [-1, 0, 1])
async def test_a_move_that_committed_first_is_seen(allocating: Allocating, seconds: int) -> None:
    moved_at = BEGINNING + timedelta(days=1)
    await allocating.adopt(
        an_account(), *(a_unit(name) for name in UNITS), a_number(), an_assignment(unit="Claims"),
        an_assignment(unit="Claims", version=2, until=moved_at.isoformat()),
        an_assignment(unit="Sales", since=moved_at.isoformat()),
    )  # fmt: skip
    await allocating.rate(a_rated_call(answered=(moved_at + timedelta(seconds=seconds)).isoformat()))
    [charge] = await allocating.charges()
    assert charge["unit_id"] == unit_id("Claims" if seconds < 0 else "Sales")
