"""Pools on PostgreSQL: one schema, one role, and a time limit on everything that waits."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

# asyncpg is not typed; these names say at least which is meant.
Connection: TypeAlias = Any
Pool: TypeAlias = Any

ACQUIRE_TIMEOUT_S = 10
ROLE_RETRY_S = 1

INFRASTRUCTURE_ERRORS: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.CannotConnectNowError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
"""What says that the database, not a record, is at fault: such a batch waits and is tried again."""


class UnsafeRole(RuntimeError):
    """The API's database role could read past row-level security: a superuser, an owner, or BYPASSRLS."""


async def open_pool(
    dsn: str,
    *,
    schema: str,
    application_name: str,
    max_size: int,
    statement_timeout_s: int = 30,
    lock_timeout_s: int = 20,
) -> Pool:
    """A pool whose connections see `schema` only and give up waiting after the limits given.

    It is empty at first, so that a service starts also while its database is away.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=max_size,
        timeout=ACQUIRE_TIMEOUT_S,
        command_timeout=statement_timeout_s + 5,
        max_inactive_connection_lifetime=300,
        server_settings={
            "search_path": schema,
            "application_name": application_name,
            "statement_timeout": f"{statement_timeout_s}s",
            "lock_timeout": f"{lock_timeout_s}s",
            "idle_in_transaction_session_timeout": f"{statement_timeout_s}s",
            "timezone": "UTC",
            "jit": "off",
        },
    )


async def refuse_unsafe_role(pool: Pool, schema: str) -> None:
    """Raise UnsafeRole when the pool's role is one that row-level security does not bind.

    Waits for a database that is away: nothing may be served before this is known.
    """
    while True:
        try:
            await _refuse_unsafe_role(pool, schema)
            return
        except INFRASTRUCTURE_ERRORS:
            await asyncio.sleep(ROLE_RETRY_S)


async def _refuse_unsafe_role(pool: Pool, schema: str) -> None:
    row = await pool.fetchrow(
        """
        SELECT r.rolsuper, r.rolbypassrls, r.rolname,
               EXISTS (SELECT FROM pg_tables t WHERE t.schemaname = $1 AND t.tableowner = r.rolname) AS owner
        FROM pg_roles r WHERE r.rolname = current_user
        """,
        schema,
    )
    if row is None or row["rolsuper"] or row["rolbypassrls"] or row["owner"]:
        raise UnsafeRole(
            f"the API role {row['rolname'] if row else '?'} may read past row-level security; "
            "give the …_API_POSTGRES_DSN of a role made by `ringledger migrate`"
        )


@asynccontextmanager
async def account_transaction(
    pool: Pool, account_id: str, units: Collection[str] | None = None
) -> AsyncIterator[Connection]:
    """A transaction of the API role in which row-level security shows `account_id` only.

    units: the only units whose rows policies show, None for all; an empty limit shows none.
    """
    async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.account', $1, true)", account_id)
        if units is not None:
            limit = f"{{{','.join(sorted(units))}}}"
            await connection.execute("SELECT set_config('app.units', $1, true)", limit)
        yield connection
