"""API keys: what machines ask with, known by an id and the hash of a secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Connection, Pool
from services.portal.store import QUERIES
from services.portal.store.people import Rights, rights_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A key to be kept."""

    key_id: UUID
    name: str
    secret_hash: bytes
    rights: Rights
    created_by: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodApiKey:
    """A key that is neither revoked nor expired; its secret is still to be compared."""

    secret_hash: bytes
    rights: Rights
    last_used_at: datetime | None


async def find_api_key_account(pool: Pool, key_id: UUID) -> str | None:
    """The account to look for a key in."""
    account: str | None = await pool.fetchval(QUERIES["find_api_key_account"], key_id)
    return account


async def insert_api_key(connection: Connection, account_id: str, key: NewApiKey) -> None:
    """A new key."""
    _, groups, units = key.rights.columns()
    await connection.execute(
        QUERIES["insert_api_key"],
        account_id,
        key.key_id,
        key.name,
        key.secret_hash,
        groups,
        units,
        key.created_by,
        key.created_at,
        key.expires_at,
    )


async def find_api_key(connection: Connection, account_id: str, key_id: UUID, now: datetime) -> GoodApiKey | None:
    """A key that may be used now."""
    row = await connection.fetchrow(QUERIES["find_api_key"], account_id, key_id, now)
    if row is None:
        return None
    return GoodApiKey(secret_hash=row["secret_hash"], rights=rights_of(row), last_used_at=row["last_used_at"])


async def list_api_keys(
    connection: Connection, account_id: str, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Keys in the order in which they were made, without anything secret."""
    return [_listed(row) for row in await connection.fetch(QUERIES["list_api_keys"], account_id, after, limit)]


async def find_listed_api_key(connection: Connection, account_id: str, key_id: UUID) -> dict[str, Any] | None:
    """One key as `list_api_keys` has it."""
    row = await connection.fetchrow(QUERIES["find_listed_api_key"], account_id, key_id)
    return None if row is None else _listed(row)


def _listed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "key_id": str(row["key_id"]),
        "units": None if row["units"] is None else list(map(str, row["units"])),
    }


async def touch_api_key(connection: Connection, account_id: str, key_id: UUID, at: datetime) -> None:
    """It was used."""
    await connection.execute(QUERIES["touch_api_key"], account_id, key_id, at)


async def revoke_api_key(connection: Connection, account_id: str, key_id: UUID, at: datetime) -> bool:
    """Whether there was such a key, not revoked before."""
    return await connection.fetchval(QUERIES["revoke_api_key"], account_id, key_id, at) is not None
