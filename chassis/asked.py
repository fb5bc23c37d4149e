"""Instants and days as a request writes them; Pydantic alone would take a number of seconds for either."""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field

from contracts.events.fields import EARLIEST, LATEST

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _instant(given: object) -> object:
    if isinstance(given, datetime) or (isinstance(given, str) and _INSTANT.fullmatch(given)):
        return given
    raise ValueError("an instant is written as RFC 3339 says, with its zone: 2026-10-01T00:00:00Z")


def _day(given: object) -> date:
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    if isinstance(given, str) and _DAY.fullmatch(given):
        return date.fromisoformat(given)
    raise ValueError("a day is written YYYY-MM-DD")


def _whole(given: object) -> object:
    """JSON has one kind of number: 7.0 is 7."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


WHOLE = BeforeValidator(_whole)
"""Reads a whole number of a body, whose fields are strict, as JSON Schema has it."""

Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_instant),
    Field(strict=False, ge=EARLIEST, lt=LATEST, description="In the years 2000 to 2099."),
]
"""An instant of a body or a query."""

OnDay = Annotated[
    date,
    BeforeValidator(_day),
    Field(strict=False, ge=EARLIEST.date(), lt=LATEST.date(), description="In the years 2000 to 2099."),
]
"""A calendar day of a body or a query."""
