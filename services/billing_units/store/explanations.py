"""Reads that explain a charge: what takes it back, the assignments that decided, the change that moved it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.database import Connection
from chassis.sql import Queries

QUERIES = Queries("services.billing_units", "queries/explanations.sql")

Row = Mapping[str, Any]


async def find_charge(connection: Connection, account_id: str, charge_id: str) -> Row | None:
    """One charge, None when the account has no such charge."""
    row: Row | None = await connection.fetchrow(QUERIES["find_charge"], account_id, charge_id)
    return row


async def find_mirror(connection: Connection, charge: Row) -> Row | None:
    """The charge that takes this one back, None while it is live."""
    row: Row | None = await connection.fetchrow(
        QUERIES["find_mirror"], charge["account_id"], charge["use_on"], charge["usage_id"], charge["charge_id"]
    )
    return row


async def list_deciding_assignments(
    connection: Connection,
    account_id: str,
    directory_revision: int,
    members: Sequence[tuple[str, str]],
    unit_id: str,
    at: datetime,
) -> Sequence[Row]:
    """The assignments, as they stood at a revision, that put one of these members into a unit at an instant."""
    rows: Sequence[Row] = await connection.fetch(
        QUERIES["list_deciding_assignments"],
        account_id,
        directory_revision,
        [member[0] for member in members],
        [member[1] for member in members],
        unit_id,
        at,
    )
    return rows


async def list_teams_of_user(connection: Connection, account_id: str, user_id: str, at: datetime) -> list[str]:
    """The teams a user was in at an instant."""
    rows = await connection.fetch(QUERIES["list_teams_of_user"], account_id, user_id, at)
    return [row["team_id"] for row in rows]


async def find_change(connection: Connection, account_id: str, cause_id: str) -> Row | None:
    """The change of the directory that is this cause, None when the cause is a call's revision."""
    row: Row | None = await connection.fetchrow(QUERIES["find_change"], account_id, cause_id)
    return row


async def list_assignment_versions(connection: Connection, account_id: str, assignment_id: str) -> Sequence[Row]:
    """Everything that was said of an assignment, in order."""
    rows: Sequence[Row] = await connection.fetch(QUERIES["list_assignment_versions"], account_id, assignment_id)
    return rows
