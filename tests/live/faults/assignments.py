"""Two hundred wishes for one number at once, sent to the running API of billing_units."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

import asyncpg
import httpx

from cli.stack.ports import free_port
from cli.stack.postgres import DEVELOPMENT_PASSWORD
from cli.stack.processes import identify, spawn, stop
from tests.support.callers import PUBLIC_KEY, Signed, a_caller
from tests.support.databases import Databases, Prepare

WISHES = 200
NUMBER = "+4930234567"
ACCOUNT = "north-star"
_NAMESPACE = UUID("2f1b1b52-1f0e-5d57-9c0e-6a4b7a1f0c11")

SEED_SQL = f"""
    INSERT INTO billing_units.directory (account_id) VALUES ('{ACCOUNT}');
    INSERT INTO billing_units.account
        (account_id, version, name, currency, zone, anchor_day, split_policy, split_changes, access, deleted,
         changed_at)
        VALUES ('{ACCOUNT}', 1, 'North Star', 'EUR', 'UTC', 1, 'equal', '[]', 'access_groups', false, now());
    INSERT INTO billing_units.number (account_id, number, version, from_at, deleted, changed_at)
        VALUES ('{ACCOUNT}', '{NUMBER}', 1, '2026-01-01', false, now());
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many wishes were granted and refused as conflicts, and how many units hold the number now."""

    granted: int
    refused: int
    holders: int


async def assign_at_once(
    databases: Databases,
    migrate: Prepare,
    folder: Path,
    *,
    variant: str | None = None,
    prepare: tuple[str, ...] = (),
) -> Outcome:
    """Ask for the number WISHES times at once, each time for another unit."""
    dsn = await databases.create(migrate)
    connection = await asyncpg.connect(dsn)
    try:
        for statement in (SEED_SQL, *prepare):
            await connection.execute(statement)
        units = [str(uuid5(_NAMESPACE, f"unit {n}")) for n in range(WISHES)]
        await connection.executemany(
            """
            INSERT INTO billing_units.unit (account_id, unit_id, version, name, name_key, deleted, changed_at)
            VALUES ($1, $2, 1, $3, $3, false, now())
            """,
            [(ACCOUNT, unit, f"unit {n}") for n, unit in enumerate(units)],
        )
        with _api(dsn, folder, variant) as port:
            statuses = await _ask(port, units)
        holders = await connection.fetchval(
            "SELECT count(DISTINCT unit_id) FROM billing_units.assignment WHERE member = $1", NUMBER
        )
    finally:
        await connection.close()
        await databases.drop(dsn)
    return Outcome(granted=statuses.count(201), refused=statuses.count(409), holders=holders)


@contextmanager
def _api(dsn: str, folder: Path, variant: str | None) -> Iterator[int]:
    """The API as a process of its own; its port."""
    port = free_port()
    role = f"ringledger_billing_units_api:{DEVELOPMENT_PASSWORD}"
    place = dsn.partition("@")[2]
    wrong = [] if variant is None else ["tests.live.faults.wrong_variant", variant]
    process = spawn(
        [sys.executable, "-m", *wrong, "services.billing_units", "--role", "api"],
        environment=dict(os.environ)
        | {
            "BILLING_UNITS_API_POSTGRES_DSN": f"postgresql://{role}@{place}",
            "BILLING_UNITS_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "BILLING_UNITS_OPERATOR_PUBLIC_KEY": PUBLIC_KEY,
            "BILLING_UNITS_HTTP_PORT": str(port),
        },
        log_file=folder / f"api-{variant}.log",
        directory=Path(__file__).parents[3],
    )
    try:
        yield port
    finally:
        stop(identify(process.pid), grace_s=10)
        process.wait(timeout=10)


async def _ask(port: int, units: list[str]) -> list[int]:
    auth = Signed(caller=a_caller(ACCOUNT), audience="billing_units")
    limits = httpx.Limits(max_connections=WISHES)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", auth=auth, limits=limits, timeout=60
    ) as client:
        await _until_ready(client)

        async def wish(unit: str) -> int:
            body = {"unit_id": unit, "member_kind": "number", "member": NUMBER, "from_at": "2026-02-01T00:00:00Z"}
            return (await client.post("/api/v1/assignments", json=body)).status_code

        return list(await asyncio.gather(*(wish(unit) for unit in units)))


async def _until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                # No broker is here to read portal's keys from; the operator's statements need none.
                checks = (await client.get("/readyz", params={"verbose": ""})).json()["checks"]
                if checks["database"] == "ok":
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)
