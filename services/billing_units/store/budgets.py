"""What was said of budgets and thresholds, appended only, and what was announced of them, for the API."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from chassis.database import Connection
from chassis.sql import Queries
from services.billing_units.domain.budgets import Budget, Threshold

QUERIES = Queries("services.billing_units", "queries/budgets.sql")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """Which version of what was said something is, by whom and when."""

    version: int
    author: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidBudget:
    """A budget as one version says it."""

    budget: Budget
    saying: Saying


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidThreshold:
    """A threshold as one version says it."""

    threshold: Threshold
    saying: Saying


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitBudget:
    """A unit with the budget that holds for a period; name_key: what units are ordered by."""

    unit_id: str
    name: str
    name_key: str
    budget: Budget


async def list_budget_versions(connection: Connection, account_id: str, unit_id: str) -> list[SaidBudget]:
    """All that was said of a unit's budget, in order."""
    rows = await connection.fetch(QUERIES["list_budget_versions"], account_id, unit_id)
    return [SaidBudget(budget=_budget(row), saying=_saying(row)) for row in rows]


async def insert_budget_version(connection: Connection, account_id: str, unit_id: str, said: SaidBudget) -> None:
    """Append what is said of a unit's budget."""
    budget, saying = said.budget, said.saying
    await connection.execute(
        QUERIES["insert_budget_version"],
        account_id,
        unit_id,
        saying.version,
        budget.from_period,
        budget.until_period,
        budget.amount,
        budget.currency,
        list(budget.stages),
        saying.author,
        saying.recorded_at,
    )


async def list_budgets(
    connection: Connection, account_id: str, period: date, after: tuple[str, str] | None, limit: int
) -> list[UnitBudget]:
    """Units with a budget in a period, by name; after: name's key and unit of the last one shown."""
    rows = await connection.fetch(QUERIES["list_budgets"], account_id, period, *(after or (None, None)), limit)
    return [
        UnitBudget(unit_id=str(row["unit_id"]), name=row["name"], name_key=row["name_key"], budget=_budget(row))
        for row in rows
    ]


async def list_reached(
    connection: Connection, account_id: str, unit_ids: Collection[str], period: date
) -> dict[tuple[str, Decimal], dict[int, datetime]]:
    """When each stage was announced in a period, by unit and amount of the budget."""
    rows = await connection.fetch(QUERIES["list_reached"], account_id, list(unit_ids), period)
    found: dict[tuple[str, Decimal], dict[int, datetime]] = {}
    for row in rows:
        found.setdefault((str(row["unit_id"]), row["amount"]), {})[row["stage_percent"]] = row["reached_at"]
    return found


async def find_unassigned_alert(connection: Connection, account_id: str) -> SaidThreshold | None:
    """The threshold that was said last; None where none ever was."""
    row = await connection.fetchrow(QUERIES["find_unassigned_alert"], account_id)
    if row is None:
        return None
    threshold = Threshold(percent=row["threshold_percent"], minimum_amount=row["minimum_amount"])
    return SaidThreshold(threshold=threshold, saying=_saying(row))


async def find_unassigned_share(connection: Connection, account_id: str, period: date) -> Row | None:
    """Whether the share is past its threshold in a period, as was decided last."""
    row: Row | None = await connection.fetchrow(QUERIES["find_unassigned_share"], account_id, period)
    return row


async def insert_unassigned_alert_version(connection: Connection, account_id: str, said: SaidThreshold) -> None:
    """Append from which share on an account wants to be told."""
    threshold, saying = said.threshold, said.saying
    await connection.execute(
        QUERIES["insert_unassigned_alert_version"],
        account_id,
        saying.version,
        threshold.percent,
        threshold.minimum_amount,
        saying.author,
        saying.recorded_at,
    )


async def insert_alerts_due(
    connection: Connection, account_id: str, unit_key: str, periods: Sequence[date]
) -> None:
    """Let the job decide the alerts of a unit and its account in these periods."""
    await connection.execute(QUERIES["insert_alerts_due"], account_id, unit_key, list(periods))


def _budget(row: Row) -> Budget:
    return Budget(
        from_period=row["from_period"],
        until_period=row["until_period"],
        amount=row["amount"],
        currency=row["currency"],
        stages=tuple(row["stages"]),
    )


def _saying(row: Row) -> Saying:
    return Saying(version=row["version"], author=row["author"], recorded_at=row["recorded_at"])
