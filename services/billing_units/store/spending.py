"""What units spend: appended by whoever writes charges, added up by a job, and read to the last charge."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chassis.database import Connection
from chassis.sql import Queries
from contracts.events.charge import UNASSIGNED
from services.billing_units.store.arrays import text_array

QUERIES = Queries("services.billing_units", "queries/spending.sql")

SpendKey = tuple[str, date, str | None, date, str]
"""Account, booked period, unit (None: nobody), use day, currency."""

NOTHING = Decimal("0.000000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a unit spent in a period. first_on: the first use day on which it ever spent anything."""

    amount: Decimal
    first_on: date | None


async def insert_spend_changes(connection: Connection, sums: Mapping[SpendKey, Decimal]) -> None:
    """Append what charges add to their units' spend; what adds up to nothing is left out."""
    changes = [(*key, total) for key, total in sums.items() if total]
    if changes:
        accounts, periods, units, days, currencies, totals = zip(*changes, strict=True)
        await connection.execute(
            QUERIES["insert_spend_changes"],
            text_array(accounts),
            text_array(period.isoformat() for period in periods),
            text_array(unit or UNASSIGNED for unit in units),
            text_array(day.isoformat() for day in days),
            text_array(currencies),
            text_array(map(str, totals)),
        )


async def add_up(connection: Connection, limit: int) -> int:
    """Add at most `limit` changes to what units spent, and let alerts be decided; how many there were."""
    added: int = await connection.fetchval(QUERIES["add_up_spend"], limit)
    return added


async def list_spent(
    connection: Connection, account_id: str, unit_keys: Collection[str], period: date, currency: str
) -> dict[str, Spent]:
    """What each of these units spent in a period, to the last charge."""
    rows = await connection.fetch(QUERIES["list_spent"], account_id, list(unit_keys), period, currency)
    return {row["unit_key"]: Spent(amount=row["amount"] or NOTHING, first_on=row["first_on"]) for row in rows}


async def list_day_spend(
    connection: Connection, account_id: str, unit_keys: Collection[str], days: tuple[date, date], currency: str
) -> dict[str, dict[date, Decimal]]:
    """What these units spent on use days, half-open; days on which nothing was are missing."""
    rows = await connection.fetch(QUERIES["list_day_spend"], account_id, list(unit_keys), *days, currency)
    found: dict[str, dict[date, Decimal]] = {unit_key: {} for unit_key in unit_keys}
    for row in rows:
        found[row["unit_key"]][row["use_on"]] = row["amount"]
    return found


async def get_period_spend(
    connection: Connection, account_id: str, period: date, currency: str
) -> tuple[Decimal, Decimal]:
    """What an account spent in a period, and what of it nobody owes."""
    row = await connection.fetchrow(QUERIES["get_period_spend"], account_id, period, currency)
    return row["total"] or NOTHING, row["unassigned"] or NOTHING
