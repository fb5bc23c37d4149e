"""One line of a unit's own topic: a cost, numbered without gaps, with the running total after it."""

from contracts.events.charge import AllocationRule, ChargeKind
from contracts.events.envelope import EventType
from contracts.events.fields import (
    AccountId,
    Amount,
    CountryCode,
    CurrencyCode,
    Day,
    Digits,
    Identifier,
    Instant,
    Party,
    Sequence,
    SignedCount,
    Uuid,
    message,
)
from contracts.events.rated_usage import Category


@message
class UnitCost:
    """A charge as its unit's topic carries it. unit_id absent: the account's *unassigned* topic.

    seq: 1, 2, 3 … without a gap in this topic. running_total: the unit's total in `booked_period` after
    this line; it starts at zero with each period.
    """

    account_id: AccountId
    seq: Sequence
    charge_id: Uuid
    usage_id: Uuid
    kind: ChargeKind
    category: Category
    rule: AllocationRule
    occurred_at: Instant
    billed_at: Instant
    use_on: Day
    booked_period: Day
    currency: CurrencyCode
    amount: Amount
    running_total: Amount
    calls: SignedCount
    duration_ms: SignedCount
    billed_s: SignedCount
    unit_id: Uuid | None = None
    reverses: Uuid | None = None
    own_number: Party | None = None
    user_id: Identifier | None = None
    prefix: Digits | None = None
    country: CountryCode | None = None


UNIT_COST_RECORDED = EventType(
    name="ringledger.unit-cost-recorded.v1",
    data=UnitCost,
    summary="A unit's costs grew or shrank by one charge.",
)
