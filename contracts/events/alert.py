"""What billing_units announces for somebody to act on: a budget that is used up so far, too much on Unassigned."""

from contracts.events.envelope import EventType
from contracts.events.fields import (
    AccountId,
    Amount,
    CurrencyCode,
    Day,
    Instant,
    Percent,
    Revision,
    StagePercent,
    Uuid,
    message,
)


@message
class BudgetStage:
    """A unit has spent `stage_percent` of its budget of a booked period, or more.

    Announced once for each stage and amount of the budget, whatever is moved away from the unit later.
    budget_version: what was said of the unit's budget by then. spent: so far, as added up at `reached_at`.
    """

    account_id: AccountId
    unit_id: Uuid
    booked_period: Day
    currency: CurrencyCode
    budget_amount: Amount
    budget_version: Revision
    stage_percent: StagePercent
    spent: Amount
    reached_at: Instant


@message
class UnassignedShare:
    """More of what an account was charged in a booked period is *Unassigned* than its threshold lets through.

    Announced when it passes, and again only after it was below in between; `times` counts that within the period.
    """

    account_id: AccountId
    booked_period: Day
    currency: CurrencyCode
    unassigned_amount: Amount
    total_amount: Amount
    share_percent: Percent
    threshold_percent: Percent
    times: Revision
    passed_at: Instant


BUDGET_STAGE_REACHED = EventType(
    name="ringledger.budget-stage-reached.v1",
    data=BudgetStage,
    summary="A unit has spent so many percent of its budget of a period.",
)
UNASSIGNED_SHARE_PASSED = EventType(
    name="ringledger.unassigned-share-passed.v1",
    data=UnassignedShare,
    summary="The share of an account's charges that no unit owes has passed its threshold.",
)
