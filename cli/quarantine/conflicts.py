"""Conflicts of all services over the administrator's connection."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from chassis.audit.recording import record_change
from chassis.clock import system_random
from chassis.database import Connection
from chassis.sql import Queries
from contracts.topics import SERVICES
from contracts.values.access import Caller, CallerKind, Privilege
from contracts.values.audit import Change
from contracts.values.ids import time_ordered_id

QUERIES = Queries("cli.quarantine")
CONNECT_S = 20


class QuarantineUnavailable(RuntimeError):
    """The database does not answer, or a service's schema is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A record in quarantine. resolution: None while nobody has decided; key and value only of a single one."""

    service: str
    account_id: str
    topic: str
    partition: int
    record_offset: int
    source: str
    event_id: str
    reason: str
    recorded_at: datetime
    resolution: str | None
    resolved_by: str | None
    resolved_at: datetime | None
    record_key: bytes | None = None
    record_value: bytes | None = None

    @property
    def address(self) -> str:
        """topic/partition/offset: where the record stands in the log."""
        return f"{self.topic}/{self.partition}/{self.record_offset}"


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Connection]:
    """An administrator's connection. Raises QuarantineUnavailable."""
    try:
        connection = await asyncpg.connect(dsn, timeout=CONNECT_S, server_settings={"row_security": "off"})
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise QuarantineUnavailable(f"the database does not answer: {error or type(error).__name__}") from error
    try:
        yield connection
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError) as error:
        raise QuarantineUnavailable(f"{error}; run `ringledger migrate`") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise QuarantineUnavailable(f"this role may not ({error}); give the administrator's address") from error
    finally:
        await connection.close(timeout=5)


async def list_conflicts(
    connection: Connection, *, service: str | None, account_id: str | None, decided: bool
) -> list[Conflict]:
    """Conflicts of one service or of all; with `decided` also those that somebody has decided."""
    found = []
    for name in _services(service):
        found += await _fetch(connection, name, "list_conflicts", account_id, decided)
    return sorted(found, key=lambda conflict: conflict.recorded_at)


async def find_conflicts(connection: Connection, address: str, *, service: str | None) -> list[Conflict]:
    """The conflicts a record caused: one for each service that quarantined it, none for a wrong address."""
    topic, _, rest = address.partition("/")
    partition, _, offset = rest.partition("/")
    if not (partition.isascii() and partition.isdigit() and offset.isascii() and offset.isdigit()):
        return []
    found = []
    for name in _services(service):
        found += await _fetch(connection, name, "find_conflict", topic, int(partition), int(offset))
    return found


async def keep_first(connection: Connection, conflict: Conflict, *, by: str, at: datetime) -> bool:
    """Decide that what came first stands. False when it was decided before."""
    async with connection.transaction():
        await connection.execute(f"SET LOCAL search_path TO {conflict.service}")
        place = (conflict.account_id, conflict.topic, conflict.partition, conflict.record_offset)
        decided = bool(await connection.fetchval(QUERIES["insert_resolution"], *place, by, at))
        if decided:
            change = Change(
                action="conflict.keep-first", subject=conflict.address, after='{"resolution":"kept_first"}'
            )
            await record_change(connection, _operator(conflict.account_id, at), change, at)
        return decided


def _operator(account_id: str, at: datetime) -> Caller:
    """Who works on the database itself; the resolution tells more of who it was."""
    return Caller(
        account_id=account_id,
        kind=CallerKind.OPERATOR,
        caller_id="operator",
        privileges=frozenset({Privilege.OPERATE}),
        units=None,
        request_id=str(time_ordered_id(at, system_random)),
    )


async def _fetch(connection: Connection, service: str, query: str, *arguments: Any) -> list[Conflict]:
    async with connection.transaction(readonly=True):
        await connection.execute(f"SET LOCAL search_path TO {service}")
        return [Conflict(service=service, **row) for row in await connection.fetch(QUERIES[query], *arguments)]


def _services(service: str | None) -> Sequence[str]:
    return SERVICES if service is None else (service,)
