"""Changes whose charges are to be put right: what they touched, how far the job is, the charges to look at."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.sql import Queries
from services.billing_units.domain.directory_view import PolicyChange, SplitPolicy
from services.billing_units.domain.touched import Part
from services.billing_units.store.charges import RatingKey
from services.billing_units.store.directory import Entry, EntryKind
from services.billing_units.store.views import policy_changes

QUERIES = Queries("services.billing_units", "queries/reattribution.sql")

Row = Mapping[str, Any]
FIRST_ID = str(UUID(int=0))
FORMER: Mapping[EntryKind, str] = {
    "number": "list_former_numbers",
    "membership": "list_former_memberships",
    "unit": "list_former_units",
    "assignment": "list_former_assignments",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where the job stands: parts before `part_no` (from 1) are done, of this one the charges up to (at, id)."""

    part_no: int = 1
    at: datetime | None = None
    id: str = FIRST_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Reattribution:
    """A change being put right. examined: ratings looked at; moved: those whose charges were replaced."""

    account_id: str
    reattribution_id: str
    parts: tuple[Part, ...]
    cursor: Cursor
    examined: int
    moved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRating:
    """A rating with its live charges."""

    key: RatingKey
    use_on: date
    charge_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A charge to look at: its rating, and where it stands among the charges of its part."""

    rating: RatingKey
    cursor: Cursor


async def list_accounts_with_charges(connection: Connection, account_ids: Collection[str]) -> set[str]:
    """Those of these accounts that have any charge."""
    rows = await connection.fetch(QUERIES["has_charges"], list(account_ids))
    return {row["account_id"] for row in rows}


async def list_former(connection: Connection, kind: EntryKind, entries: Sequence[Entry]) -> dict[str, Row]:
    """Entries of one kind and account as they stand, by id."""
    accounts = [entry.account_id for entry in entries]
    rows = await connection.fetch(QUERIES[FORMER[kind]], accounts, [entry.entry_id for entry in entries])
    return {row["entry_id"]: row for row in rows}


async def find_former_policy(
    connection: Connection, account_id: str
) -> tuple[SplitPolicy, tuple[PolicyChange, ...]] | None:
    """How the account's uses are split as it stands."""
    rows = await connection.fetch(QUERIES["list_former_accounts"], [account_id])
    return (rows[0]["split_policy"], policy_changes(rows[0]["split_changes"])) if rows else None


async def list_unit_subjects(
    connection: Connection, account_id: str, unit_ids: Collection[str]
) -> list[tuple[str, str, str]]:
    """(unit, kind, member) of all that was ever assigned to these units."""
    rows = await connection.fetch(QUERIES["list_unit_subjects"], account_id, list(unit_ids))
    return [(row["unit_id"], row["member_kind"], row["member"]) for row in rows]


async def list_team_users(
    connection: Connection, account_id: str, team_ids: Collection[str]
) -> list[tuple[str, str]]:
    """(team, user) of all who were ever in these teams."""
    rows = await connection.fetch(QUERIES["list_team_users"], account_id, list(team_ids))
    return [(row["team_id"], row["user_id"]) for row in rows]


async def list_shared_users(connection: Connection, account_id: str) -> list[str]:
    """Users who were ever in more than one unit."""
    rows = await connection.fetch(QUERIES["list_shared_users"], account_id)
    return [row["user_id"] for row in rows]


async def insert_reattribution(
    connection: Connection,
    account_id: str,
    reattribution_id: str,
    directory_revision: int,
    author: str,
    parts: Sequence[Part],
    recorded_at: datetime,
) -> None:
    """Remember a change whose charges are to be looked at."""
    await connection.execute(
        QUERIES["insert_reattribution"],
        account_id,
        reattribution_id,
        directory_revision,
        author,
        [part.kind for part in parts],
        [part.member for part in parts],
        [part.from_at for part in parts],
        [part.until_at for part in parts],
        recorded_at,
    )


async def list_undone(connection: Connection, limit: int) -> list[str]:
    """Accounts with something to put right, the longest waiting first."""
    rows = await connection.fetch(QUERIES["list_undone"], limit)
    return [row["account_id"] for row in rows]


