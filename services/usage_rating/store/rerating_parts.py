"""The parts of a re-rating, and what each would change: found by the preview, posted once approved."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from chassis.database import Connection
from services.usage_rating.domain.rerating import slice_ids
from services.usage_rating.store.legs import LegRow
from services.usage_rating.store.queries import QUERIES
from services.usage_rating.store.reratings import Rerating

Row = Mapping[str, Any]


class Part(NamedTuple):
    """A part that a worker has. after_id, after_revision: the last use that was handled; last_id: of the part."""

    month: date
    slice: int
    after_id: str
    after_revision: int
    last_id: str


class StoredRating(NamedTuple):
    """A use as it came, with its live rating. published: the data of the rating's message."""

    usage_id: UUID
    revision: int
    occurred_at: datetime
    call: bytes
    rated_usage_id: UUID
    amount: Decimal
    published: bytes


class ChangeRow(NamedTuple):
    """What would change, in the order of COPY. reason: why it cannot be priced again; then nothing is after."""

    account_id: str
    rerating_id: str
    month: date
    usage_id: UUID
    revision: int
    rated_usage_id: UUID
    occurred_at: datetime
    direction: str
    own_number: str | None
    user_id: str | None
    destination: str | None
    amount_before: Decimal
    amount_after: Decimal | None
    plan_id_before: str | None
    plan_version_before: int | None
    plan_id_after: str | None
    plan_version_after: int | None
    reason: str | None


class ChangeToPost(NamedTuple):
    """A change that was approved: the rating to be replaced, and what the use is to cost."""

    usage_id: str
    revision: int
    rated_usage_id: str
    amount_after: Decimal


class UseToRate(NamedTuple):
    """A use as it came, with its live rating as published."""

    usage_id: str
    source: str
    call: bytes
    published: bytes


async def lock_part_to_preview(connection: Connection, item: Rerating) -> Part | None:
    """A part whose uses were not all looked at; None when there is none or other workers have them."""
    row = await connection.fetchrow(QUERIES["lock_part_to_preview"], item.asked.account_id, item.rerating_id)
    return None if row is None else _part(row, row["preview_id"], row["preview_revision"] or 0)


async def lock_part_to_post(connection: Connection, item: Rerating) -> Part | None:
    """A part whose changes were not all posted; None when there is none or other workers have them."""
    row = await connection.fetchrow(QUERIES["lock_part_to_post"], item.asked.account_id, item.rerating_id)
    return None if row is None else _part(row, row["posted_id"], 0)


async def has_parts_left(connection: Connection, item: Rerating, *, to_post: bool) -> bool:
    """Whether any part is not done, also one that another worker has."""
    query = QUERIES["has_parts_to_post" if to_post else "has_parts_to_preview"]
    left: bool = await connection.fetchval(query, item.asked.account_id, item.rerating_id)
    return left


async def list_stored_ratings(
    connection: Connection, item: Rerating, part: Part, limit: int
) -> tuple[list[StoredRating], tuple[UUID, int] | None]:
    """Live ratings among the next uses of a part, and where to go on; None when those were the last."""
    asked = item.asked
    rows = await connection.fetch(
        QUERIES["list_stored_ratings"],
        asked.account_id,
        part.month,
        part.after_id,
        part.after_revision,
        part.last_id,
        limit,
        asked.from_at,
        asked.to_at,
    )
    last = (rows[-1]["usage_id"], rows[-1]["revision"]) if len(rows) == limit else None
    return [StoredRating(*row.values()) for row in rows if row["rated_usage_id"] is not None], last


async def insert_changes(connection: Connection, rows: Sequence[ChangeRow]) -> None:
    """COPY what would change."""
    await connection.copy_records_to_table("rerating_change", columns=ChangeRow._fields, records=rows)


async def update_part_previewed(
    connection: Connection, item: Rerating, part: Part, last: tuple[UUID, int] | None, examined: int
) -> None:
    """Store how far the preview of a part is. last: the use it has come to, None when it is whole."""
    after_id, revision = last or (part.last_id, 0)
    await connection.execute(
        QUERIES["update_part_previewed"],
        item.asked.account_id,
        item.rerating_id,
        part.month,
        part.slice,
        last is None,
        after_id,
        revision,
        examined,
    )


async def list_changes_to_post(
    connection: Connection, item: Rerating, part: Part, limit: int
) -> list[ChangeToPost]:
    """The next changes of a part."""
    rows = await connection.fetch(
        QUERIES["list_changes_to_post"],
        item.asked.account_id,
        item.rerating_id,
        part.after_id,
        part.last_id,
        part.month,
        limit,
    )
    return [
        ChangeToPost(str(row["usage_id"]), row["revision"], str(row["rated_usage_id"]), row["amount_after"])
        for row in rows
    ]


async def list_uses_to_rate(
    connection: Connection, account_id: str, month: date, legs: Sequence[LegRow]
) -> list[UseToRate]:
    """The uses of locked legs that have a live rating; in no order."""
    rows = await connection.fetch(
        QUERIES["list_uses_to_rate_anew"],
        account_id,
        month,
        _array([leg.usage_id for leg in legs]),
        _array([str(leg.revision) for leg in legs]),
        _array([leg.live_rated_usage_id or "NULL" for leg in legs]),
        _array(["NULL" if leg.live_month is None else leg.live_month.isoformat() for leg in legs]),
    )
    return [UseToRate(str(row["usage_id"]), row["source"], row["call"], row["published"]) for row in rows]


async def update_legs_rated(connection: Connection, account_id: str, legs: Sequence[LegRow]) -> None:
    """Store the ratings of locked legs that are live now."""
    await connection.execute(
        QUERIES["update_legs_rated"],
        account_id,
        _array([leg.usage_id for leg in legs]),
        _array([str(leg.rating_revision) for leg in legs]),
        _array([leg.live_rated_usage_id or "NULL" for leg in legs]),
        _array(["NULL" if leg.live_month is None else leg.live_month.isoformat() for leg in legs]),
    )


async def update_part_posted(
    connection: Connection, item: Rerating, part: Part, last_id: str | None, posted: int, skipped: Sequence[str]
) -> None:
    """Store how far the posting of a part is. last_id: the use it has come to, None when it is whole."""
    key = (item.asked.account_id, item.rerating_id, part.month)
    if skipped:
        await connection.execute(QUERIES["update_changes_skipped"], *key, list(skipped))
    done, posted_id = last_id is None, last_id or part.last_id
    await connection.execute(QUERIES["update_part_posted"], *key, part.slice, done, posted_id, posted, len(skipped))


def _part(row: Row, after_id: UUID | None, after_revision: int) -> Part:
    before_id, last_id = slice_ids(row["slice"])
    return Part(row["month"], row["slice"], str(after_id or before_id), after_revision, last_id)


def _array(elements: Sequence[str]) -> str:
    """PostgreSQL's text form of an array: writing it costs the client a tenth of what binary does."""
    return "{" + ",".join(elements) + "}"
