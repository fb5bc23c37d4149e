"""What alerts are decided from: whose are due, what was spent of budgets and left to nobody, what was announced."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from chassis.database import Connection
from chassis.sql import Queries
from contracts.events.charge import UNASSIGNED
from services.billing_units.domain.budgets import Threshold

QUERIES = Queries("services.billing_units", "queries/alerts.sql")

ShareKey = tuple[str, date]
"""Account, booked period."""

StageKey = tuple[str, str, date, int]
"""Account, unit, booked period, stage in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Alerts to be decided anew: of a unit (None: of none) and its account, in a period."""

    account_id: str
    unit_id: str | None
    period: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DueBudget:
    """A unit's budget of a period, what is spent of it, and the stages announced for its amount."""

    account_id: str
    unit_id: str
    period: date
    version: int
    amount: Decimal
    currency: str
    stages: tuple[int, ...]
    spent: Decimal
    announced: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Whether a share was past its threshold when it was decided last, and how often it passed."""

    passed: bool
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What an account spent in a period, what of it nobody owes, and its threshold."""

    account_id: str
    period: date
    currency: str
    total: Decimal
    unassigned: Decimal
    threshold: Threshold


async def take_due(connection: Connection, limit: int) -> list[Due]:
    """Take marks away, at most `limit`; what they mark, each thing once."""
    rows = await connection.fetch(QUERIES["take_alerts_due"], limit)
    return [
        Due(
            account_id=row["account_id"],
            unit_id=None if row["unit_key"] == UNASSIGNED else row["unit_key"],
            period=row["booked_period"],
        )
        for row in rows
    ]


async def list_calendars(connection: Connection, account_ids: Collection[str]) -> dict[str, tuple[str, int]]:
    """Zone and anchor day of those of these accounts that are known."""
    rows = await connection.fetch(QUERIES["list_calendars"], list(account_ids))
    return {row["account_id"]: (row["zone"], row["anchor_day"]) for row in rows}


async def lock_shares(
    connection: Connection, keys: Collection[ShareKey], recorded_at: datetime
) -> dict[ShareKey, Passed]:
    """How shares were decided last, locked until the transaction ends: who decides them next waits."""
    accounts, periods = _columns(keys)
    await connection.execute(QUERIES["insert_unassigned_shares"], accounts, periods, recorded_at)
    rows = await connection.fetch(QUERIES["lock_unassigned_shares"], accounts, periods)
    return {
        (row["account_id"], row["booked_period"]): Passed(passed=row["passed"], times=row["times"]) for row in rows
    }


async def list_shares(connection: Connection, keys: Collection[ShareKey]) -> list[Share]:
    """The shares of accounts in periods as they are now."""
    rows = await connection.fetch(QUERIES["list_shares"], *_columns(keys))
    return [
        Share(
            account_id=row["account_id"],
            period=row["booked_period"],
            currency=row["currency"],
            total=row["total"],
            unassigned=row["unassigned"],
            threshold=Threshold()
            if row["threshold_percent"] is None
            else Threshold(percent=row["threshold_percent"], minimum_amount=row["minimum_amount"]),
        )
        for row in rows
    ]


async def list_due_budgets(connection: Connection, dues: Sequence[Due]) -> list[DueBudget]:
    """The budgets of units in periods; those without one stay out."""
    units = [due for due in dues if due.unit_id is not None]
    rows = await connection.fetch(
        QUERIES["list_due_budgets"],
        [due.account_id for due in units],
        [due.unit_id for due in units],
        [due.period for due in units],
    )
    return [
        DueBudget(
            account_id=row["account_id"],
            unit_id=str(row["unit_id"]),
            period=row["booked_period"],
            version=row["version"],
            amount=row["amount"],
            currency=row["currency"],
            stages=tuple(row["stages"]),
            spent=row["spent"],
            announced=frozenset(row["announced"]),
        )
        for row in rows
    ]


async def insert_budget_alerts(
    connection: Connection, found: Sequence[tuple[DueBudget, int]], reached_at: datetime
) -> set[StageKey]:
    """Remember stages as announced; those that nobody had announced before."""
    rows = await connection.fetch(
        QUERIES["insert_budget_alerts"],
        [budget.account_id for budget, _ in found],
        [budget.unit_id for budget, _ in found],
        [budget.period for budget, _ in found],
        [budget.amount for budget, _ in found],
        [stage for _, stage in found],
        reached_at,
    )
    return {(row["account_id"], str(row["unit_id"]), row["booked_period"], row["stage_percent"]) for row in rows}


async def update_shares(
    connection: Connection, decided: Sequence[tuple[ShareKey, Passed]], changed_at: datetime
) -> None:
    """Store how locked shares are decided now."""
    await connection.execute(
        QUERIES["update_unassigned_shares"],
        *_columns([key for key, _ in decided]),
        [passed.passed for _, passed in decided],
        [passed.times for _, passed in decided],
        changed_at,
    )


def _columns(keys: Collection[ShareKey]) -> tuple[list[str], list[date]]:
    return [key[0] for key in keys], [key[1] for key in keys]
