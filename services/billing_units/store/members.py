"""Reads of members, many at once: who is known, where they are placed, and lists to choose from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.database import Connection
from chassis.sql import Queries
from services.billing_units.domain.placement import Placement
from services.billing_units.store.directory import placement_of

QUERIES = Queries("services.billing_units", "queries/members.sql")

Row = Mapping[str, Any]
MemberKey = tuple[str, str]
"""Kind and member: a number, a user id or a team id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersWanted:
    """Which numbers. at: the instant of their units. available: held at `at`, and in no unit then or later."""

    search: str
    country: str | None
    available: bool
    at: datetime


async def list_known_members(
    connection: Connection, account_id: str, keys: Collection[MemberKey], at: datetime
) -> set[MemberKey]:
    """Those whom the account has: users and teams that are active, numbers held at `at` or later."""
    rows = await connection.fetch(
        QUERIES["list_known_members"], account_id, [key[0] for key in keys], [key[1] for key in keys], at
    )
    return {(row["kind"], row["member"]) for row in rows}


async def list_members_placements(
    connection: Connection, account_id: str, keys: Collection[MemberKey]
) -> dict[MemberKey, list[Placement]]:
    """Where each is assigned, at any time."""
    rows = await connection.fetch(
        QUERIES["list_members_placements"], account_id, [key[0] for key in keys], [key[1] for key in keys]
    )
    found: dict[MemberKey, list[Placement]] = {}
    for row in rows:
        found.setdefault((row["member_kind"], row["member"]), []).append(placement_of(row))
    return found


async def list_numbers(
    connection: Connection, account_id: str, wanted: NumbersWanted, after: str | None, limit: int
) -> Sequence[Row]:
    """Numbers in their order, with the unit each is in."""
    query = "list_available_numbers" if wanted.available else "list_numbers"
    span = span_of(wanted.search)
    await connection.execute(QUERIES["plan_numbers_anew"])
    rows: Sequence[Row] = await connection.fetch(
        QUERIES[query], account_id, after, wanted.at, limit, wanted.search, wanted.country, *span
    )
    return rows


def span_of(search: str) -> tuple[str, str]:
    """The numbers that may hold `search`: from the first on, and before the second.

    A number has one +, in front, so a search that begins with it is for numbers that begin so.
    """
    return (search, f"{search}:") if search.startswith("+") else ("+", "+:")


async def list_users(
    connection: Connection, account_id: str, search: str, *, inactive: bool, after: str | None, limit: int
) -> Sequence[Row]:
    """Users by id whose id, name or e-mail address holds `search`."""
    rows: Sequence[Row] = await connection.fetch(QUERIES["list_users"], account_id, after, limit, search, inactive)
    return rows


async def list_teams(
    connection: Connection, account_id: str, search: str, after: str | None, limit: int
) -> Sequence[Row]:
    """Teams by id whose id or name holds `search`."""
    rows: Sequence[Row] = await connection.fetch(QUERIES["list_teams"], account_id, after, limit, search)
    return rows


async def list_team_members(
    connection: Connection, account_id: str, team_id: str, after: str | None, limit: int
) -> Sequence[Row]:
    """Every membership of a team, of the past too, by its id."""
    rows: Sequence[Row] = await connection.fetch(QUERIES["list_team_members"], account_id, team_id, after, limit)
    return rows
