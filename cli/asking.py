"""What commands ask of the services' APIs; what is refused ends the command with a sentence and an exit code."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from cli.failures import BAD_INPUT, INFRASTRUCTURE, fail

PAGE = "500"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FIELD = re.compile(r"/?\b([a-z]+(?:_[a-z]+)+)\b", re.ASCII)
Row = Mapping[str, Any]
Options = Mapping[str, str]
"""What a command calls the API's fields."""


@contextmanager
def answered(options: Options | None = None) -> Iterator[None]:
    """Ends the command where a service refuses (exit 2) or cannot be reached (exit 1)."""
    from cli.service_api import Refused
    from cli.stack.processes import StackError

    try:
        yield
    except Refused as error:
        fail(in_options(str(error), options or {}), code=BAD_INPUT)
    except StackError as error:
        fail(str(error), code=INFRASTRUCTURE)


def in_options(sentence: str, options: Options) -> str:
    """What a service says, with the names of its fields as the one who reads it gave them."""
    return _FIELD.sub(lambda found: options.get(found[1], found[0]), sentence)


def said(**query: object) -> dict[str, str]:
    """A query of what is said of it: nothing for None and False."""
    return {
        name: "true" if value is True else str(value)
        for name, value in query.items()
        if value is not None and value is not False and value != ""
    }


def rows(service: str, path: str, account: str, query: Mapping[str, str] | None = None) -> Iterator[Row]:
    """Every row of a list, read as they are taken."""
    from cli.service_api import pages

    with answered():
        for answer in pages(service, path, account, {"limit": PAGE, **(query or {})}):
            yield from answer["data"]


def one(service: str, path: str, account: str) -> Any:
    """What stands there."""
    from cli.service_api import get

    with answered():
        return get(service, path, account)["data"]


def names_of_units(account: str) -> dict[str, str]:
    """The name of every unit by its id, archived ones included."""
    found = rows("billing_units", "/api/v1/billing-units", account, said(archived=True))
    return {unit["unit_id"]: unit["name"] for unit in found}


def unit_named(account: str, text: str) -> Row:
    """The unit of that id or name, neither case nor way of writing mattering; its version with it."""
    from contracts.values.unit_names import name_key

    if UUID.fullmatch(text):
        unit: Row = one("billing_units", f"/api/v1/billing-units/{text}", account)
        return unit
    found = rows("billing_units", "/api/v1/billing-units", account, said(search=text, archived=True))
    named = [unit for unit in found if name_key(unit["name"]) == name_key(text)]
    live = [unit for unit in named if unit["archived_at"] is None] or named
    if not live:
        fail(
            f"account {account} has no billing unit called {text!r}; `ringledger units list --account {account}` "
            "shows those it has",
            code=BAD_INPUT,
        )
    if len(live) > 1:
        ids = ", ".join(unit["unit_id"] for unit in live)
        fail(f"{len(live)} archived units are called {text!r}; give the id of one: {ids}", code=BAD_INPUT)
    return live[0]


def moment(account: str, text: str | None, option: str) -> str | None:
    """An instant as the API takes it, from one or from a day, which begins at midnight in the account's zone.

    None for None. option: what to name when the text is neither.
    """
    if text is None:
        return None
    instant = _day(account, text) if DAY.fullmatch(text) else _instant(text)
    if instant is None:
        fail(
            f"{option} is a day such as 2026-10-01 or an instant such as 2026-10-01T08:00:00Z, not {text!r}",
            code=BAD_INPUT,
        )
    return instant.isoformat()


def _day(account: str, text: str) -> datetime | None:
    from contracts.values.calendar import start_of_day, zone_of

    try:
        return start_of_day(date.fromisoformat(text), zone_of(_zone(account)))
    except (ValueError, OverflowError):
        return None


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
        return None if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_zones: dict[str, str] = {}


def _zone(account: str) -> str:
    """The account's zone, asked once."""
    if account not in _zones:
        _zones[account] = one("billing_units", f"/api/v1/accounts/{account}", account)["zone"]
    return _zones[account]
