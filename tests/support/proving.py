"""Helps tests ask for a verdict and read it."""

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

from cli.verify import Verdict, run
from tests.support.way_of_a_call import WayOfACall

SETTLED_S = 60


async def settled(way: WayOfACall) -> Verdict:
    """The verdict once everything is read and published."""
    verdict = await run(postgres_dsn=way.dsn, kafka_bootstrap_servers=way.kafka, wait_s=SETTLED_S)
    assert verdict.settled, (verdict.waiting, verdict.on_the_way)
    return verdict


async def proven(way: WayOfACall) -> Verdict:
    """The verdict as things stand."""
    return await run(postgres_dsn=way.dsn, kafka_bootstrap_servers=way.kafka)


async def until(way: WayOfACall, reached: Callable[[Verdict], bool]) -> Verdict:
    """The first verdict that is as wanted."""
    for _ in range(SETTLED_S):
        verdict = await proven(way)
        if reached(verdict):
            return verdict
        await asyncio.sleep(0.5)
    raise AssertionError((verdict.waiting, verdict.on_the_way, broken(verdict)))


def broken(verdict: Verdict) -> dict[str, Any]:
    """What does not hold, by name."""
    return {
        f"{check.service or 'all'}: {check.name}": check.rows for check in verdict.checks if not check.holds
    } | {f"{line.flow} {line.booked_period}": [line] for line in verdict.conservation if not line.holds}


def names(verdict: Verdict, ids: frozenset[str]) -> bool:
    """Whether a finding holds all these ids in one row."""
    return any(
        ids <= {str(value) for value in row.values()}
        for check in verdict.checks
        if not check.holds
        for row in check.rows
    )


async def ringledger(way: WayOfACall, *command: str) -> tuple[int, str, str]:
    """The command as an operator runs it: exit code, output, complaints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", *command),
        env={
            **os.environ,
            "RINGLEDGER_POSTGRES_DSN": way.dsn,
            "RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS": way.kafka,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), SETTLED_S)
    return process.returncode or 0, output.decode(), errors.decode()
