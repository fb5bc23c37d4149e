"""`python -m tests.hostile`: the long runs of both fuzzes, on a database of their own.

Every operation of the OpenAPI document as every role by Schemathesis, and everything of another account asked for
in every place where an id can stand. Exits 1 when anything was found.
"""

import argparse
import asyncio
import random
import sys
import time

from tests.hostile.callers import CALLERS
from tests.hostile.conformance import PHASES, Ordered, conform
from tests.hostile.isolation import hunt
from tests.hostile.stripped import stripped_queries
from tests.hostile.world import every_service, world_on
from tests.support.databases import Databases
from tests.support.stack import find_postgres

PARTS = ("conformance", "isolation", "row-level-security")


def options() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--part", choices=("all", *PARTS), default="all")
    parser.add_argument("--examples", type=int, default=1000, help="of each operation and role (default 1000)")
    parser.add_argument(
        "--role", action="append", choices=("all", *CALLERS), help="may be given again; default all"
    )
    parser.add_argument("--phases", default=",".join(PHASES), help="of Schemathesis, by commas (default all four)")
    parser.add_argument(
        "--requests", type=int, default=50_000, help="of each hunt across accounts (default 50,000)"
    )
    parser.add_argument("--workers", type=int, default=2, help="of Schemathesis")
    parser.add_argument("--seed", type=int, default=random.randrange(1, 10**6), help="drawn when not given")
    return parser.parse_args()


async def run(asked: argparse.Namespace, databases: Databases) -> bool:
    """Whether nothing was found."""
    parts = PARTS if asked.part == "all" else (asked.part,)
    clean = True
    if "isolation" in parts:
        clean &= await _hunt(databases, asked, "isolation")
    if "row-level-security" in parts:
        with stripped_queries() as conditions:
            _tell(f"{conditions} account conditions taken out of the statements")
            clean &= await _hunt(databases, asked, "row-level security alone")
    if "conformance" in parts:
        clean &= await _conform(databases, asked)
    return clean


async def _hunt(databases: Databases, asked: argparse.Namespace, named: str) -> bool:
    began = time.monotonic()
    dsn = await databases.create(every_service)
    async with world_on(dsn) as world:
        outcome = await hunt(world, requests=asked.requests, seed=asked.seed)
    await databases.drop(dsn)
    _tell(f"{named}, seed {asked.seed}, {time.monotonic() - began:.0f} s: {outcome.said()}")
    return not outcome.findings


async def _conform(databases: Databases, asked: argparse.Namespace) -> bool:
    roles = asked.role or ["all"]
    ordered = Ordered(
        examples=asked.examples, phases=asked.phases.split(","), seed=asked.seed, workers=asked.workers
    )
    clean = True
    for role in CALLERS if "all" in roles else roles:
        began = time.monotonic()
        dsn = await databases.create(every_service)
        async with world_on(dsn) as world:
            found = await conform(world, role, ordered)
        await databases.drop(dsn)
        _tell(f"{found.said}\n{role}: {'clean' if found.passed else 'FOUND'}, {time.monotonic() - began:.0f} s")
        clean &= found.passed
    return clean


def main() -> int:
    """Run, and say by the exit code whether anything was found."""
    asked = options()
    server = find_postgres()
    _tell(server.described)
    try:
        databases = Databases(server.address)
        return 0 if asyncio.run(run(asked, databases)) else 1
    finally:
        server.close()


def _tell(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
