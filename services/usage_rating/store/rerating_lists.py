"""What people see of a re-rating: each change, and their sums."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from chassis.database import Connection
from services.usage_rating.store.queries import QUERIES

Row = Mapping[str, Any]
TotalKind = Literal["destination", "user", "reason"]
FIRST_CHANGE = ("00000000-0000-0000-0000-000000000000", date.min)


async def list_changes(
    connection: Connection,
    account_id: str,
    rerating_id: str,
    after: tuple[str, date],
    skipped: bool | None,
    limit: int,
) -> Sequence[Row]:
    """Changes after one of them; skipped: only those that were, or were not."""
    rows: Sequence[Row] = await connection.fetch(
        QUERIES["list_rerating_changes"], account_id, rerating_id, *after, skipped, limit
    )
    return rows


async def list_totals(
    connection: Connection, account_id: str, rerating_id: str, kind: TotalKind, after: str | None, limit: int
) -> Sequence[Row]:
    """Sums by name, from the first on or after one of them."""
    rows: Sequence[Row] = await connection.fetch(
        QUERIES["list_rerating_totals"], account_id, rerating_id, kind, after, limit
    )
    return rows
