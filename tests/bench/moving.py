"""`python -m tests.bench.moving`: how long 1,000,000 charges take to move to other units, beside live traffic.

The charges stand in billing_units; then the platform says, back in time, that every number belongs to another unit.
Told are the seconds until billing_units has committed the last pair, and until reporting has recorded it; and how
long live uses waited for their charge before the move and during it.
"""

import argparse
import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from statistics import quantiles
from time import monotonic

import asyncpg
from aiokafka import AIOKafkaProducer
from rich.console import Console

from chassis.clock import system_clock
from chassis.database import Connection
from cli.publishing import PlatformRecord, publish
from contracts.events.directory import AssignmentRecorded
from contracts.topics import BILLING_UNITS_FACTS, CHARGES, DIRECTORY, RATED_USAGE
from tests.bench.ground import Database, Ground, ground
from tests.bench.machine import this_machine
from tests.bench.plan import bench_plan
from tests.bench.subjects import BILLING_UNITS, Running, Service, running
from tests.support import directory
from tests.support.allocating import message_of
from tests.support.builders import an_instant

ACCOUNT = "moving-house"
SINCE = "2026-06-01T00:00:00Z"
NUMBERS = tuple(f"+44207{place:07d}" for place in range(9_000_000, 9_001_000))
LIVE_NUMBER = "+442079460999"
REPORTING = Service(name="reporting", reads=CHARGES, sends=BILLING_UNITS_FACTS)
TIMEOUT_S = 3_600

SEED = """
WITH use AS (
    SELECT n, gen_random_uuid() AS usage_id, gen_random_uuid() AS rated_id, gen_random_uuid() AS charge_id,
           $4::timestamptz + n % 600000 * interval '1 second' AS at,
           ($3::text[])[n % cardinality($3) + 1] AS number
    FROM generate_series(0, $2::integer - 1) AS n
), stands AS (
    INSERT INTO allocation (account_id, usage_id, rating_revision, state, rated_usage_id, allocation_revision,
                            use_on, charge_ids)
    SELECT $1, usage_id, 1, 'allocated', rated_id, 1, (at AT TIME ZONE 'UTC')::date, ARRAY[charge_id] FROM use
)
INSERT INTO charge (account_id, charge_id, use_on, booked_period, occurred_at, billed_at, recorded_at,
    rated_usage_id, usage_id, cause_id, unit_id, rating_revision, allocation_revision, calls, duration_ms,
    billed_s, amount, currency, kind, category, direction, channel, rule, matched, units, flags,
    directory_revision, own_number, prefix, country)
SELECT $1, charge_id, (at AT TIME ZONE 'UTC')::date, '2026-06-01', at, at, at,
    rated_id, usage_id, usage_id, $5, 1, 1, 1, 60000,
    60, 0.05, 'EUR', 'charge', 'call', 'outbound', 'manual', 'number', number, 1, '{}',
    1, number, '4930', 'DE'
FROM use
"""


def opening() -> Iterator[object]:
    """The account, two units, and every number in the first of them."""
    yield directory.an_account(ACCOUNT)
    for unit in ("Before", "After"):
        yield directory.a_unit(unit, account=ACCOUNT)
    for number in (*NUMBERS, LIVE_NUMBER):
        yield directory.a_number(number, account=ACCOUNT)
        yield directory.an_assignment(number, "Before", account=ACCOUNT, since=SINCE)


def moves() -> Iterator[AssignmentRecorded]:
    """Every number's assignment names the other unit, from its beginning on."""
    for number in NUMBERS:
        stands = directory.an_assignment(number, "Before", account=ACCOUNT, since=SINCE)
        yield replace(stands, version=2, unit_id=directory.unit_id("After", ACCOUNT))


async def say(standing: Ground, statements: Iterator[object]) -> None:
    """Publish statements about the directory as the platform does."""
    records = (
        PlatformRecord(topic=DIRECTORY.name, key=ACCOUNT.encode(), value=message_of(each)) for each in statements
    )
    await publish(standing.bootstrap_servers, records)


async def until(connection: Connection, query: str, wanted: int, *services: Running) -> float:
    """Wait until a count is reached; the instant by the clock that only goes on."""
    deadline_s = monotonic() + TIMEOUT_S
    while await connection.fetchval(query) < wanted:
        for service in services:
            service.must_run()
        if monotonic() > deadline_s:
            raise TimeoutError(f"{query} did not reach {wanted}")
        await asyncio.sleep(0.25)
    return monotonic()


