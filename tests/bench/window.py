"""Measures the steady part of a run: from the first reading past a twentieth of the records to the last effect."""

import asyncio
from dataclasses import dataclass
from time import monotonic

import asyncpg

from chassis.database import Connection
from contracts.topics import group_of
from tests.bench.cpu import CpuMeter, CpuSeconds
from tests.bench.ground import Database, Ground
from tests.bench.subjects import Running, Service, SubjectFailed, running, running_ceiling

START_SHARE = 0.05
"""Records left out at the beginning: imports, the plan's loading and the group's first assignment."""

POLL_S = 0.5
POLL_AT_END_S = 0.05
STILL_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How far a process was at an instant, and what everybody had used by then."""

    events: int
    at_s: float
    cpu: CpuSeconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The steady part of one run. seconds: on the wall; cpu: used within it."""

    events: int
    seconds: float
    cpu: CpuSeconds

    @property
    def events_per_s(self) -> float:
        return self.events / self.seconds


def window_between(start: Reading, end: Reading) -> Window:
    """What happened from one reading to the other."""
    return Window(events=end.events - start.events, seconds=end.at_s - start.at_s, cpu=end.cpu.since(start.cpu))


async def measure_ceiling(ground: Ground, database: Database, count: int) -> Window:
    """Read the clocks as the ceiling reports a twentieth and all of its records in the database."""
    meter = ground.meter()
    start: Reading | None = None
    with running_ceiling(ground, database, count) as process:
        assert process.stdout is not None, "its output is a pipe"
        while line := await asyncio.to_thread(process.stdout.readline):
            done = int(line)
            if start is None and done >= count * START_SHARE:
                start = Reading(events=done, at_s=monotonic(), cpu=meter.read(process.pid))
            if start is not None and done >= count:
                return window_between(start, Reading(events=done, at_s=monotonic(), cpu=meter.read(process.pid)))
    raise SubjectFailed("the ceiling ended before it had read everything")


async def measure_service(service: Service, ground: Ground, database: Database, count: int, members: int) -> Window:
    """From a twentieth of the records committed, by all members, to all messages confirmed by the broker."""
    meter = ground.meter()
    connection = await asyncpg.connect(database.administrator_dsn)
    try:
        with running(service, ground, database, members) as subject:
            start = await _first_reading(subject, connection, meter, at_least=count * START_SHARE)
            await _passed(subject, connection, at_least=count)
            await _published(subject, connection)
            end = Reading(events=count, at_s=monotonic(), cpu=meter.read(*subject.pids))
    finally:
        await connection.close()
    return window_between(start, end)


async def position(connection: Connection, service: Service) -> int:
    """Records of its topic this service has committed, over all partitions."""
    found = await connection.fetchval(
        f"SELECT coalesce(sum(next_offset), 0)::bigint FROM {service.name}.input_position "
        "WHERE consumer_group = $1 AND topic = $2",
        group_of(service.name),
        service.reads.name,
    )
    return int(found)


async def _owners(connection: Connection, service: Service) -> int:
    """How many members have partitions of its topic."""
    found = await connection.fetchval(
        f"SELECT count(DISTINCT owner) FROM {service.name}.input_position WHERE consumer_group = $1 AND topic = $2",
        group_of(service.name),
        service.reads.name,
    )
    return int(found)


async def _first_reading(subject: Running, connection: Connection, meter: CpuMeter, *, at_least: float) -> Reading:
    events = await _passed(subject, connection, at_least=at_least)
    while await _owners(connection, subject.service) < len(subject.members):
        subject.must_run()
        await asyncio.sleep(POLL_AT_END_S)
        events = await position(connection, subject.service)
    return Reading(events=events, at_s=monotonic(), cpu=meter.read(*subject.pids))


async def _passed(subject: Running, connection: Connection, *, at_least: float) -> int:
    """Wait until so many records are committed; how many then were. Raises SubjectFailed when nothing moves."""
    last, moved_s = -1, monotonic()
    while (events := await position(connection, subject.service)) < at_least:
        subject.must_run()
        if events != last:
            last, moved_s = events, monotonic()
        elif monotonic() - moved_s > STILL_S:
            subject.fail(f"stands still at {events} records")
        await asyncio.sleep(POLL_S)
    return events


async def _published(subject: Running, connection: Connection) -> None:
    """Wait until nothing recorded is unconfirmed."""
    started_s = monotonic()
    while await connection.fetchval(f"SELECT EXISTS (SELECT FROM {subject.service.name}.outbox)"):
        subject.must_run()
        if monotonic() - started_s > STILL_S:
            subject.fail("does not publish what it recorded")
        await asyncio.sleep(POLL_AT_END_S)
