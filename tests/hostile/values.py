"""What an account has, read from the tables themselves: its ids, names and figures, and a digest of every row."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from string import ascii_lowercase, ascii_uppercase, digits, hexdigits
from typing import Any
from uuid import UUID

import asyncpg

from contracts.topics import SERVICES

TELLING_LENGTH = 6
"""Shorter texts, such as a currency, tell nothing of whose they are."""

_TABLES = """
    SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account_id' AND NOT a.attisdropped
    WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2
"""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ID = re.compile(r"[ !#-+\--:<-~]+")
"""Printable ASCII without quotation mark, comma and semicolon, which would make a document or a list of it."""

Columns = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """An account's values by the name of their column, in order."""

    account: str
    columns: Columns

    @property
    def all(self) -> set[str]:
        """Every value."""
        return {value for values in self.columns.values() for value in values}

    def beside(self, other: "Belongings") -> set[str]:
        """Values that tell whose they are: what the other account has too tells nothing."""
        return {value for value in self.all - other.all if len(value) >= TELLING_LENGTH}

    def ids_beside(self, other: "Belongings") -> list[str]:
        """Those of them that could stand where an id is asked for; the account's own id first."""
        figures = set(self.columns[FIGURES])
        found = {value for value in self.beside(other) - figures if _ID.fullmatch(value)}
        return [self.account, *sorted(found - {self.account})]


FIGURES = "figures"
"""Under this name, every amount of the account whatever its column."""


async def belongings_of(dsn: str, account: str) -> Belongings:
    """Read all that an account has, in every table of every service."""
    columns: dict[str, list[str]] = {FIGURES: []}
    connection = await asyncpg.connect(dsn)
    try:
        for schema, name in await connection.fetch(_TABLES, list(SERVICES)):
            rows = await connection.fetch(f'SELECT * FROM "{schema}"."{name}" WHERE account_id = $1', account)
            for row in rows:
                for column, value in row.items():
                    _note(columns, column, value)
    finally:
        await connection.close()
    once = {name: sorted(set(found)) for name, found in columns.items()}
    return Belongings(account=account, columns=once)


def _note(columns: dict[str, list[str]], column: str, value: Any) -> None:
    if isinstance(value, list):
        for part in value:
            _note(columns, column, part)
    elif isinstance(value, UUID):
        columns.setdefault(column, []).append(str(value))
    elif isinstance(value, Decimal) and column != "key":
        columns[FIGURES].append(format(value, "f"))
    elif isinstance(value, str):
        columns.setdefault(column, []).append(value)


async def digests_of(dsn: str, account: str) -> dict[str, str]:
    """One digest for each table: of all rows that are the account's."""
    found = {}
    connection = await asyncpg.connect(dsn)
    try:
        for schema, name in await connection.fetch(_TABLES, list(SERVICES)):
            row = f'md5("{name}"::text)'
            digest = f"count(*) || ' ' || coalesce(md5(string_agg({row}, '' ORDER BY {row})), '')"
            query = f'SELECT {digest} FROM "{schema}"."{name}" WHERE account_id = $1'
            found[f"{schema}.{name}"] = await connection.fetchval(query, account)
    finally:
        await connection.close()
    return found


def ghosts_of(ids: Iterable[str], known: set[str]) -> dict[str, str]:
    """For each id another of the same shape that nobody has; what sorts beside one sorts beside the other."""
    ghosts: dict[str, str] = {}
    for one in ids:
        ghost = one
        while ghost in known or ghost in ghosts.values():
            ghost = _next(ghost)
        ghosts[one] = ghost
    return ghosts


def _next(text: str) -> str:
    """The text with its last letter or digit changed to the next, and the one before where that goes round."""
    kinds = (hexdigits[:16],) if _UUID.fullmatch(text) else (digits, ascii_lowercase, ascii_uppercase)
    for place in range(len(text) - 1, -1, -1):
        kind = next((kind for kind in kinds if text[place] in kind), None)
        if kind is not None:
            after = kind[(kind.index(text[place]) + 1) % len(kind)]
            text = text[:place] + after + text[place + 1 :]
            if after != kind[0]:
                return text
    return text + "x"
