"""Reads of billing units with what is in them: counts, persons with their teams, dated members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from chassis.database import Connection
from chassis.sql import Queries

QUERIES = Queries("services.billing_units", "queries/unit_lists.sql")

Row = Mapping[str, Any]
Sort = Literal["name", "users", "numbers"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitsWanted:
    """Which units, and how. search: a name's key or part of one. at: when members are counted.

    only: the units that may be seen, None for all.
    """

    search: str
    archived: bool
    at: datetime
    sort: Sort
    only: frozenset[str] | None = None


async def list_units(
    connection: Connection, account_id: str, wanted: UnitsWanted, after: tuple[str | int, str] | None, limit: int
) -> Sequence[Row]:
    """Units by name, or those with most users or numbers first.

    after: the name's key or the count, and the unit, of the last one shown.
    """
    await connection.execute(QUERIES["plan_anew"])
    only = None if wanted.only is None else sorted(wanted.only)
    common = (account_id, wanted.search, wanted.archived, wanted.at, *(after or (None, None)), limit, only)
    rows: Sequence[Row] = await connection.fetch(QUERIES[f"list_units_by_{wanted.sort}"], *common)
    return rows


async def list_unit_users(
    connection: Connection, account_id: str, unit_id: str, at: datetime, after: str | None, limit: int
) -> Sequence[Row]:
    """Persons in a unit at an instant, each once, with the teams they come through."""
    await connection.execute(QUERIES["plan_anew"])
    rows: Sequence[Row] = await connection.fetch(QUERIES["list_unit_users"], account_id, unit_id, at, after, limit)
    return rows


async def list_unit_members(
    connection: Connection,
    account_id: str,
    unit_id: str,
    kind: str | None,
    after: tuple[str, str, str] | None,
    limit: int,
) -> Sequence[Row]:
    """Everything ever assigned to a unit, by kind and member."""
    rows: Sequence[Row] = await connection.fetch(
        QUERIES["list_unit_members"], account_id, unit_id, kind, *(after or (None, None, None)), limit
    )
    return rows


async def list_lasting_assignments(
    connection: Connection, account_id: str, unit_id: str, beyond: datetime
) -> Sequence[Row]:
    """What is assigned to a unit beyond an instant."""
    rows: Sequence[Row] = await connection.fetch(QUERIES["list_lasting_assignments"], account_id, unit_id, beyond)
    return rows
