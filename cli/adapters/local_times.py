"""Local times without an offset, made instants; one that has two instants or none is a fault."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cli.adapters.fields import FieldFault

_LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?", re.ASCII)


def is_local(written: str) -> bool:
    """Whether it is a local time: one without an offset."""
    return _LOCAL.fullmatch(written) is not None


def local_instant(written: str, zone: ZoneInfo, *, name: str) -> datetime:
    """The instant in UTC of a local time like `2024-03-05 10:00:00`.

    Raises FieldFault, naming the field, for another text, and for a time in an hour that a clock change skips
    or repeats: nothing tells which instant is meant.
    """
    if not is_local(written):
        raise FieldFault(f"{name} is not a time like 2024-03-05 10:00:00")
    try:
        local = datetime.fromisoformat(written)
        early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except (ValueError, OverflowError) as error:
        raise FieldFault(f"{name} is not a time that exists") from error
    if early != late:
        raise FieldFault(f"{name} falls into an hour that a clock change skips or repeats; write its offset")
    return early
