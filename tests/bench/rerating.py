"""`python -m tests.bench.rerating`: how long 1,000,000 stored calls take to be priced again by a dearer plan.

The calls are rated by the real service first, then every price of the plan is raised. Told are the seconds of the
preview, of the posting until usage_rating has committed its last reversal and replacement, and of what is left to
send then; with `--downstream` how fast billing_units, started afterwards, charges them.
"""

import argparse
import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from time import monotonic

import asyncpg
from rich.console import Console

from chassis.clock import system_clock, system_random
from chassis.database import Connection, open_pool
from services.usage_rating.domain.plan import RatePlan, inbound_at
from services.usage_rating.domain.prices import Price
from services.usage_rating.domain.rerating import Asked
from services.usage_rating.handlers.reratings import ReratingsHandler
from tests.bench import plan as plans
from tests.bench.centre import ACCOUNT_ID
from tests.bench.cpu import CpuMeter, CpuSeconds
from tests.bench.ground import Database, Ground, ground
from tests.bench.machine import this_machine
from tests.bench.runs import Order, Part, lay_out
from tests.bench.subjects import BILLING_UNITS, USAGE_RATING, Running, running
from tests.bench.window import measure_service
from tests.support.callers import a_caller

RAISED = Decimal("1.1")
STARTING_S = 10
"""Until the members have claimed their partitions and loaded what they need."""

