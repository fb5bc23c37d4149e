"""Lists in pages: `{"data": [...], "next_cursor": ...}`, where a cursor holds the last key shown."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query
from fastapi.responses import Response

from chassis.web import Problem, json_answer
from contracts.events.envelope import to_json

Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=4000)]


def page(
    rows: Sequence[Mapping[str, Any]],
    limit: int,
    key: Callable[[Mapping[str, Any]], list[Any]],
    hidden: frozenset[str] = frozenset(),
) -> Response:
    """A page of at most `limit` rows from `limit + 1` that were read.

    key: what the next page begins after. hidden: columns that only the key needs.
    """
    shown = [shown_row(row) for row in rows[:limit]]
    cursor = None
    if len(rows) > limit:
        cursor = urlsafe_b64encode(to_json(key(shown[-1]))).decode()
    if hidden:
        shown = [{name: value for name, value in row.items() if name not in hidden} for row in shown]
    return json_answer({"data": shown, "next_cursor": cursor})


def shown_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the API shows it: UUIDs as text."""
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row.items()}


def after(cursor: str | None, size: int) -> list[str] | None:
    """The key in a cursor, of `size` parts; None for the first page."""
    if cursor is None:
        return None
    try:
        key = orjson.loads(urlsafe_b64decode(cursor))
    except ValueError:
        key = None
    if not isinstance(key, list) or len(key) != size or not all(map(_is_part, key)):
        raise Problem(422, "bad_cursor", "The cursor is not one that a list gave.")
    return key


def _is_part(part: object) -> bool:
    """The database takes no text with a zero byte in it, so no cursor of ours has one."""
    return isinstance(part, str) and "\0" not in part


def after_one(cursor: str | None) -> str | None:
    """The single id in a cursor."""
    key = after(cursor, 1)
    return None if key is None else key[0]


def after_uuid(cursor: str | None) -> str | None:
    """The single UUID in a cursor."""
    key = after_one(cursor)
    return None if key is None else str(as_uuid(key))


def as_uuid(text: str) -> UUID:
    """A UUID in a cursor."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Problem(422, "bad_cursor", "The cursor is not one that a list gave.") from error
