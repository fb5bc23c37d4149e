"""Re-ratings: what was asked and approved, and how far each is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from chassis.database import Connection
from contracts.events.envelope import to_json
from services.usage_rating.domain.activation import Activation
from services.usage_rating.domain.rerating import Asked, State
from services.usage_rating.store.queries import QUERIES

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerating:
    """A re-rating as it stands. course: the activations it goes by, None until its preview has begun."""

    rerating_id: str
    state: State
    asked: Asked
    course: tuple[Activation, ...] | None
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is written when a re-rating is asked for. reason: why, in the words of whoever asks."""

    rerating_id: str
    asked: Asked
    reason: str
    currency: str
    asked_by: str
    asked_at: datetime


async def insert_rerating(connection: Connection, wanted: Wanted) -> None:
    """Write down what is asked for."""
    asked = wanted.asked
    await connection.execute(
        QUERIES["insert_rerating"],
        asked.account_id,
        wanted.rerating_id,
        wanted.reason,
        asked.from_at,
        asked.to_at,
        asked.plan_id,
        asked.plan_version,
        wanted.currency,
        wanted.asked_by,
        wanted.asked_at,
    )


async def list_reratings(connection: Connection, account_id: str, before: str | None, limit: int) -> Sequence[Row]:
    """Newest first, before one of them."""
    rows: Sequence[Row] = await connection.fetch(QUERIES["list_reratings"], account_id, before, None, limit)
    return rows


async def find_rerating(connection: Connection, account_id: str, rerating_id: str) -> Row | None:
    """One as people see it, or None."""
    row: Row | None = await connection.fetchrow(QUERIES["list_reratings"], account_id, None, rerating_id, 1)
    return row


async def lock_rerating(connection: Connection, account_id: str, rerating_id: str) -> Rerating | None:
    """One, locked until the transaction ends, or None."""
    row = await connection.fetchrow(QUERIES["lock_rerating"], account_id, rerating_id)
    return None if row is None else _rerating(row)


async def list_undone_reratings(connection: Connection, limit: int) -> list[Rerating]:
    """What the job has to do, the oldest first."""
    return [_rerating(row) for row in await connection.fetch(QUERIES["list_undone_reratings"], limit)]


async def begin_rerating(
    connection: Connection, item: Rerating, course: Sequence[Activation], months: Sequence[date], slices: int
) -> None:
    """Pin what the preview goes by, and lay out its parts; nothing when another worker has done so."""
    account_id, rerating_id = item.asked.account_id, item.rerating_id
    text = to_json(list(course)).decode()
    if await connection.execute(QUERIES["begin_rerating"], account_id, rerating_id, text) == "UPDATE 1":
        await connection.execute(QUERIES["insert_rerating_parts"], account_id, rerating_id, list(months), slices)


async def end_preview(connection: Connection, item: Rerating, previewed_at: datetime) -> None:
    """Add up what was found, once no part is left."""
    await connection.execute(QUERIES["insert_rerating_totals"], item.asked.account_id, item.rerating_id)
    await connection.execute(QUERIES["end_preview"], item.asked.account_id, item.rerating_id, previewed_at)


async def approve_rerating(connection: Connection, item: Rerating, approved_by: str, approved_at: datetime) -> None:
    """Let it be posted, in the name of whoever approved it."""
    await connection.execute(
        QUERIES["approve_rerating"], item.asked.account_id, item.rerating_id, approved_by, approved_at
    )


async def cancel_rerating(connection: Connection, item: Rerating, cancelled_by: str, at: datetime) -> None:
    """Let it be: nothing of it was posted."""
    await connection.execute(QUERIES["cancel_rerating"], item.asked.account_id, item.rerating_id, cancelled_by, at)


async def begin_posting(connection: Connection, item: Rerating) -> None:
    """Say that it is being posted."""
    await connection.execute(QUERIES["begin_posting"], item.asked.account_id, item.rerating_id)


async def end_posting(connection: Connection, item: Rerating, finished_at: datetime) -> None:
    """Say that all is posted."""
    await connection.execute(QUERIES["end_posting"], item.asked.account_id, item.rerating_id, finished_at)


async def find_plan_version(
    connection: Connection, account_id: str, plan_id: str, version: int | None
) -> int | None:
    """The version asked for, or the newest, of a plan the account may use; None when there is none."""
    found: int | None = await connection.fetchval(QUERIES["find_plan_version"], account_id, plan_id, version)
    return found


def course_in(text: str) -> tuple[Activation, ...]:
    """The activations that were written down."""
    return tuple(
        Activation(**{**one, "effective_at": datetime.fromisoformat(one["effective_at"])})
        for one in orjson.loads(text)
    )


def _rerating(row: Row) -> Rerating:
    return Rerating(
        rerating_id=str(row["rerating_id"]),
        state=row["state"],
        asked=Asked(
            account_id=row["account_id"],
            from_at=row["from_at"],
            to_at=row["to_at"],
            plan_id=row["plan_id"],
            plan_version=row["plan_version"],
        ),
        course=None if row["course"] is None else course_in(row["course"]),
        changes=row["changes"],
    )