TIMEOUT_S = 1_800
SPAN = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of the way: seconds on the wall, and what everybody used in them."""

    seconds: float
    cpu: CpuSeconds


def dearer(plan: RatePlan) -> RatePlan:
    """The plan with every price raised; rates that shared a price share its successor."""
    raised: dict[int, Price] = {}
    rates = []
    for rate in plan.rates:
        assert isinstance(rate.price, Price), "the benchmark's plan is flat"
        price = raised.get(id(rate.price))
        if price is None:
            price = raised[id(rate.price)] = replace(rate.price, per_minute=rate.price.per_minute * RAISED)
        rates.append(replace(rate, price=price))
    assert plan.inbound is not None and isinstance(plan.inbound.usual.price, Price), "the benchmark's plan is flat"
    usual = plan.inbound.usual.price
    inbound = inbound_at(replace(usual, per_minute=usual.per_minute * RAISED))
    return replace(plan, rates=tuple(rates), inbound=inbound)


@asynccontextmanager
async def commands(database: Database) -> AsyncIterator[ReratingsHandler]:
    """The commands of the API, with its role."""
    pool = await open_pool(
        database.api_dsn("usage_rating"), schema="usage_rating", application_name="bench", max_size=1
    )
    try:
        yield ReratingsHandler(pool=pool, schema="usage_rating", clock=system_clock, random=system_random)
    finally:
        await pool.close()


async def until(connection: Connection, query: str, subject: Running, meter: CpuMeter) -> Phase:
    """Wait until a question is answered with true."""
    began_s, before = monotonic(), meter.read(*subject.pids)
    while not await connection.fetchval(query):
        subject.must_run()
        if monotonic() - began_s > TIMEOUT_S:
            subject.fail(f"did not come to {query}")
        await asyncio.sleep(0.1)
    return Phase(seconds=monotonic() - began_s, cpu=meter.read(*subject.pids).since(before))


async def rerate(
    standing: Ground, database: Database, connection: Connection, asked: argparse.Namespace
) -> list[Phase]:
    """Preview, posting, publishing."""
    state = "SELECT state = '{}' FROM usage_rating.rerating"
    sent = "SELECT bool_and(published_seq = last_seq) FROM usage_rating.outbox_lane"
    first_at = await connection.fetchval("SELECT min(occurred_at) FROM usage_rating.usage")
    wanted = Asked(account_id=ACCOUNT_ID, from_at=first_at, to_at=first_at + SPAN)
    with running(USAGE_RATING, standing, database, asked.members) as subject:
        await asyncio.sleep(STARTING_S)
        meter = standing.meter()
        async with commands(database) as handler:
            rerating_id = await handler.ask(wanted, "prices were raised", a_caller(ACCOUNT_ID))
            assert isinstance(rerating_id, str), rerating_id
            preview = await until(connection, state.format("previewed"), subject, meter)
            refused = await handler.approve(ACCOUNT_ID, rerating_id, a_caller(ACCOUNT_ID))
            assert refused is None, refused
        posting = await until(connection, state.format("posted"), subject, meter)
        return [preview, posting, await until(connection, sent, subject, meter)]


async def measure(asked: argparse.Namespace, notes: Console) -> None:
    """Lay out, rate, raise, rate again, and tell."""
    plan = plans.bench_plan().plan
    parts = (Part.USAGE_RATING, Part.BILLING_UNITS) if asked.downstream else (Part.USAGE_RATING,)
    order = Order(parts=parts, calls=asked.calls, members=asked.members, plan=plan)
    with ground() as standing:
        database = await lay_out(standing, order, system_clock)
        await measure_service(USAGE_RATING, standing, database, asked.calls, asked.members)
        if asked.downstream:
            await measure_service(BILLING_UNITS, standing, database, asked.calls, asked.members)
        await plans.accept(dearer(plan), database.api_dsn("usage_rating"))
        connection = await asyncpg.connect(database.administrator_dsn)
        try:
            await connection.execute("VACUUM (ANALYZE)")
            await standing.settle()
            notes.print(f"{asked.calls:,} calls are rated; {asked.members} members rate them again")
            phases = await rerate(standing, database, connection, asked)
            _tell(notes, phases, await connection.fetchrow("SELECT * FROM usage_rating.rerating"))
            if asked.downstream:
                await _drain(standing, database, connection, asked, notes)
            await _check(connection, asked)
        finally:
            await connection.close()


def _tell(notes: Console, phases: list[Phase], rerating: asyncpg.Record) -> None:
    for name, phase in zip(("preview", "posting", "publishing after it"), phases, strict=True):
        cpu = phase.cpu
        used = f"Python {cpu.python:.1f} s, PostgreSQL {cpu.postgres:.1f} s, broker {cpu.broker:.1f} s"
        notes.print(f"{name}: {phase.seconds:.1f} s; processor: {used}")
    seconds = sum(phase.seconds for phase in phases[:2])
    notes.print(
        f"{rerating['changes']:,} changed, {rerating['amount_before']:,} became {rerating['amount_after']:,}; "
        f"committed in usage_rating {seconds:.1f} s after it was asked for"
    )


async def _drain(
    standing: Ground, database: Database, connection: Connection, asked: argparse.Namespace, notes: Console
) -> None:
    count = await connection.fetchval("SELECT count(*) FROM usage_rating.rated_usage")
    window = await measure_service(BILLING_UNITS, standing, database, count, asked.members)
    notes.print(f"billing_units takes them at {window.events_per_s:,.0f}/s: {count - asked.calls:,} messages")


async def _check(connection: Connection, asked: argparse.Namespace) -> None:
    """Each call has one live rating, by the new version where it costs anything; what was reversed sums to zero."""
    live, amount = await connection.fetchrow(
        "SELECT count(*), sum(amount) FROM usage_rating.leg JOIN usage_rating.rated_usage r "
        "ON r.rated_usage_id = live_rated_usage_id"
    )
    total = await connection.fetchval("SELECT sum(amount) FROM usage_rating.rated_usage")
    stands = await connection.fetchrow("SELECT * FROM usage_rating.rerating")
    assert (live, amount) == (asked.calls, total), (live, amount, total)
    skipped = await connection.fetchval("SELECT sum(skipped) FROM usage_rating.rerating_part")
    assert skipped == 0 and total == stands["amount_after"], (skipped, total, stands["amount_after"])
    if asked.downstream:
        charged = await connection.fetchval("SELECT sum(amount) FROM billing_units.charge")
        assert charged == total, (charged, total)


def main() -> None:
    """Measure and tell; the machine first."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rerating", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--members", type=int, default=2, help="processes of each service (default 2)")
    parser.add_argument("--downstream", action="store_true", help="charge them in billing_units too")
    asked = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    notes, machine = Console(highlight=False), this_machine()
    notes.print(f"{machine.processor}, {machine.cores} cores, load {machine.load:.2f}; {machine.postgres}")
    asyncio.run(measure(asked, notes))


if __name__ == "__main__":
    main()
