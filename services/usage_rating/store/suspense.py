"""Legs that wait for a price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chassis.database import Connection
from services.usage_rating.store.queries import QUERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseRow:
    """A leg that waits for a price."""

    account_id: str
    usage_id: str
    revision: int
    month: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedCall:
    """A suspended leg with the call to be priced."""

    suspense: SuspenseRow
    source: str
    event_id: str
    call: bytes


async def insert_suspense(connection: Connection, rows: Sequence[SuspenseRow], recorded_at: datetime) -> None:
    """Put legs in suspense."""
    await connection.execute(
        QUERIES["insert_suspense"],
        [row.account_id for row in rows],
        [row.usage_id for row in rows],
        [row.revision for row in rows],
        [row.month for row in rows],
        [row.reason for row in rows],
        [recorded_at] * len(rows),
    )


async def delete_suspense(connection: Connection, keys: Iterable[tuple[str, str]]) -> None:
    """Take legs out of suspense; those that are not in it are left alone."""
    await connection.executemany(QUERIES["delete_suspense"], list(keys))


async def list_suspended(connection: Connection, account_id: str, after: str, limit: int) -> list[SuspendedCall]:
    """Suspended legs of an account in the order of their usage ids, after one of them."""
    rows = await connection.fetch(QUERIES["list_suspended"], account_id, after, limit)
    return [
        SuspendedCall(
            suspense=SuspenseRow(
                account_id=row["account_id"],
                usage_id=str(row["usage_id"]),
                revision=row["revision"],
                month=row["month"],
                reason=row["reason"],
            ),
            source=row["source"],
            event_id=row["event_id"],
            call=row["call"],
        )
        for row in rows
    ]
