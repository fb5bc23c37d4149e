"""Reads what numbers, users and units mean over time, for many keys at once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson

from chassis.database import Connection
from chassis.sql import Queries
from services.billing_units.domain.directory_view import (
    FOR_EVER,
    NumberHistory,
    PolicyChange,
    SplitPolicy,
    Tenure,
)

QUERIES = Queries("services.billing_units", "queries/usage.sql")

Key = tuple[str, str]
"""Account and the id of something in it."""


def policy_changes(text: str) -> tuple[PolicyChange, ...]:
    """The dated changes of a policy, in order of time, from their JSON."""
    return tuple(
        PolicyChange(from_at=datetime.fromisoformat(change["from_at"]).astimezone(UTC), policy=change["policy"])
        for change in orjson.loads(text)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A directory as it stands: its revision and how uses are split. changes: as JSON, read only when needed."""

    revision: int
    policy: SplitPolicy
    changes: str

    def policy_changes(self) -> tuple[PolicyChange, ...]:
        """The dated changes of the policy, in order of time."""
        return policy_changes(self.changes)


NO_DIRECTORY = Standing(revision=0, policy="equal", changes="[]")


async def list_standings(connection: Connection, account_ids: Collection[str]) -> dict[str, Standing]:
    """How the directory of each account that has one stands."""
    rows = await connection.fetch(QUERIES["list_revisions"], list(account_ids))
    return {
        row["account_id"]: Standing(
            revision=row["revision"], policy=row["split_policy"] or "equal", changes=row["split_changes"] or "[]"
        )
        for row in rows
    }


async def list_number_histories(connection: Connection, keys: Collection[Key]) -> dict[Key, NumberHistory]:
    """The histories of numbers that the account holds at some time."""
    rows = await connection.fetch(QUERIES["list_number_histories"], *_columns(keys))
    held: dict[Key, tuple[datetime, datetime]] = {}
    tenures: dict[Key, list[Tenure]] = {}
    for row in rows:
        key = (row["account_id"], row["number"])
        held[key] = (row["from_at"], row["until_at"] or FOR_EVER)
        found = tenures.setdefault(key, [])
        if row["unit_id"] is not None:
            found.append(_tenure(row["unit_id"], row["unit_from_at"], row["unit_until_at"]))
    return {
        key: NumberHistory(from_at=from_at, until_at=until_at, tenures=tuple(tenures[key]))
        for key, (from_at, until_at) in held.items()
    }


async def list_user_tenures(connection: Connection, keys: Collection[Key]) -> dict[Key, tuple[Tenure, ...]]:
    """The units of users over time, directly and through teams; users without any stay out."""
    rows = await connection.fetch(QUERIES["list_user_tenures"], *_columns(keys))
    tenures: dict[Key, list[Tenure]] = {}
    for row in rows:
        key = (row["account_id"], row["user_id"])
        tenure = Tenure(
            unit_id=str(row["unit_id"]),
            from_at=row["from_at"],
            until_at=row["until_at"] or FOR_EVER,
            direct=row["direct"],
            weight=row["weight"],
            primary=row["is_primary"],
        )
        tenures.setdefault(key, []).append(tenure)
    return {key: tuple(found) for key, found in tenures.items()}


async def list_unit_ends(connection: Connection, keys: Collection[Key]) -> dict[Key, datetime]:
    """When units end, FOR_EVER while they are not archived; ids that are no UUID name no unit."""
    rows = await connection.fetch(QUERIES["list_unit_ends"], *_columns(key for key in keys if _is_uuid(key[1])))
    return {(row["account_id"], str(row["unit_id"])): row["archived_at"] or FOR_EVER for row in rows}


def _columns(keys: Iterable[Key]) -> tuple[list[str], list[str]]:
    listed = list(keys)
    return [key[0] for key in listed], [key[1] for key in listed]


def _tenure(unit_id: UUID, from_at: datetime, until_at: datetime | None) -> Tenure:
    return Tenure(unit_id=str(unit_id), from_at=from_at, until_at=until_at or FOR_EVER)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
