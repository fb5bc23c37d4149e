"""Runs the proof: waits if asked, takes the snapshot, looks for what is on its way, and makes every check."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import asyncpg

from chassis.clock import Random, monotonic_s, system_random
from chassis.database import Connection
from cli.verify.audit import run_audit_check
from cli.verify.bounds import run_bounds_check
from cli.verify.checks import input_topics, run_checks, run_checks_of, run_effects_check
from cli.verify.flights import Extents, Positions, find_in_flight, topics_of_passages
from cli.verify.log import Log, open_log
from cli.verify.samples import run_messages_check, run_rating_check, unit_topics
from cli.verify.snapshot import QUERIES, DatabaseUnavailable, Snapshot, open_snapshot
from cli.verify.verdict import CheckResult, Conserved, InFlight, OnTheWay, Sums, Verdict, Waiting
from contracts.topics import CHARGES, RATED_USAGE, SERVICES

IN_FLIGHT_LISTED = 1_000
POLL_S = 0.5

Tell = Callable[[str], None]
"""Told in a few words what is being done, for progress on standard error."""


async def run(
    *,
    postgres_dsn: str,
    kafka_bootstrap_servers: str,
    account_id: str | None = None,
    period: date | None = None,
    wait_s: float = 0,
    random: Random = system_random,
    tell: Tell = lambda words: None,
) -> Verdict:
    """Prove what stands in the database and on the broker at one instant.

    account_id, period (its first day): narrow sums and rows; fates, lanes and rights are always proven whole.
    wait_s: first wait so long for everything to be read and published. Raises DatabaseUnavailable,
    NotMigrated or LogUnavailable when there is nothing to be proven on.
    """
    started_s = monotonic_s()
    async with open_log(kafka_bootstrap_servers) as log:
        if wait_s:
            tell("waiting until everything is read and published")
            await _settle(postgres_dsn, log, wait_s)
            started_s = monotonic_s()
        known = await log.topics()
        before = await log.extents([RATED_USAGE.name, CHARGES.name, *unit_topics(known)])
        tell("taking the snapshot")
        async with open_snapshot(postgres_dsn, account_id=account_id, period=period) as snapshot:
            verdict = await _prove(snapshot, log, before, random, tell)
    return replace(verdict, broker=kafka_bootstrap_servers, took_s=round(monotonic_s() - started_s, 3))


async def _prove(snapshot: Snapshot, log: Log, before: Extents, random: Random, tell: Tell) -> Verdict:
    topics = {name for names in input_topics().values() for name in names} | set(topics_of_passages())
    extents = await log.extents(topics)
    positions = _positions(await snapshot.fetch("list_positions"))
    tell("looking for what is on its way")
    await find_in_flight(snapshot, log, extents, positions)
    tell("summing both sides")
    suspense = await snapshot.fetch("count_suspense", snapshot.account_id)
    return Verdict(
        taken_at=snapshot.taken_at,
        database=snapshot.database,
        account_id=snapshot.account_id,
        period=snapshot.period,
        conservation=await _conservation(snapshot),
        in_flight=await _in_flight(snapshot),
        on_the_way=[OnTheWay(**row) for row in await snapshot.fetch("sum_in_flight")],
        checks=await _checks(snapshot, log, extents, before, random, tell),
        waiting=_waiting(extents, positions, await snapshot.fetch("count_undone")),
        suspense={row["reason"]: row["legs"] for row in suspense},
    )


async def _checks(
    snapshot: Snapshot, log: Log, extents: Extents, before: Extents, random: Random, tell: Tell
) -> list[CheckResult]:
    tell("comparing base rows")
    results = await run_checks(snapshot)
    results.append(await run_effects_check(snapshot))
    tell("rating a sample again")
    results.append(await run_rating_check(snapshot, random))
    tell("comparing messages with rows")
    results.append(await run_messages_check(snapshot, log, before))
    reads = input_topics()
    for service in SERVICES:
        tell(f"checking fates, lanes, rights, bounds and audit log of {service}")
        read = {place: extent for place, extent in extents.items() if place[0] in reads[service]}
        results += await run_checks_of(snapshot, service, read)
        results.append(await run_bounds_check(snapshot, service))
        results.append(await run_audit_check(snapshot, service))
    return results


async def _conservation(snapshot: Snapshot) -> list[Conserved]:
    rows = await snapshot.fetch("list_conservation", snapshot.account_id, snapshot.period)
    sides = ("upstream", "downstream", "in_flight")
    return [
        Conserved(
            flow=row["flow"],
            account_id=row["account_id"],
            currency=row["currency"],
            booked_period=row["booked_period"],
            **{
                side: Sums(
                    records=row[f"{side}_records"],
                    amount=row[f"{side}_amount"],
                    calls=row[f"{side}_calls"],
                    billed_s=row[f"{side}_billed_s"],
                )
                for side in sides
            },
        )
        for row in rows
    ]


async def _in_flight(snapshot: Snapshot) -> list[InFlight]:
    rows = await snapshot.fetch("list_in_flight", IN_FLIGHT_LISTED)
    return [InFlight(**{**row, "id": str(row["id"])}) for row in rows]


def _positions(rows: Sequence[Connection]) -> Positions:
    return {(row["service"], row["topic"], row["partition"]): row["next_offset"] for row in rows}


def _waiting(extents: Extents, positions: Positions, undone: Sequence[Connection]) -> list[Waiting]:
    """What is not read or not done, so that a reader knows what the sums do not show yet."""
    found = []
    for service, names in input_topics().items():
        for name in names:
            unread = sum(
                extent.end - max(extent.start, positions.get((service, *place), extent.start))
                for place, extent in extents.items()
                if place[0] == name
            )
            if unread > 0:
                found.append(Waiting(service=service, what="unread", topic=name, records=unread))
    return found + [Waiting(**row) for row in undone if row["records"]]


async def _settle(postgres_dsn: str, log: Log, wait_s: float) -> None:
    """Until nothing is unread or undone, twice in a row, or the time is over: the proof says what it finds."""
    deadline_s = monotonic_s() + wait_s
    try:
        connection = await asyncpg.connect(postgres_dsn, timeout=20)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(f"the database does not answer: {error or type(error).__name__}") from error
    quiet = 0
    try:
        while quiet < 2 and monotonic_s() < deadline_s:
            names = {name for names in input_topics().values() for name in names}
            try:
                # In the order of the way: what moves on between two looks is seen by the later one.
                positions = _positions(await connection.fetch(QUERIES["list_positions"]))
                undone = await connection.fetch(QUERIES["count_undone"])
            except asyncpg.UndefinedTableError:
                return
            quiet = 0 if _waiting(await log.extents(names), positions, undone) else quiet + 1
            await asyncio.sleep(POLL_S)
    finally:
        await connection.close(timeout=5)
