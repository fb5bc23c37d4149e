"""How budgets stand: what is spent of each in a period, which stages are reached, what it will be at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from chassis.database import Connection
from contracts.values.calendar import Period, local_day, period_of, zone_of
from contracts.values.money import EXACT, round_amount
from services.billing_units.domain.budgets import Budget, Threshold, percent_of
from services.billing_units.domain.forecast import LOOK_BACK_DAYS, Forecast, forecast
from services.billing_units.handlers.commands import Refusal, no_account
from services.billing_units.store import budgets, listing, spending
from services.billing_units.store.budgets import SaidThreshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """An account's currency, and the period that is looked at on the day that it is there."""

    account_id: str
    currency: str
    today: date
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stage of a budget. amount: what is spent by then. reached_at: when that was announced, None: not yet."""

    percent: int
    amount: Decimal
    reached_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a unit stands in a period. amount, percent: None where it has no budget; it spends all the same."""

    unit_id: str
    booked_period: date
    ends_on: date
    currency: str
    spent: Decimal
    amount: Decimal | None
    percent: Decimal | None
    stages: Sequence[Stage]
    forecast: Forecast
    forecast_percent: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareStanding:
    """What nobody owes of a period, beside the threshold. announced_at: since when it is past, as was announced."""

    account_id: str
    version: int
    threshold_percent: Decimal
    minimum_amount: Decimal
    booked_period: date
    currency: str
    unassigned_amount: Decimal
    total_amount: Decimal
    share_percent: Decimal
    passed: bool
    announced_at: datetime | None


async def calendar_of(
    connection: Connection, account_id: str, asked: date | None, now: datetime
) -> Calendar | Refusal:
    """The period that holds the day asked for, else the present one."""
    account = await listing.find_account(connection, account_id)
    if account is None:
        return no_account(account_id)
    today = local_day(now, zone_of(account["zone"]))
    return Calendar(
        account_id=account_id,
        currency=account["currency"],
        today=today,
        period=period_of(asked or today, anchor_day=account["anchor_day"]),
    )


async def list_standings(
    connection: Connection, calendar: Calendar, held: Mapping[str, Budget | None]
) -> dict[str, Standing]:
    """How units stand in the calendar's period. held: their budgets of it, by unit."""
    period, today = calendar.period, calendar.today
    place = (connection, calendar.account_id, list(held))
    spent = await spending.list_spent(*place, period.start_on, calendar.currency)
    days = (today - timedelta(days=LOOK_BACK_DAYS), today + timedelta(days=1))
    by_day = await spending.list_day_spend(*place, days, calendar.currency)
    reached = await budgets.list_reached(*place, period.start_on)
    found = {}
    for unit_id, budget in held.items():
        of_unit = spent[unit_id]
        foretold = forecast(period, today, spent=of_unit.amount, by_day=by_day[unit_id], first_on=of_unit.first_on)
        found[unit_id] = _standing(calendar, unit_id, budget, of_unit.amount, foretold, reached)
    return found


def _standing(
    calendar: Calendar,
    unit_id: str,
    budget: Budget | None,
    spent: Decimal,
    foretold: Forecast,
    reached: Mapping[tuple[str, Decimal], Mapping[int, datetime]],
) -> Standing:
    amount = None if budget is None or budget.currency != calendar.currency else budget.amount
    stages: Sequence[Stage] = ()
    if budget is not None and amount is not None:
        announced = reached.get((unit_id, amount), {})
        stages = [_stage(amount, percent, announced.get(percent)) for percent in budget.stages]
    return Standing(
        unit_id=unit_id,
        booked_period=calendar.period.start_on,
        ends_on=calendar.period.end_on,
        currency=calendar.currency,
        spent=spent,
        amount=amount,
        percent=None if amount is None else percent_of(spent, amount),
        stages=stages,
        forecast=foretold,
        forecast_percent=None if amount is None or foretold.amount is None else percent_of(foretold.amount, amount),
    )


def _stage(amount: Decimal, percent: int, reached_at: datetime | None) -> Stage:
    of_amount = EXACT.divide(EXACT.multiply(amount, Decimal(percent)), Decimal(100))
    return Stage(percent=percent, amount=round_amount(of_amount), reached_at=reached_at)


async def share_standing(connection: Connection, calendar: Calendar) -> ShareStanding:
    """The share of what nobody owes in the calendar's period, to the last charge."""
    period = calendar.period.start_on
    said = await budgets.find_unassigned_alert(connection, calendar.account_id)
    threshold = Threshold() if said is None else said.threshold
    total, unassigned = await spending.get_period_spend(connection, calendar.account_id, period, calendar.currency)
    decided = await budgets.find_unassigned_share(connection, calendar.account_id, period)
    return ShareStanding(
        account_id=calendar.account_id,
        version=_version(said),
        threshold_percent=threshold.percent,
        minimum_amount=threshold.minimum_amount,
        booked_period=period,
        currency=calendar.currency,
        unassigned_amount=unassigned,
        total_amount=total,
        share_percent=percent_of(unassigned, total),
        passed=threshold.is_passed(unassigned, total),
        announced_at=decided["changed_at"] if decided is not None and decided["passed"] else None,
    )


def _version(said: SaidThreshold | None) -> int:
    return 0 if said is None else said.saying.version
