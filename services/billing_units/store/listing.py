"""Reads that answer the API; every one names its account, and row-level security stands beneath."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries

QUERIES = Queries("services.billing_units", "queries/listing.sql")

Row = Mapping[str, Any]
FROM_THE_START = (datetime(1970, 1, 1, tzinfo=UTC), str(UUID(int=0)))
"""Comes before every charge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeFilter:
    """Which charges: of one unit, of none (`unassigned`), or all; of use days in [from_on, until_on).

    only: the units that may be seen, None for all and what is unassigned.
    """

    unit_id: str | None
    unassigned: bool
    from_on: date
    until_on: date
    only: frozenset[str] | None = None


async def find_account(connection: Connection, account_id: str) -> Row | None:
    """The account with its directory's revision."""
    row: Row | None = await connection.fetchrow(QUERIES["find_account"], account_id)
    return row


async def find_unit(connection: Connection, account_id: str, unit_id: str) -> Row | None:
    """One unit, None when the account has no such unit."""
    row: Row | None = await connection.fetchrow(QUERIES["find_unit"], account_id, unit_id)
    return row


async def list_assignments(
    connection: Connection,
    account_id: str,
    after: str | None,
    limit: int,
    *,
    unit_id: str | None,
    member: str | None,
) -> Sequence[Row]:
    """Assignments in order of their ids, of one unit or member when asked."""
    rows: Sequence[Row] = await connection.fetch(
        QUERIES["list_assignments"], account_id, after, unit_id, member, limit
    )
    return rows


async def find_assignment(connection: Connection, account_id: str, assignment_id: str) -> Row | None:
    """One assignment, None when the account has no such assignment."""
    row: Row | None = await connection.fetchrow(QUERIES["find_assignment"], account_id, assignment_id)
    return row


async def list_charges(
    connection: Connection,
    account_id: str,
    wanted: ChargeFilter,
    after: tuple[datetime, str] | None,
    limit: int,
) -> Sequence[Row]:
    """Charges by end of use."""
    query = "list_charges_of_account"
    unit: tuple[str | list[str], ...] = ()
    if wanted.only is not None:
        asked = wanted.only if wanted.unit_id is None else wanted.only & {wanted.unit_id}
        query, unit = "list_charges_of_units", ([] if wanted.unassigned else sorted(asked),)
    elif wanted.unassigned:
        query = "list_charges_of_nobody"
    elif wanted.unit_id is not None:
        query, unit = "list_charges_of_unit", (wanted.unit_id,)
    rows: Sequence[Row] = await connection.fetch(
        QUERIES[query],
        account_id,
        wanted.from_on,
        wanted.until_on,
        *(after or FROM_THE_START),
        limit,
        *unit,
    )
    return rows
