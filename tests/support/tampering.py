"""Changes rows behind the services' backs, as the administrator, and puts them back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import asyncpg

from chassis.database import Connection

ONLY_WHILE_IT_WAITS = {("billing_units.reversal_wait", "amount"), ("billing_units.spend_change", "amount")}
"""Columns of tables that are empty once all is settled: a test of their own fills them first."""

PREVIEWED = {"usage_rating.rerating", "usage_rating.rerating_change", "usage_rating.rerating_total"}
"""Tables of what a re-rating would change: nothing is booked from them, and what is posted is rated anew."""

NAMED_BY_DIGEST = {
    ("billing_units.unassigned_alert_version", "threshold_percent"),
    ("billing_units.unassigned_alert_version", "minimum_amount"),
}
"""Columns that somebody chose: that they are not what was said is seen, but not by how much."""

A_CENT = Decimal("0.010000")

MONEY_COLUMNS = """
    SELECT n.nspname AS service, c.relname AS table_name, a.attname AS column_name
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.atttypid = 'numeric'::regtype AND a.attgenerated = '' AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY 1, 2, 3
"""
KEY_COLUMNS = """
    SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = $1::text::regclass AND i.indisprimary
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyColumn:
    """A column that carries money, as the catalog lists it."""

    service: str
    table: str
    column: str

    @property
    def name(self) -> str:
        """Schema and table."""
        return f"{self.service}.{self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampered:
    """A row that now says a cent more. ids: the UUIDs of its key, else its unit or account, which must be named."""

    column: MoneyColumn
    ids: frozenset[str]


async def money_columns(connection: Connection, services: tuple[str, ...]) -> list[MoneyColumn]:
    """Every column of money in these schemas: a new table cannot be forgotten."""
    rows = await connection.fetch(MONEY_COLUMNS, list(services))
    return [MoneyColumn(service=row["service"], table=row["table_name"], column=row["column_name"]) for row in rows]


@asynccontextmanager
async def a_cent_more(connection: Connection, column: MoneyColumn) -> AsyncIterator[Tampered]:
    """One row of a table says a cent more than it should, for as long as the block runs."""
    keys = [row["attname"] for row in await connection.fetch(KEY_COLUMNS, column.name)]
    unit = "WHERE unit_key <> 'unassigned'" if "unit_key" in keys else ""
    place = await connection.fetchrow(f"SELECT tableoid, ctid FROM {column.name} {unit} LIMIT 1")
    assert place is not None, f"{column.name} has no row to change"
    row = await _add(connection, column, A_CENT, place)
    ids = frozenset(str(row[key]) for key in keys if isinstance(row[key], UUID))
    yield Tampered(column=column, ids=ids or frozenset({row.get("unit_key", row["account_id"])}))
    await _add(connection, column, -A_CENT, row)


async def _add(
    connection: Connection, column: MoneyColumn, amount: Decimal, place: asyncpg.Record
) -> asyncpg.Record:
    row = await connection.fetchrow(
        f"UPDATE {column.name} SET {column.column} = {column.column} + $1 WHERE tableoid = $2 AND ctid = $3 "
        f"RETURNING *, tableoid, ctid",
        amount,
        place["tableoid"],
        place["ctid"],
    )
    assert row is not None, f"the row of {column.name} is gone"
    return row


@asynccontextmanager
async def without_row(
    connection: Connection, table: str, condition: str, *arguments: object
) -> AsyncIterator[None]:
    """The rows that fulfil the condition are gone for as long as the block runs."""
    await connection.execute(f"CREATE TEMP TABLE removed AS SELECT * FROM {table} WHERE false")
    try:
        status = await connection.execute(
            f"WITH gone AS (DELETE FROM {table} WHERE {condition} RETURNING *) "
            f"INSERT INTO removed SELECT * FROM gone",
            *arguments,
        )
        assert status != "INSERT 0 0", f"{table} has no row where {condition}"
        yield
        await connection.execute(f"INSERT INTO {table} SELECT * FROM removed")
    finally:
        await connection.execute("DROP TABLE removed")
