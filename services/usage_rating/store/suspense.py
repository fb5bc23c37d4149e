"""Uses that wait for a price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from chassis.database import Connection
from services.usage_rating.store.queries import QUERIES

RecordKind = Literal["call", "usage"]
"""What a record is of: a call leg, or a use that is no call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseRow:
    """A use that waits for a price."""

    account_id: str
    usage_id: str
    revision: int
    month: date
    reason: str
    record_kind: RecordKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedCall:
    """A suspended use with the record to be priced."""

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
        [row.record_kind for row in rows],
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
                record_kind=row["record_kind"],
            ),
            source=row["source"],
            event_id=row["event_id"],
            call=row["call"],
        )
        for row in rows
    ]