async def lock_undone(connection: Connection, account_id: str) -> Reattribution | None:
    """The account's oldest change not put right, locked; None when there is none or another process has it."""
    row = await connection.fetchrow(QUERIES["lock_undone"], account_id)
    if row is None:
        return None
    cursor_id = FIRST_ID if row["cursor_id"] is None else str(row["cursor_id"])
    return Reattribution(
        account_id=account_id,
        reattribution_id=str(row["reattribution_id"]),
        parts=parts_of(row),
        cursor=Cursor(part_no=row["part_no"], at=row["cursor_at"], id=cursor_id),
        examined=row["examined"],
        moved=row["moved"],
    )


def parts_of(row: Row) -> tuple[Part, ...]:
    """The parts that a change touched."""
    columns = ("part_kinds", "part_members", "part_from_at", "part_until_at")
    return tuple(
        Part(kind=kind, member=member, from_at=from_at, until_at=until_at)
        for kind, member, from_at, until_at in zip(*(row[column] for column in columns), strict=True)
    )


async def find_parts(connection: Connection, account_id: str) -> tuple[Part, ...]:
    """What the last change of the account's directory touched, seen from within its transaction."""
    row = await connection.fetchrow(QUERIES["get_parts"], account_id)
    return () if row is None else parts_of(row)


async def update_progress(connection: Connection, item: Reattribution, finished_at: datetime | None) -> None:
    """Store how far the job has come; finished_at: when all is put right."""
    await connection.execute(
        QUERIES["update_progress"],
        item.account_id,
        item.reattribution_id,
        "running" if finished_at is None else "done",
        item.cursor.part_no,
        item.cursor.at,
        item.cursor.id,
        item.examined,
        item.moved,
        finished_at,
    )


async def list_candidates(
    connection: Connection, account_id: str, part: Part, cursor: Cursor, limit: int
) -> list[Candidate]:
    """Charges of a part after the cursor, by their instants."""
    rows = await connection.fetch(
        QUERIES[f"list_charges_of_{part.kind}"],
        account_id,
        part.member,
        part.from_at,
        part.until_at,
        cursor.at or part.from_at,
        cursor.id,
        limit,
    )
    return [
        Candidate(
            rating=(account_id, str(row["usage_id"]), row["rating_revision"]),
            cursor=Cursor(part_no=cursor.part_no, at=row["occurred_at"], id=str(row["charge_id"])),
        )
        for row in rows
    ]


async def list_live_ratings(connection: Connection, keys: Collection[RatingKey], *, lock: bool) -> list[LiveRating]:
    """Those of these ratings that have live charges, in key order; lock: until the transaction ends."""
    ordered = sorted(keys)
    rows = await connection.fetch(
        QUERIES["lock_live_allocations" if lock else "list_live_allocations"],
        [key[0] for key in ordered],
        [key[1] for key in ordered],
        [key[2] for key in ordered],
    )
    return [
        LiveRating(
            key=(row["account_id"], str(row["usage_id"]), row["rating_revision"]),
            use_on=row["use_on"],
            charge_ids=tuple(str(charge_id) for charge_id in row["charge_ids"]),
        )
        for row in rows
    ]


async def list_whole_charges(
    connection: Connection, account_id: str, ratings: Sequence[LiveRating]
) -> dict[RatingKey, list[Row]]:
    """The live charges of ratings, in order of their units, with all that they repeat of their uses."""
    rows = await connection.fetch(
        QUERIES["list_whole_charges"],
        account_id,
        sorted({rating.use_on for rating in ratings}),
        [charge_id for rating in ratings for charge_id in rating.charge_ids],
    )
    found: dict[RatingKey, list[Row]] = {}
    for row in rows:
        found.setdefault((account_id, str(row["usage_id"]), row["rating_revision"]), []).append(row)
    return found


async def update_moved(connection: Connection, moved: Sequence[tuple[RatingKey, int, Sequence[str]]]) -> None:
    """Store, of locked ratings, the allocation revision and the charges that are live now."""
    await connection.executemany(
        QUERIES["update_moved_allocation"],
        [(*key, revision, list(charge_ids)) for key, revision, charge_ids in moved],
    )


async def list_reattributions(
    connection: Connection, account_id: str, before: int | None, limit: int
) -> Sequence[Row]:
    """Changes put right or to be, newest first."""
    rows: Sequence[Row] = await connection.fetch(QUERIES["list_reattributions"], account_id, before, limit)
    return rows
