"""The report of a period by billing unit, as reporting publishes it when asked."""

from contracts.events.envelope import EventType
from contracts.events.fields import (
    AccountId,
    Amount,
    CurrencyCode,
    Day,
    Instant,
    SignedCount,
    Uuid,
    message,
)


@message
class UnitReportLine:
    """One unit's sum; unit_id absent: *Unassigned*."""

    calls: SignedCount
    duration_ms: SignedCount
    billed_s: SignedCount
    amount: Amount
    unit_id: Uuid | None = None


@message
class UnitReport:
    """What each unit cost in one booked period, as known at `as_of`; the lines sum to the totals exactly."""

    account_id: AccountId
    report_id: Uuid
    booked_period: Day
    currency: CurrencyCode
    as_of: Instant
    lines: tuple[UnitReportLine, ...]
    total_calls: SignedCount
    total_billed_s: SignedCount
    total_amount: Amount


UNIT_REPORT_MADE = EventType(
    name="ringledger.unit-report-made.v1",
    data=UnitReport,
    summary="A report of a period by billing unit was asked for and made.",
)
