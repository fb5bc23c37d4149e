"""What was answered to a POST with an Idempotency-Key."""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import Connection
from services.portal.store import QUERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRequest:
    """A request under a key. status: None while it is being worked on."""

    request_hash: bytes
    status: int | None
    headers: str | None
    body: bytes | None
    created_at: datetime


async def insert_idempotency_key(
    connection: Connection, account_id: str, caller_id: str, key: str, request_hash: bytes, at: datetime
) -> bool:
    """Whether the key is new."""
    new = await connection.fetchval(QUERIES["insert_idempotency_key"], account_id, caller_id, key, request_hash, at)
    return new is not None


async def find_idempotency_key(
    connection: Connection, account_id: str, caller_id: str, key: str
) -> KnownRequest | None:
    """What is known of a key."""
    row = await connection.fetchrow(QUERIES["find_idempotency_key"], account_id, caller_id, key)
    return None if row is None else KnownRequest(**row)


async def update_idempotency_key(
    connection: Connection, account_id: str, caller_id: str, key: str, *, status: int, headers: str, body: bytes
) -> None:
    """Keep the answer."""
    await connection.execute(QUERIES["update_idempotency_key"], account_id, caller_id, key, status, headers, body)


async def delete_idempotency_key(connection: Connection, account_id: str, caller_id: str, key: str) -> None:
    """Forget a request that reached nobody."""
    await connection.execute(QUERIES["delete_idempotency_key"], account_id, caller_id, key)
