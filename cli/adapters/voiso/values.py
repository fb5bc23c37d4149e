"""Values of one record, found and read as the mapping says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from cli.adapters import fields
from cli.adapters.fields import FieldFault
from cli.adapters.local_times import local_instant
from cli.adapters.voiso.mapping import FieldMapping

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK = re.compile(r"([0-9]{1,4}):([0-5][0-9]):([0-5][0-9])", re.ASCII)
_UNIT: Final = {"seconds": 1_000, "milliseconds": 1}
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """A record under its mapping; `what` below is a key of the mapping's fields."""

    record: Mapping[str, object]
    mapping: FieldMapping
    zone: ZoneInfo

    def name(self, what: str) -> str | None:
        """The record's own name for it, with dots, or None where the mapping says none."""
        name: str | None = getattr(self.mapping.fields, what)
        return name

    def text(self, what: str) -> str | None:
        """Its text, or None where it is absent. Raises FieldFault."""
        holder, last = self._holder(what)
        return fields.text(holder, last) if last else None

    def needed(self, what: str) -> str:
        """Its text. Raises FieldFault where it is absent."""
        value = self.text(what)
        if value is None:
            raise FieldFault(f"{self.name(what)} is missing")
        return value

    def instant(self, what: str) -> datetime | None:
        """Its instant in UTC, or None where it is absent. Raises FieldFault."""
        holder, last = self._holder(what)
        if not last:
            return None
        if self.mapping.instants == "epoch":
            seconds = fields.number(holder, last)
            return None if seconds is None else _of_epoch(seconds, last)
        if self.mapping.instants == "rfc3339":
            return fields.instant(holder, last)
        local = fields.text(holder, last)
        return None if local is None else local_instant(local, self.zone, name=last)

    def needed_instant(self, what: str) -> datetime:
        """Its instant in UTC. Raises FieldFault where it is absent."""
        at = self.instant(what)
        if at is None:
            raise FieldFault(f"{self.name(what)} is missing")
        return at

    def duration(self, what: str) -> timedelta | None:
        """Its duration to the millisecond, a half up; None where it is absent. Raises FieldFault."""
        holder, last = self._holder(what)
        if not last:
            return None
        if self.mapping.durations == "clock":
            written = fields.text(holder, last)
            return None if written is None else _of_clock(written, last)
        value = fields.number(holder, last)
        if value is None:
            return None
        return int(value * _UNIT[self.mapping.durations] + Decimal("0.5")) * _MILLISECOND

    @staticmethod
    def milliseconds(duration: timedelta) -> int:
        """A duration in ms."""
        return duration // _MILLISECOND

    def _holder(self, what: str) -> tuple[Mapping[str, object], str]:
        """The object that holds it and its name there; an empty name where the mapping says none."""
        *path, last = (self.name(what) or "").split(".")
        holder = self.record
        for step in path:
            holder = fields.part(holder, step)
        return holder, last


def _of_epoch(seconds: Decimal, name: str) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
    except OverflowError as error:
        raise FieldFault(f"{name} is not an instant that exists") from error


def _of_clock(written: str, name: str) -> timedelta:
    match = _CLOCK.fullmatch(written)
    if match is None:
        raise FieldFault(f"{name} is not a duration like 00:01:05")
    hours, minutes, seconds = map(int, match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