class Live:
    """Uses of a number that does not move, so many a second; when each was published."""

    def __init__(self, standing: Ground, per_s: int) -> None:
        self._servers, self._per_s = standing.bootstrap_servers, per_s
        self.published: list[tuple[str, float]] = []

    async def play(self) -> None:
        """Until cancelled."""
        producer = AIOKafkaProducer(bootstrap_servers=self._servers, linger_ms=5)
        await producer.start()
        try:
            while True:
                for _ in range(max(1, self._per_s // 10)):
                    use = directory.a_rated_call(
                        f"live-{len(self.published)}", account=ACCOUNT, own_number=LIVE_NUMBER
                    )
                    await producer.send(RATED_USAGE.name, message_of(use), partition=len(self.published) % 12)
                    self.published.append((use.usage_id, system_clock().timestamp()))
                await asyncio.sleep(0.1)
        finally:
            await producer.stop()

    async def waited_s(self, connection: Connection, first: int, last: int) -> list[float]:
        """Seconds from publishing to the batch that charged, of the uses in [first, last)."""
        asked = dict(self.published[first:last])
        rows = await connection.fetch(
            "SELECT usage_id::text, recorded_at FROM billing_units.charge "
            "WHERE account_id = $1 AND own_number = $2 AND usage_id = ANY ($3::uuid[])",
            ACCOUNT,
            LIVE_NUMBER,
            list(asked),
        )
        return [row["recorded_at"].timestamp() - asked[row["usage_id"]] for row in rows]


async def measure(standing: Ground, database: Database, asked: argparse.Namespace, notes: Console) -> None:
    """Lay out, move, and tell."""
    connection = await asyncpg.connect(database.administrator_dsn)
    live = Live(standing, asked.live_per_s)
    try:
        with running(BILLING_UNITS, standing, database) as units, running(REPORTING, standing, database) as reports:
            await say(standing, opening())
            placed = "SELECT count(*) FROM billing_units.assignment"
            await until(connection, placed, len(NUMBERS) + 1, units)
            await connection.execute("SET search_path TO billing_units")
            begin, before = an_instant(SINCE) + timedelta(hours=1), directory.unit_id("Before", ACCOUNT)
            await connection.execute(SEED, ACCOUNT, asked.charges, list(NUMBERS), begin, before)
            await connection.execute("VACUUM (ANALYZE)")
            notes.print(f"{asked.charges:,} charges stand; {asked.live_per_s} live uses a second")
            playing = asyncio.create_task(live.play())
            await asyncio.sleep(asked.before_s)
            first = len(live.published)
            began_s = monotonic()
            await say(standing, moves())
            moved = "SELECT coalesce(sum(moved), 0) FROM billing_units.reattribution"
            committed_s = await until(connection, moved, asked.charges, units, reports) - began_s
            last = len(live.published)
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            told = "SELECT count(*) FROM reporting.charge_fact"
            wanted = 2 * asked.charges + len(live.published)
            drained_s = await until(connection, told, wanted, units, reports) - began_s
        _tell(notes, asked, committed_s, drained_s)
        for name, span in (("before", (0, first)), ("during", (first, last))):
            waited = await live.waited_s(connection, *span)
            if len(waited) > 1:
                p95_s = quantiles(waited, n=20)[-1]
                notes.print(f"live uses {name} the move: {len(waited):,}, charged within {p95_s:.2f} s (95 of 100)")
        await _check(connection)
    finally:
        await connection.close()


def _tell(notes: Console, asked: argparse.Namespace, committed_s: float, drained_s: float) -> None:
    pace = asked.charges / committed_s
    notes.print(f"committed in billing_units after {committed_s:.1f} s: {pace:,.0f} charges moved a second")
    notes.print(f"recorded by reporting after {drained_s:.1f} s")


async def _check(connection: Connection) -> None:
    """What moved is owed by the new unit and by nobody else."""
    rows = await connection.fetch(
        "SELECT unit_id::text, sum(calls) AS calls FROM billing_units.charge WHERE own_number <> $1 GROUP BY 1",
        LIVE_NUMBER,
    )
    owed = {row["unit_id"]: row["calls"] for row in rows if row["calls"]}
    assert set(owed) == {directory.unit_id("After", ACCOUNT)}, owed


async def run(asked: argparse.Namespace, notes: Console) -> None:
    """On a broker and a database of its own."""
    with ground() as standing:
        await standing.renew_topics()
        database = await standing.first_database(bench_plan().plan)
        await measure(standing, database, asked, notes)


def main() -> None:
    """Measure and tell; the machine first."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.moving", description=__doc__)
    parser.add_argument("--charges", type=int, default=1_000_000)
    parser.add_argument("--live-per-s", type=int, default=100, help="live uses beside it (default 100)")
    parser.add_argument("--before-s", type=float, default=10, help="seconds of live uses before it (default 10)")
    asked = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    notes, machine = Console(highlight=False), this_machine()
    notes.print(f"{machine.processor}, {machine.cores} cores, load {machine.load:.2f}; {machine.postgres}")
    asyncio.run(run(asked, notes))


if __name__ == "__main__":
    main()
