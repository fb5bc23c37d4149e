"""Fields of a platform's record, read strictly: what cannot be read is a fault that names the field."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:?[0-9]{2})", re.ASCII
)
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,9})?", re.ASCII)
_NOT_VISIBLE = re.compile(r"[^!-~]")


class FieldFault(ValueError):
    """A field that must be readable is not; the message names the field, never its value."""


UNREADABLE = (FieldFault, OverflowError)
"""What reading a record raises: a duration of ages and a time at the end of time overflow the calendar."""


def text(fields: Mapping[str, object], name: str) -> str | None:
    """The text of a field, a whole number as text too; None where it is absent, null or empty."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise FieldFault(f"{name} is not a text")
    return str(value).strip() or None


def needed(fields: Mapping[str, object], name: str) -> str:
    """The text of a field that every record has."""
    value = text(fields, name)
    if value is None:
        raise FieldFault(f"{name} is missing")
    return value


def instant(fields: Mapping[str, object], name: str) -> datetime | None:
    """The instant of an RFC 3339 text in UTC, cut to microseconds; None where it is absent."""
    value = text(fields, name)
    if value is None:
        return None
    if _INSTANT.fullmatch(value) is None:
        raise FieldFault(f"{name} is not an instant like 2024-04-29T17:30:43Z")
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise FieldFault(f"{name} is not an instant that exists") from error


def number(fields: Mapping[str, object], name: str) -> Decimal | None:
    """A number that is not negative, written as one or as a text; None where it is absent."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or _NUMBER.fullmatch(str(value)) is None:
        raise FieldFault(f"{name} is not a number of at most 18 digits")
    return Decimal(str(value))


def whole(fields: Mapping[str, object], name: str) -> int | None:
    """A whole number that is not negative; None where it is absent."""
    value = number(fields, name)
    if value is not None and value != int(value):
        raise FieldFault(f"{name} is not a whole number")
    return None if value is None else int(value)


def part(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    """An object within the record; empty where it is absent or null."""
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FieldFault(f"{name} is not an object")
    return value


def parts(fields: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    """A list of objects within the record; empty where it is absent or null."""
    value = fields.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise FieldFault(f"{name} is not a list of objects")
    return value


def identifier(written: str) -> str:
    """The text as an id of the contract: characters that are not visible ASCII become `_`, 128 at most."""
    return _NOT_VISIBLE.sub("_", written)[:128]


def optional_identifier(written: str | None) -> str | None:
    """The text as an id of the contract, or None."""
    return identifier(written) if written else None
