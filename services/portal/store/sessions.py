"""Sessions: who is signed in, known by the hash of a cookie."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection, Pool
from contracts.values.access import AccessModel
from services.portal.store import QUERIES
from services.portal.store.accounts import access_of
from services.portal.store.people import Rights, rights_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that is good, and whose. access: what decides in their account how much of their rights counts."""

    person_id: UUID
    name: str
    sign_in_name: str
    rights: Rights
    access: AccessModel
    last_seen_at: datetime


async def find_session_account(pool: Pool, session_hash: bytes) -> str | None:
    """The account to look for a session in."""
    account: str | None = await pool.fetchval(QUERIES["find_session_account"], session_hash)
    return account


async def find_session(
    connection: Connection, account_id: str, session_hash: bytes, *, now: datetime, seen_after: datetime
) -> Session | None:
    """A session that has not ended, was used after `seen_after`, and whose person may still sign in."""
    row = await connection.fetchrow(QUERIES["find_session"], account_id, session_hash, now, seen_after)
    if row is None:
        return None
    return Session(
        person_id=row["person_id"],
        name=row["name"],
        sign_in_name=row["sign_in_name"],
        rights=rights_of(row),
        access=access_of(row["access"]),
        last_seen_at=row["last_seen_at"],
    )


async def insert_session(
    connection: Connection,
    account_id: str,
    session_hash: bytes,
    person_id: UUID,
    *,
    created_at: datetime,
    expires_at: datetime,
) -> None:
    """A new session."""
    await connection.execute(QUERIES["insert_session"], account_id, session_hash, person_id, created_at, expires_at)


async def touch_session(connection: Connection, account_id: str, session_hash: bytes, at: datetime) -> None:
    """It was used."""
    await connection.execute(QUERIES["touch_session"], account_id, session_hash, at)


async def delete_session(connection: Connection, account_id: str, session_hash: bytes) -> None:
    """Sign out here."""
    await connection.execute(QUERIES["delete_session"], account_id, session_hash)


async def delete_sessions(connection: Connection, account_id: str, person_id: UUID) -> int:
    """Sign a person out everywhere; how many sessions that were."""
    count: int = await connection.fetchval(QUERIES["delete_sessions"], account_id, person_id)
    return count


async def delete_other_sessions(
    connection: Connection, account_id: str, person_id: UUID, session_hash: bytes
) -> int:
    """Sign a person out everywhere but in this session; how many others there were."""
    count: int = await connection.fetchval(QUERIES["delete_other_sessions"], account_id, person_id, session_hash)
    return count
