"""Reads directory entries as they stand before a command changes them, for the audit log."""

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.database import Connection
from chassis.sql import Queries
from services.billing_units.store.directory import EntryKind

QUERIES = Queries("services.billing_units", "queries/auditing.sql")

Row = Mapping[str, Any]
STANDING: Mapping[EntryKind, str] = {
    "account": "list_standing_accounts",
    "user": "list_standing_users",
    "team": "list_standing_teams",
    "membership": "list_standing_memberships",
    "number": "list_standing_numbers",
    "unit": "list_standing_units",
    "assignment": "list_standing_assignments",
}


async def list_standing(
    connection: Connection, account_id: str, kind: EntryKind, entry_ids: Sequence[str]
) -> dict[str, Row]:
    """Entries of one kind as they stand, by id; those that do not exist stay out."""
    rows = await connection.fetch(QUERIES[STANDING[kind]], account_id, list(entry_ids))
    return {row["entry_id"]: row for row in rows}
