"""Who is limited to units: row-level security shows their rows only, whatever a statement forgets to ask."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.database import Pool, account_transaction
from chassis.migrate import api_role
from services.reporting.handlers.reports import make_unit_report
from services.reporting.store.costs import find_last_period
from tests.store.reporting.conftest import Adopt, Record
from tests.support.unit_costs import AT, OCTOBER, a_charge, a_unit_fact, a_unit_id, an_account_fact, an_event

ACCOUNT = "acme"
REPORT, ANOTHER = UUID(int=1), UUID(int=2)
NORTH, SOUTH, OTHERS = a_unit_id("north"), a_unit_id("south"), a_unit_id("north", "other")
OF_UNITS = {"unit", "unit_cost_lane", "charge_fact", "unit_period_total", "unit_day_cost"}
OF_ALL_UNITS = {"report", "report_line"}
OF_THE_ACCOUNT = {"account", "audit_entry", "audit_head"}
"""Its currency and zone; the log's operations are for Admins without a limit only."""

OUTGOING = {"outbox", "outbox_lane", "event_conflict", "conflict_resolution", "seen_event"}
"""The chassis' own; no operation shows them to anybody."""

Rows = Mapping[str, list[Any]]


@pytest.fixture
async def tables(ingest: Pool, api: Pool, record: Record, adopt: Adopt) -> set[str]:
    """Every table of accounts that the API may read, with rows of two units, of nobody, and a report of them."""
    await adopt([an_account_fact(), a_unit_fact("north"), a_unit_fact("south"), a_unit_fact("idle")])
    charges = [a_charge(number, unit=unit) for number, unit in enumerate(("north", "south", "south", None))]
    await record([an_event(charge, place) for place, charge in enumerate(charges)])
    async with account_transaction(api, ACCOUNT) as connection:
        await make_unit_report(connection, ACCOUNT, OCTOBER, report_id=REPORT, now=AT)
    rows = await ingest.fetch(
        """
        SELECT c.relname FROM pg_class c
        WHERE c.relnamespace = 'reporting'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id')
          AND has_table_privilege($1, c.oid, 'SELECT')
        """,
        api_role("reporting"),
    )
    return {row["relname"] for row in rows}


async def seen(api: Pool, tables: set[str], units: list[str] | None) -> Rows:
    """All that statements without any condition show."""
    async with account_transaction(api, ACCOUNT, units) as connection:
        return {name: await connection.fetch(f"SELECT * FROM {name}") for name in tables}


async def test_a_statement_that_forgets_its_units_shows_no_other(api: Pool, tables: set[str]) -> None:
    everything, own = await seen(api, tables, None), await seen(api, tables, [NORTH])
    for name in OF_UNITS:
        assert {row["unit_key"] for row in own[name]} == {NORTH}, name
        assert {row["unit_key"] for row in everything[name]} >= {NORTH, SOUTH}, name
    for name in OF_ALL_UNITS:
        assert everything[name] and not own[name], name
    assert tables <= OF_UNITS | OF_ALL_UNITS | OF_THE_ACCOUNT | OUTGOING, (
        "a new table says what a limited caller sees of it"
    )


@pytest.mark.parametrize("units", [[], [OTHERS]], ids=["no unit", "another account's unit"])
async def test_who_is_limited_to_nothing_of_the_account_s_sees_nothing(
    api: Pool, tables: set[str], units: list[str]
) -> None:
    found = await seen(api, tables, units)
    assert {name for name, rows in found.items() if rows} <= OF_THE_ACCOUNT | OUTGOING


async def test_a_limit_ends_with_its_transaction_and_makes_no_report(api: Pool, tables: set[str]) -> None:
    async with account_transaction(api, ACCOUNT, [NORTH]) as connection:
        assert len(await connection.fetch("SELECT FROM unit")) == 1
    assert len((await seen(api, tables, None))["unit"]) == 3
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with account_transaction(api, ACCOUNT, [NORTH]) as connection:
            await make_unit_report(connection, ACCOUNT, OCTOBER, report_id=ANOTHER, now=AT)


async def test_the_latest_period_is_that_of_own_units(api: Pool, tables: set[str], record: Record) -> None:
    later = [
        a_charge(11, unit="south", period=date(2026, 11, 1)),
        a_charge(12, unit=None, period=date(2026, 12, 1)),
    ]
    await record([an_event(charge, place) for place, charge in enumerate(later, start=10)])
    for units, last in (
        (None, date(2026, 12, 1)),
        ([NORTH, SOUTH], date(2026, 11, 1)),
        ([NORTH], OCTOBER),
        ([a_unit_id("idle"), OTHERS], None),
        ([], None),
    ):
        async with account_transaction(api, ACCOUNT, units) as connection:
            assert await find_last_period(connection, ACCOUNT, units) == last, units
