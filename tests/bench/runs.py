"""Runs the parts one after another on the same calls, each run in a new database with new topics."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from time import monotonic

import asyncpg

from chassis.clock import Clock
from cli.publishing import publish
from contracts.topics import BILLING_UNITS_FACTS, CALLS, DIRECTORY, RATED_USAGE, USAGE_RATING_FACTS
from services.usage_rating.domain.plan import RatePlan
from tests.bench.calls import call_records
from tests.bench.centre import assignment_count, directory_records
from tests.bench.effects import effect_of
from tests.bench.ground import Database, Ground
from tests.bench.subjects import BILLING_UNITS, USAGE_RATING, running
from tests.bench.window import Window, measure_ceiling, measure_service

ADOPTION_TIMEOUT_S = 90
LAID_OUT = frozenset({CALLS.name, DIRECTORY.name, BILLING_UNITS_FACTS.name, USAGE_RATING_FACTS.name})
"""Topics that stay as they are from run to run."""

Say = Callable[[str], None]


class Part(StrEnum):
    """What can be measured for its speed, in the order in which it is."""

    CEILING = "ceiling"
    USAGE_RATING = "usage_rating"
    BILLING_UNITS = "billing_units"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to measure: which parts, on how many calls, with how many members of each service's group."""

    parts: Sequence[Part]
    calls: int
    members: int
    plan: RatePlan

    @property
    def with_units(self) -> bool:
        """Whether the directory is needed."""
        return Part.BILLING_UNITS in self.parts


async def lay_out(ground: Ground, order: Order, clock: Clock) -> Database:
    """What all runs share: the calls in their topic, and a database to copy with plan and directory in it.

    The calls are of the month before this one.
    """
    this_month = clock().replace(day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    since: datetime = (this_month - timedelta(days=1)).replace(day=1)
    prefixes = [rate.prefix for rate in order.plan.rates]
    await ground.renew_topics()
    template = await ground.first_database(order.plan)
    if order.with_units:
        await _adopt_directory(ground, template)
    await publish(
        ground.bootstrap_servers,
        call_records(order.calls, prefixes=prefixes, since=since),
    )
    return template


async def run_once(ground: Ground, order: Order, template: Database, say: Say) -> dict[Part, Window]:
    """Measure each part once. billing_units reads what usage_rating published in this run, or in the one before."""
    fed = order.with_units and await ground.record_count(RATED_USAGE) == order.calls
    reuse = fed and Part.USAGE_RATING not in order.parts
    windows: dict[Part, Window] = {}
    async with prepared(ground, template, keep_rated=reuse) as database:
        if Part.CEILING in order.parts:
            windows[Part.CEILING] = await measure_ceiling(ground, database, order.calls)
            say(_line(Part.CEILING, windows[Part.CEILING]))
        if Part.USAGE_RATING in order.parts or (order.with_units and not reuse):
            await ground.settle()
            window = await measure_service(USAGE_RATING, ground, database, order.calls, order.members)
            await effect_of(USAGE_RATING, ground, database, order.calls)
            if Part.USAGE_RATING in order.parts:
                windows[Part.USAGE_RATING] = window
            say(_line(Part.USAGE_RATING, window))
        if order.with_units:
            await ground.settle()
            windows[Part.BILLING_UNITS] = await measure_service(
                BILLING_UNITS, ground, database, order.calls, order.members
            )
            effect = await effect_of(BILLING_UNITS, ground, database, order.calls)
            say(f"{_line(Part.BILLING_UNITS, windows[Part.BILLING_UNITS])}; charges by rule {effect.by_rule}")
    return windows


@asynccontextmanager
async def prepared(ground: Ground, template: Database, *, keep_rated: bool = False) -> AsyncIterator[Database]:
    """A copy of the template and topics without what the run before sent; the copy is dropped at the end."""
    await ground.renew_topics(keep=LAID_OUT | {RATED_USAGE.name} if keep_rated else LAID_OUT)
    database = await ground.copy(template)
    try:
        await ground.settle()
        yield database
    finally:
        await ground.drop(database)


async def _adopt_directory(ground: Ground, database: Database) -> None:
    """The real process adopts the directory while there is no use to allocate; it is not measured."""
    await publish(ground.bootstrap_servers, directory_records())
    deadline_s = monotonic() + ADOPTION_TIMEOUT_S
    connection = await asyncpg.connect(database.administrator_dsn)
    try:
        with running(BILLING_UNITS, ground, database) as subject:
            while await connection.fetchval("SELECT count(*) FROM billing_units.assignment") < assignment_count():
                subject.must_run()
                if monotonic() > deadline_s:
                    subject.fail("has not adopted the directory")
                await asyncio.sleep(0.5)
    finally:
        await connection.close()


def _line(part: Part, window: Window) -> str:
    return f"{part.value}: {window.events_per_s:,.0f} events/s over {window.seconds:.1f} s"
