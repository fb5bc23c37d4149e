"""Reads and writes directory entries in their versions, many at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from chassis.database import Connection
from chassis.sql import Queries
from contracts.events.envelope import to_json
from contracts.values.unit_names import name_key
from services.billing_units.domain.directory_view import FOR_EVER
from services.billing_units.domain.placement import Placement
from services.billing_units.domain.versions import Known

QUERIES = Queries("services.billing_units", "queries/directory.sql")

EntryKind = Literal["account", "user", "team", "membership", "number", "unit", "assignment"]
EntryKey = tuple[EntryKind, str, str]
"""Kind, account, id within the account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A directory entry in one version.

    data: the statement about it. content_hash: None when a command made it without. author: who said so.
    """

    kind: EntryKind
    account_id: str
    entry_id: str
    data: Any
    content_hash: bytes | None
    author: str | None = None

    @property
    def key(self) -> EntryKey:
        """What the entry is known by."""
        return self.kind, self.account_id, self.entry_id


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedUnit:
    """A unit by its name; name_key: what names are compared by."""

    account_id: str
    unit_id: str
    name: str
    name_key: str


COLUMNS: Mapping[EntryKind, tuple[str, tuple[str, ...]]] = {
    "account": (
        "upsert_accounts",
        (
            "account_id",
            "version",
            "name",
            "currency",
            "zone",
            "anchor_day",
            "split_policy",
            "split_changes",
            "access",
            "deleted",
        ),
    ),
    "user": ("upsert_users", ("account_id", "user_id", "version", "name", "email", "deleted")),
    "team": ("upsert_teams", ("account_id", "team_id", "version", "name", "deleted")),
    "membership": (
        "upsert_team_memberships",
        ("account_id", "membership_id", "version", "team_id", "user_id", "from_at", "until_at", "deleted"),
    ),
    "number": (
        "upsert_numbers",
        ("account_id", "number", "version", "from_at", "until_at", "country", "kind", "deleted"),
    ),
    "unit": ("upsert_units", ("account_id", "unit_id", "version", "name", "name_key", "archived_at", "deleted")),
    "assignment": (
        "upsert_assignments",
        (
            "account_id",
            "assignment_id",
            "version",
            "unit_id",
            "member_kind",
            "member",
            "from_at",
            "until_at",
            "weight",
            "primary",
            "deleted",
        ),
    ),
}
"""The statement that writes each kind, and the fields it takes in their order."""


async def list_versions(connection: Connection, keys: Collection[EntryKey]) -> dict[EntryKey, Known]:
    """The versions that stand of these entries."""
    kinds, accounts, ids = zip(*keys, strict=True)
    rows = await connection.fetch(QUERIES["list_versions"], kinds, accounts, ids)
    return {
        (row["entry"], row["account_id"], row["entry_id"]): Known(
            version=row["version"], content_hash=row["content_hash"]
        )
        for row in rows
    }


async def raise_revisions(connection: Connection, changes: Mapping[str, int]) -> dict[str, int]:
    """Count changes per account; the revisions after them."""
    ordered = sorted(changes)
    rows = await connection.fetch(
        QUERIES["raise_revisions"], ordered, [changes[account_id] for account_id in ordered]
    )
    return {row["account_id"]: row["revision"] for row in rows}


async def upsert_entries(
    connection: Connection, kind: EntryKind, entries: Sequence[Entry], changed_at: datetime
) -> None:
    """Write entries of one kind, each at most once, in their new versions."""
    query, names = COLUMNS[kind]
    columns = [[_value(entry, name) for entry in entries] for name in names]
    await connection.execute(QUERIES[query], *columns, [entry.content_hash for entry in entries], changed_at)
    if kind == "assignment":
        authors = [entry.author for entry in entries]
        await connection.execute(QUERIES["insert_assignment_versions"], *columns, authors, changed_at)


def _value(entry: Entry, name: str) -> Any:
    if name == "name_key":
        return name_key(entry.data.name)
    value = getattr(entry.data, name)
    return to_json(value).decode() if name == "split_changes" else value


async def list_named_units(
    connection: Connection, names: Collection[tuple[str, str]], units: Collection[tuple[str, str]]
) -> list[NamedUnit]:
    """The units with these names, by account and key, and these units, by account and id."""
    rows = await connection.fetch(
        QUERIES["list_named_units"],
        [key[0] for key in names],
        [key[1] for key in names],
        [key[0] for key in units],
        [key[1] for key in units],
    )
    return [
        NamedUnit(
            account_id=row["account_id"], unit_id=str(row["unit_id"]), name=row["name"], name_key=row["name_key"]
        )
        for row in rows
    ]


async def list_placements(
    connection: Connection, numbers: Collection[tuple[str, str]], assignments: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[Placement]]:
    """The placements of these numbers, and those of these assignments, by account and number."""
    rows = await connection.fetch(
        QUERIES["list_placements"],
        [key[0] for key in numbers],
        [key[1] for key in numbers],
        [key[0] for key in assignments],
        [key[1] for key in assignments],
    )
    found: dict[tuple[str, str], list[Placement]] = {}
    for row in rows:
        found.setdefault((row["account_id"], row["member"]), []).append(placement_of(row))
    return found


def placement_of(row: Mapping[str, Any]) -> Placement:
    """An assignment's row as a placement."""
    return Placement(
        assignment_id=str(row["assignment_id"]),
        unit_id=str(row["unit_id"]),
        from_at=row["from_at"],
        until_at=row["until_at"] or FOR_EVER,
    )


async def list_unit_names(connection: Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Names of units, by account and unit; units not known stay out."""
    rows = await connection.fetch(QUERIES["list_unit_names"], [key[0] for key in keys], [key[1] for key in keys])
    return {(row["account_id"], str(row["unit_id"])): row["name"] for row in rows}


async def list_unit_accounts(connection: Connection, unit_ids: Collection[str]) -> dict[str, str]:
    """Whose these unit ids are; ids nobody has stay out. A tenant must never be told of another."""
    rows = await connection.fetch(QUERIES["list_unit_accounts"], list(unit_ids))
    return {str(row["unit_id"]): row["account_id"] for row in rows}


async def list_fixed_currencies(connection: Connection, account_ids: Collection[str]) -> dict[str, str]:
    """The currencies of accounts that have charges."""
    rows = await connection.fetch(QUERIES["list_fixed_currencies"], list(account_ids))
    return {row["account_id"]: row["currency"] for row in rows}
