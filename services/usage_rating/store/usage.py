"""Calls as they came and as they were rated: history that only grows."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from chassis.database import Connection
from services.usage_rating.store.queries import QUERIES
from services.usage_rating.store.suspense import RecordKind


class UsageRow(NamedTuple):
    """A revision of a use as it came, in the order of COPY; `call` is its key-sorted JSON.

    occurred_at: the charging instant. month: of the use's end.
    """

    account_id: str
    usage_id: str
    revision: int
    month: date
    source: str
    event_id: str
    record_kind: RecordKind
    call: bytes
    occurred_at: datetime


class RatedRow(NamedTuple):
    """A rating or a reversal, in the order of COPY; `published` is the data of its message."""

    account_id: str
    rated_usage_id: str
    month: date
    usage_id: str
    rating_revision: int
    kind: str
    currency: str
    amount: Decimal
    calls: int
    duration_ms: int
    billed_s: int
    booked_period: date
    published: bytes


async def find_call_revision(connection: Connection, account_id: str, usage_id: str, revision: int) -> bytes | None:
    """The content of this revision if it came before, or None."""
    found: bytes | None = await connection.fetchval(QUERIES["find_call_revision"], account_id, usage_id, revision)
    return found


async def get_published(connection: Connection, account_id: str, rated_usage_id: str, month: date) -> bytes:
    """The data of a rating's message. Raises LookupError when it is not there."""
    found: bytes | None = await connection.fetchval(QUERIES["get_published"], account_id, rated_usage_id, month)
    if found is None:
        raise LookupError(f"rated usage {rated_usage_id} of {account_id} is not in {month}")
    return found


async def insert_usage(connection: Connection, rows: Sequence[UsageRow]) -> None:
    """COPY revisions as they came."""
    await connection.copy_records_to_table("usage", columns=UsageRow._fields, records=rows)


async def insert_rated(connection: Connection, rows: Sequence[RatedRow]) -> None:
    """COPY ratings and reversals."""
    await connection.copy_records_to_table("rated_usage", columns=RatedRow._fields, records=rows)
