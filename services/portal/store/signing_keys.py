"""The public halves of the keys that statements are signed with."""

from datetime import datetime

from chassis.database import Connection, Pool
from services.portal.domain.key_plan import KnownKey
from services.portal.store import QUERIES


async def lock_signing_keys(connection: Connection) -> None:
    """Plan keys alone until the transaction ends."""
    await connection.execute(QUERIES["lock_signing_keys"])


async def list_signing_keys(connection: Connection, now: datetime) -> list[KnownKey]:
    """Keys that are valid now or will be."""
    return [KnownKey(**row) for row in await connection.fetch(QUERIES["list_signing_keys"], now)]


async def upsert_signing_key(connection: Connection, key: KnownKey) -> None:
    """A new key, or the next version of one."""
    await connection.execute(
        QUERIES["upsert_signing_key"],
        key.key_id,
        key.version,
        key.public_key,
        key.valid_from_at,
        key.valid_until_at,
    )


async def delete_expired(pool: Pool, now: datetime, forget_before: datetime) -> int:
    """Remove what no longer counts; how many rows."""
    count: int = await pool.fetchval(QUERIES["delete_expired"], now, forget_before)
    return count
