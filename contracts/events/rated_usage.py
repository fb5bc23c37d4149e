"""What usage_rating publishes: one use with its price and the certificate that explains it."""

from typing import Literal

from contracts.events.call import Direction, LinkedCall
from contracts.events.directory import NumberKind
from contracts.events.envelope import EventType
from contracts.events.fields import (
    AccountId,
    Amount,
    Count,
    CountryCode,
    CurrencyCode,
    Day,
    Digits,
    DurationMs,
    ExactAmount,
    Identifier,
    Instant,
    Name,
    Party,
    Revision,
    SignedCount,
    Text,
    Token,
    UseWord,
    Uuid,
    message,
)

Category = Literal["call", "message", "detection", "recording", "analytics", "metered"]
RatingKind = Literal["rated", "reversal"]
ChargedDuration = Literal["billable_duration", "answered_to_ended", "stated", "none"]
NOT_CHARGEABLE = "not_chargeable"


@message
class RatedStep:
    """Part of a call billed at one price a minute.

    from_s: seconds since the answer. seconds: billed, whole increments. window: the part of the week that counted.
    A reversal repeats the steps of its original as they were.
    """

    from_s: Count
    seconds: Count
    per_minute: ExactAmount
    window: Name | None = None


@message
class Certificate:
    """How the amount came about, so that anybody can compute it again from the plan version.

    plan_id, plan_version: of the account's own plan, or of one for every account; the two never share an id.
    They, prefix and destination are absent for a leg that costs nothing by rule (unanswered, or zero duration).
    per_minute, connection_fee, minimum_charge: money before rounding. Increments and billed_s in whole seconds.
    Of a message, a detection and what is metered: quantity × unit_price, the quantity being messages, the segments
    of an SMS, detections, or units of the meter. exact: the value before its one rounding to `scale` decimals by
    `rounding`. prefix, destination: of the number called; inbound of the caller, where the plan prices callers. The
    price is the one at the answer; steps: what each part cost, where bands or times of day made more than one.
    connection_fee_as: `minimum_cost` when the fee is the least the use costs; added to it otherwise. cost_cap: the
    most a call may cost; capped: it decided. number_type, to_own_number: what was known of the account's own
    numbers, where the plan asks it.
    """

    charged_duration: ChargedDuration
    billed_s: SignedCount
    exact: ExactAmount
    rounding: Identifier
    scale: Count
    plan_id: Identifier | None = None
    plan_version: Revision | None = None
    prefix: Digits | None = None
    destination: Text | None = None
    per_minute: ExactAmount | None = None
    connection_fee: ExactAmount | None = None
    minimum_charge: ExactAmount | None = None
    minimum_s: Count | None = None
    initial_increment_s: Count | None = None
    increment_s: Count | None = None
    connection_fee_as: Identifier | None = None
    cost_cap: ExactAmount | None = None
    capped: bool = False
    steps: tuple[RatedStep, ...] = ()
    number_type: NumberKind | None = None
    to_own_number: bool = False
    unit_price: ExactAmount | None = None
    quantity: ExactAmount | None = None
    segments: SignedCount | None = None


@message
class RatedUsage:
    """A use with its price. A reversal repeats its original with every amount and quantity negated.

    rated_usage_id: UUIDv5 of usage, rating revision and kind. usage_id: the call leg, or the other use.
    rating_revision: counts its ratings from 1; at most one is live. cause_id: what made this rating be (the
    record's event id); reversal and replacement share it. occurred_at: the charging instant, by which plan
    version and unit are found. billed_at: the end of a call, else the same instant; use_on: its day in the
    account's zone. booked_period: the first day of the period it counts in, stamped here once. calls: how many
    uses it is, whatever their category: 1, or −1 in a reversal. duration_ms: charged duration before increments;
    billed_s: after them. call_id, leg_id: of a call, or of the call that a detection, recording or analysis
    follows; that leg's usage id is `follows`. disposition: of a call. usage_key: of any other use. channel: of a
    call or a message. meter: of what is metered.
    """

    account_id: AccountId
    rated_usage_id: Uuid
    usage_id: Uuid
    rating_revision: Revision
    kind: RatingKind
    cause_id: Uuid
    category: Category
    source: Identifier
    usage_revision: Revision
    occurred_at: Instant
    billed_at: Instant
    use_on: Day
    booked_period: Day
    currency: CurrencyCode
    amount: Amount
    calls: SignedCount
    duration_ms: SignedCount
    billed_s: SignedCount
    certificate: Certificate
    call_id: Identifier | None = None
    leg_id: Identifier | None = None
    usage_key: Identifier | None = None
    direction: Direction | None = None
    channel: UseWord | None = None
    disposition: Identifier | None = None
    meter: UseWord | None = None
    own_number: Party | None = None
    other_party_token: Token | None = None
    country: CountryCode | None = None
    user_id: Identifier | None = None
    team_id: Identifier | None = None
    queue_id: Identifier | None = None
    campaign_id: Identifier | None = None
    unit_override: Identifier | None = None
    linked_call: LinkedCall | None = None
    billable_duration_ms: DurationMs | None = None
    conversation_ms: DurationMs | None = None
    follows: Uuid | None = None


USAGE_RATED = EventType(
    name="ringledger.usage-rated.v1",
    data=RatedUsage,
    summary="A use was priced, or an earlier price of it was reversed.",
)
