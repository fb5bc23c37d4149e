"""One repeatable-read snapshot over all services' schemas, as the administrator, with scratch tables beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from chassis.database import Connection
from chassis.sql import Queries
from contracts.topics import SERVICES

QUERIES = Queries("cli.verify", "verify.sql")
CONNECT_S = 20


class DatabaseUnavailable(RuntimeError):
    """The database does not answer, or this role may not read it."""


class NotMigrated(RuntimeError):
    """A service's schema is missing or older than this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The open snapshot. account_id, period: what the proof is narrowed to, None for all."""

    connection: Connection
    taken_at: datetime
    database: str
    account_id: str | None
    period: date | None

    async def fetch(self, query: str, *arguments: object) -> list[Any]:
        """Rows of a named query that may read every service."""
        rows: list[Any] = await self.connection.fetch(QUERIES[query], *arguments)
        return rows

    async def execute(self, query: str, *arguments: object) -> None:
        """Run a named statement on the scratch tables."""
        await self.connection.execute(QUERIES[query], *arguments)

    async def within(self, service: str) -> None:
        """Let names without a schema mean this service's tables from now on."""
        assert service in SERVICES, f"{service} is no service"
        await self.connection.execute(f"SET LOCAL search_path TO {service}, pg_temp")


@asynccontextmanager
async def open_snapshot(dsn: str, *, account_id: str | None, period: date | None) -> AsyncIterator[Snapshot]:
    """Take the snapshot. Raises DatabaseUnavailable, or NotMigrated naming what is missing.

    Row security is switched off rather than obeyed, so that a role it binds is refused and never sees half.
    """
    try:
        connection = await asyncpg.connect(
            dsn,
            timeout=CONNECT_S,
            server_settings={
                "application_name": "ringledger verify",
                "row_security": "off",
                "work_mem": "256MB",
                "jit": "off",
                # The proof compares whole tables. Right after a load the planner has no statistics yet, and
                # a nested loop over what it takes for a handful of rows ran for minutes.
                "enable_nestloop": "off",
                "timezone": "UTC",
                "search_path": "pg_temp",
            },
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise DatabaseUnavailable(f"the database does not answer: {error or type(error).__name__}") from error
    try:
        await _refuse_missing(connection)
        await connection.execute(QUERIES["make_scratch"])
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            row = await connection.fetchrow(QUERIES["get_snapshot"])
            yield Snapshot(
                connection=connection,
                taken_at=row["taken_at"],
                database=f"PostgreSQL {row['version'].split()[0]}, database {row['database']}",
                account_id=account_id,
                period=period,
            )
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InvalidSchemaNameError) as error:
        raise NotMigrated(f"the database is older than this version ({error}); run `ringledger migrate`") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise DatabaseUnavailable(
            f"this role may not read everything ({error}); give the administrator's"
        ) from error
    except (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError) as error:
        raise DatabaseUnavailable(f"the database went away: {error}") from error
    finally:
        await connection.close(timeout=5)


async def _refuse_missing(connection: Connection) -> None:
    rows = await connection.fetch(QUERIES["list_schemas"], list(SERVICES))
    missing = [service for service in SERVICES if service not in {row["nspname"] for row in rows}]
    if missing:
        raise NotMigrated(f"no schema {', '.join(missing)} in the database; run `ringledger migrate`")
