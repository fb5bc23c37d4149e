"""Resident memory of one process after a quarter and after all of the records: it must not grow with them."""

import asyncio
from dataclasses import dataclass
from statistics import mean

import asyncpg
import psutil

from tests.bench.effects import effect_of
from tests.bench.ground import Database, Ground
from tests.bench.runs import Order, Say, prepared
from tests.bench.subjects import BILLING_UNITS, USAGE_RATING, Service, running
from tests.bench.window import position

EARLY_SHARE = 0.25
"""0.5 of 2 million."""

SAMPLED_SHARE = 0.05
"""Of all records: each figure is the mean of the readings over so many records before its mark."""

SAMPLE_S = 0.5
MEBIBYTE = 1024 * 1024
STILL_SAMPLES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Resident memory in MiB: around a quarter of the records, around the last ones, and the most ever read."""

    service: str
    events: int
    early_mib: float
    late_mib: float
    peak_mib: float

    @property
    def growth(self) -> float:
        """The later figure as a multiple of the earlier."""
        return self.late_mib / self.early_mib


async def measure_memory(ground: Ground, order: Order, template: Database, say: Say) -> list[Memory]:
    """One process of each service through all records, from the topic's beginning."""
    found = []
    async with prepared(ground, template) as database:
        for service in (USAGE_RATING, BILLING_UNITS) if order.with_units else (USAGE_RATING,):
            memory = await _of(service, ground, database, order.calls)
            await effect_of(service, ground, database, order.calls)
            say(
                f"{service.name}: {memory.early_mib:.0f} → {memory.late_mib:.0f} MiB, at most {memory.peak_mib:.0f}"
            )
            found.append(memory)
    return found


async def _of(service: Service, ground: Ground, database: Database, count: int) -> Memory:
    samples: list[tuple[int, int]] = []
    connection = await asyncpg.connect(database.administrator_dsn)
    try:
        with running(service, ground, database) as subject:
            process = psutil.Process(subject.pids[0])
            while not samples or samples[-1][0] < count:
                subject.must_run()
                samples.append((await position(connection, service), process.memory_info().rss))
                if len(samples) > STILL_SAMPLES and samples[-STILL_SAMPLES][0] == samples[-1][0]:
                    subject.fail(f"stands still at {samples[-1][0]} records")
                await asyncio.sleep(SAMPLE_S)
            while await connection.fetchval(f"SELECT EXISTS (SELECT FROM {service.name}.outbox)"):
                subject.must_run()
                await asyncio.sleep(SAMPLE_S)
    finally:
        await connection.close()
    return Memory(
        service=service.name,
        events=count,
        early_mib=_before(samples, count * EARLY_SHARE, count * SAMPLED_SHARE),
        late_mib=_before(samples, count, count * SAMPLED_SHARE),
        peak_mib=max(rss for _, rss in samples) / MEBIBYTE,
    )


def _before(samples: list[tuple[int, int]], mark: float, width: float) -> float:
    """The mean over the last `width` records before the mark; the nearest reading when none fell into them."""
    near = [rss for events, rss in samples if mark - width <= events <= mark]
    nearest = min(samples, key=lambda sample: abs(sample[0] - mark))[1]
    return (mean(near) if near else nearest) / MEBIBYTE
