"""Watches records on their way through the services: how many are still to come, and what became of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from chassis.clock import monotonic_s
from chassis.database import Pool, open_pool
from chassis.sql import Queries
from cli.verify.log import Log, Place, open_log
from contracts.topics import CALLS, SERVICES, TOPICS

QUERIES = Queries("cli.demo", "passage.sql")
POLL_S = 0.1
STANDSTILL_S = 60
"""Nothing moved for so long: something is wrong that waiting does not cure."""

Ends = Mapping[Place, int]
"""The offset after the last record of each partition."""


class Standstill(RuntimeError):
    """Records wait and none is dealt with; the message says how many and where to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fates:
    """What usage_rating made of call records, counted by offset."""

    accepted: int
    duplicate: int
    conflict: int
    suspense: int
    dead_letter: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The log and each service's own books on what it has read and published."""

    log: Log
    pools: Mapping[str, Pool]

    async def remaining(self) -> int:
        """Records to be read, uses to be put where their calls are, and messages to be published; never too few.

        Services are asked in the order of the way and the log last, so that what moves on meanwhile is
        counted twice rather than not at all.
        """
        unpublished: int = await self.pools["billing_units"].fetchval(QUERIES["count_behind_their_calls"])
        positions: dict[tuple[str, str, int], int] = {}
        for service, pool in self.pools.items():
            rows = await pool.fetch(QUERIES["list_standing"])
            unpublished += rows[0]["unpublished"]
            positions |= {
                (service, row["topic"], row["partition"]): row["next_offset"] for row in rows if row["topic"]
            }
        extents = await self.log.extents({topic.name for topic in TOPICS if set(topic.consumers) & set(SERVICES)})
        unread = 0
        for topic in TOPICS:
            for service in set(topic.consumers) & set(SERVICES):
                for (name, partition), extent in extents.items():
                    if name == topic.name:
                        read = positions.get((service, name, partition), extent.start)
                        unread += max(0, extent.end - max(read, extent.start))
        return unread + unpublished

    async def settle(self, *, on_remaining: Callable[[int], None] = lambda remaining: None) -> None:
        """Wait until everything published so far is dealt with. Raises Standstill when nothing moves."""
        least, moved_s = None, monotonic_s()
        while remaining := await self.remaining():
            on_remaining(remaining)
            if least is None or remaining < least:
                least, moved_s = remaining, monotonic_s()
            if monotonic_s() - moved_s > STANDSTILL_S:
                raise Standstill(
                    f"{remaining:,} records wait and none was dealt with for {STANDSTILL_S} s; "
                    "`ringledger status` shows which service is not well and where its log is"
                )
            await asyncio.sleep(POLL_S)
        on_remaining(0)

    async def ends_of_calls(self) -> Ends:
        """Where the topic of calls ends now."""
        extents = await self.log.extents([CALLS.name])
        return {place: extent.end for place, extent in extents.items()}

    async def fates(self, before: Ends, after: Ends) -> Fates:
        """What became of the call records published between two looks at the topic's end."""
        partitions = [partition for _, partition in after]
        row = await self.pools["usage_rating"].fetchrow(
            QUERIES["sum_fates"],
            CALLS.name,
            partitions,
            [before.get((CALLS.name, partition), 0) for partition in partitions],
            [after[CALLS.name, partition] for partition in partitions],
        )
        return Fates(**row)


@asynccontextmanager
async def open_passage(*, postgres_dsn: str, kafka_bootstrap_servers: str) -> AsyncIterator[Passage]:
    """Connect to broker and database. Raises LogUnavailable, or what asyncpg raises."""
    async with AsyncExitStack() as closing:
        log = await closing.enter_async_context(open_log(kafka_bootstrap_servers))
        pools = {}
        for service in SERVICES:
            pools[service] = await open_pool(
                postgres_dsn, schema=service, application_name="ringledger demo", max_size=1
            )
            closing.push_async_callback(pools[service].close)
        yield Passage(log=log, pools=pools)
