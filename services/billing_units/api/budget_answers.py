"""Budgets and the share of Unassigned as the API answers with them."""

from pydantic import BaseModel

from chassis.answers import Figure
from contracts.events.fields import Day, Instant, Uuid
from services.billing_units.domain.forecast import Basis


class StageShown(BaseModel):
    """A stage of a budget. amount: what is spent by then. reached_at: when that was announced."""

    percent: int
    amount: Figure
    reached_at: Instant | None


class ForecastShown(BaseModel):
    """The amount expected at the period's end, and what that rests on: days, in a sentence and as data."""

    basis: Basis
    amount: Figure | None
    says: str
    days: int
    from_on: Day | None
    until_on: Day | None


class SpanShown(BaseModel):
    """A budget of each period that begins in [from_period, until_period)."""

    from_period: Day
    until_period: Day | None
    amount: Figure | None
    currency: str
    stages: list[int]


class StandingShown(BaseModel):
    """How a unit stands in a period, with a budget or without."""

    unit_id: Uuid
    booked_period: Day
    ends_on: Day
    currency: str
    spent: Figure
    amount: Figure | None
    percent: Figure | None
    stages: list[StageShown]
    forecast: ForecastShown
    forecast_percent: Figure | None


class BudgetShown(StandingShown):
    """A unit's standing, with all that was said of its budget."""

    version: int
    plan: list[SpanShown]


class BudgetRow(StandingShown):
    """A unit's standing in a list."""

    unit_name: str


class PlanShown(BaseModel):
    """All that holds of a unit's budget after a change."""

    unit_id: Uuid
    version: int
    plan: list[SpanShown]


class ThresholdShown(BaseModel):
    """From which share on *Unassigned* is announced."""

    version: int
    threshold_percent: Figure
    minimum_amount: Figure


class ShareStandingShown(ThresholdShown):
    """What nobody owes of a period, beside the threshold."""

    account_id: str
    booked_period: Day
    currency: str
    unassigned_amount: Figure
    total_amount: Figure
    share_percent: Figure
    passed: bool
    announced_at: Instant | None
