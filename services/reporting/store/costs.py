"""What each unit cost: running totals, the rollup by day, and the lines of its topic."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from chassis.database import Connection
from contracts.events.charge import UNASSIGNED
from contracts.events.unit_cost import UnitCost
from services.reporting.domain.numbering import PeriodKey
from services.reporting.domain.rollup import DayKey, Quantities
from services.reporting.domain.summary import CostRow
from services.reporting.store import QUERIES, UnitKey


async def list_period_totals(
    connection: Connection, units: Sequence[UnitKey], periods: Sequence[date]
) -> dict[UnitKey, dict[PeriodKey, Decimal]]:
    """Running totals of locked units in these booked periods; what is missing is zero."""
    rows = await connection.fetch(
        QUERIES["list_period_totals"], [unit[0] for unit in units], [unit[1] for unit in units], periods
    )
    totals: dict[UnitKey, dict[PeriodKey, Decimal]] = {unit: {} for unit in units}
    for row in rows:
        key = (row["booked_period"], row["currency"])
        totals[row["account_id"], row["unit_key"]][key] = row["running_total"]
    return totals


async def upsert_period_totals(
    connection: Connection, totals: Mapping[UnitKey, Mapping[PeriodKey, Decimal]]
) -> None:
    """Running totals of locked units as they stand now."""
    rows = [(*unit, *key, total) for unit, of_unit in totals.items() for key, total in of_unit.items()]
    await connection.execute(QUERIES["upsert_period_totals"], *zip(*rows, strict=True))


async def upsert_day_costs(connection: Connection, sums: Mapping[UnitKey, Mapping[DayKey, Quantities]]) -> None:
    """Add a batch's sums to the rollup of locked units."""
    rows = [
        (*unit, day.booked_period, day.use_on, day.category, day.currency, *_figures(found))
        for unit, of_unit in sums.items()
        for day, found in of_unit.items()
    ]
    await connection.execute(QUERIES["upsert_day_costs"], *zip(*rows, strict=True))


async def list_unit_costs(
    connection: Connection, account_id: str, unit_key: str, *, after_seq: int, limit: int
) -> list[UnitCost]:
    """A unit's costs after a number, in the order of its topic and as its topic carries them."""
    rows = await connection.fetch(QUERIES["list_unit_costs"], account_id, unit_key, after_seq, limit)
    return [_unit_cost(dict(row)) for row in rows]


def _unit_cost(row: dict[str, Any]) -> UnitCost:
    unit_key, reverses = row.pop("unit_key"), row.pop("reverses")
    return UnitCost(
        **row
        | {
            "charge_id": str(row["charge_id"]),
            "usage_id": str(row["usage_id"]),
            "rule": row.pop("allocation_rule"),
            "unit_id": unit_id_of(unit_key),
            "reverses": None if reverses is None else str(reverses),
        }
    )


def unit_id_of(unit_key: str) -> str | None:
    """The unit's id, None for what is unassigned."""
    return None if unit_key == UNASSIGNED else unit_key


async def find_last_period(
    connection: Connection, account_id: str, only: Collection[str] | None = None
) -> date | None:
    """The latest booked period with costs, of these units where a caller is limited; None when there are none."""
    found: date | None
    if only is None:
        found = await connection.fetchval(QUERIES["find_last_period"], account_id)
    else:
        found = await connection.fetchval(QUERIES["find_last_period_of_units"], account_id, list(only))
    return found


async def list_period_costs(
    connection: Connection, account_id: str, booked_period: date, *, group: str
) -> tuple[list[str], list[CostRow]]:
    """All units of a period's summary by id, and the costs of those that have any.

    group: `unit`, `day` or `category`: what a unit's costs are broken down by.
    """
    rows = await connection.fetch(QUERIES["list_period_costs"], account_id, booked_period, group)
    units = [row["unit_key"] for row in rows if row["unit_key"] != UNASSIGNED]
    return units, [_cost_row(row) for row in rows if row["currency"] is not None]


async def list_daily_costs(
    connection: Connection, account_id: str, unit_keys: Collection[str], days: tuple[date, date], *, group: str
) -> list[CostRow]:
    """Costs of units on the use days [first, end), by unit; a unit without any has no row.

    group: `unit`, `day`, `category` or `day_category`: what each unit's costs are broken down by.
    """
    rows = await connection.fetch(QUERIES["list_daily_costs"], account_id, list(unit_keys), *days, group)
    return [_cost_row(row) for row in rows]


def _cost_row(row: Mapping[str, Any]) -> CostRow:
    return CostRow(
        unit_id=unit_id_of(row["unit_key"]),
        currency=row["currency"],
        use_on=row["use_on"],
        category=row["category"],
        quantities=Quantities(
            calls=row["calls"],
            duration_ms=row["duration_ms"],
            billed_s=row["billed_s"],
            amount=row["amount"],
        ),
    )


def _figures(found: Quantities) -> tuple[int, int, int, Decimal]:
    return found.calls, found.duration_ms, found.billed_s, found.amount
