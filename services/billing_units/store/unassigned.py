"""Reads what nobody owes yet: by number and user, with what suggests a unit."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from chassis.database import Connection
from chassis.sql import Queries

QUERIES = Queries("services.billing_units", "queries/unassigned.sql")

Row = Mapping[str, Any]
Days = tuple[date, date]
"""Use days, half-open."""


async def list_unassigned(
    connection: Connection, account_id: str, days: Days, after: tuple[Decimal, str] | None, limit: int
) -> Sequence[Row]:
    """Groups of unassigned use by number and user, dearest first; after: amount and key of the last one shown."""
    rows: Sequence[Row] = await connection.fetch(
        QUERIES["list_unassigned"], account_id, *days, *(after or (None, None)), limit
    )
    return rows


async def get_unassigned_share(connection: Connection, account_id: str, days: Days) -> Row:
    """What is unassigned beside all that was charged."""
    row: Row = await connection.fetchrow(QUERIES["get_unassigned_share"], account_id, *days)
    return row
