"""From a plan and a call to an amount: what is charged, what costs nothing by rule, what cannot be priced."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol, TypeAlias

from contracts.values.call_times import call_times_refusal
from services.usage_rating.domain.amounts import billed_seconds, cost_of, rounded
from services.usage_rating.domain.laying import NoWindow, Step, lay, lay_timed
from services.usage_rating.domain.plan import NumberKind, Rate, RatePlan
from services.usage_rating.domain.prices import AnyPrice, Channel, ChannelPrice, Price, TimedPrice

ChargedDuration = Literal["billable_duration", "answered_to_ended", "none"]


class Call(Protocol):
    """What rating reads of a call leg; the call record of the contracts is one."""

    @property
    def direction(self) -> Literal["inbound", "outbound", "internal"]: ...
    @property
    def channel(self) -> Channel: ...
    @property
    def other_party(self) -> str: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def ended_at(self) -> datetime: ...
    @property
    def billable_duration_ms(self) -> int | None: ...


class ZeroReason(StrEnum):
    """Why a call costs nothing by rule: no fee, no minimum, no suspense."""

    UNANSWERED = "unanswered"
    ZERO_DURATION = "zero_duration"
    INTERNAL = "internal"
    """A call between the account's own extensions or numbers, which its plan gives no price."""


class UnrateableReason(StrEnum):
    """Why a call has no price yet; it waits in suspense."""

    NO_PLAN = "no_plan"
    """No plan is active for the account at the charging instant; said by whoever chooses the plan."""
    PLAN_NOT_EFFECTIVE = "plan_not_effective"
    DESTINATION_REFUSED = "destination_refused"
    """The plan refuses calls to the destination, and here is one all the same: somebody must look at it."""
    NO_WINDOW = "no_window"
    """The price is one by time, and at an instant of the call none of its windows is open."""
    NO_PREFIX = "no_prefix"
    """No destination prefix valid at the charging instant matches the number."""
    NO_INBOUND_PRICE = "no_inbound_price"
    OTHER_PARTY_WITHHELD = "other_party_withheld"
    OTHER_PARTY_INTERNAL = "other_party_internal"


class Numbers(NamedTuple):
    """What is known of the account's own numbers at the charging instant. own_kind: of the own number used.

    to_own: an outbound call went to a number that the account holds itself.
    """

    own_kind: NumberKind | None = None
    to_own: bool = False


NOTHING_KNOWN = Numbers()


class Rated(NamedTuple):
    """A call with its price.

    price: the one at the answer. rate: the destination, or the caller, that matched; None where neither was asked.
    duration_ms: the charged duration before increments, charged_duration where it came from; billed_s: after them.
    exact: the value before its one rounding; when it does not terminate it is shown to 24 decimals (half even)
    while `amount` comes from the whole value. steps: what each part of the call cost a minute; () where one price
    held throughout. capped: the cost cap decided. numbers: what was known, where the plan asks it.
    """

    price: Price
    rate: Rate | None
    charged_duration: ChargedDuration
    duration_ms: int
    billed_s: int
    exact: Decimal
    amount: Decimal
    steps: tuple[Step, ...] = ()
    capped: bool = False
    numbers: Numbers = NOTHING_KNOWN


class ZeroRated(NamedTuple):
    """A call that costs nothing by rule, whatever plan there is or is not."""

    reason: ZeroReason
    charged_duration: ChargedDuration
    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrateable:
    """A call that cannot be priced now."""

    reason: UnrateableReason


Outcome: TypeAlias = Rated | ZeroRated | Unrateable


def rate_call(plan: RatePlan, call: Call, numbers: Numbers = NOTHING_KNOWN) -> Outcome:
    """Price one call under one plan version; the call has passed `refusal_of`.

    Outbound by the longest destination prefix valid at the charging instant, inbound by the own number's type and
    the caller's prefix, calls between own numbers at the plan's internal price. The charging instant is the
    answer: a call that was not answered never comes so far.
    """
    return zero_rated(call, plan) or rate_chargeable(plan, call, numbers)


def rate_chargeable(plan: RatePlan, call: Call, numbers: Numbers = NOTHING_KNOWN) -> Rated | Unrateable:
    """Price a call of which it is known that it does not cost nothing by rule."""
    at = call.answered_at
    assert at is not None, "a call that nobody answered costs nothing"
    if at < plan.effective_from:
        return Unrateable(reason=UnrateableReason.PLAN_NOT_EFFECTIVE)
    chosen = _chosen(plan, call, at, numbers)
    if isinstance(chosen, Unrateable):
        return chosen
    price, rate = chosen
    if type(price) is ChannelPrice:
        price = price.of(call.channel)
    duration_ms, charged = charged_duration_of(call)
    known = numbers if plan.asks_numbers else NOTHING_KNOWN
    if type(price) is Price and not price.later_bands:
        billed_s = billed_seconds(price, duration_ms)
        sixtieths, capped = cost_of(price, price.minute_atoms * billed_s)
        exact, amount = rounded(sixtieths, scale=plan.scale, rounding=plan.rounding)
        return Rated(price, rate, charged, duration_ms, billed_s, exact, amount, (), capped, known)
    if type(price) is TimedPrice:
        laid = lay_timed(price, plan.timetable_of(price), at, duration_ms)
        if isinstance(laid, NoWindow):
            return Unrateable(reason=UnrateableReason.NO_WINDOW)
    else:
        assert isinstance(price, Price), "a price by channel chooses a price, or one by time"
        laid = lay(price, duration_ms)
    sixtieths, capped = cost_of(laid.first, laid.use_sixtieths)
    exact, amount = rounded(sixtieths, scale=plan.scale, rounding=plan.rounding)
    # A call of one price throughout is told by that price alone.
    steps = () if len(laid.steps) == 1 and laid.steps[0].window is None else tuple(laid.steps)
    return Rated(laid.first, rate, charged, duration_ms, laid.billed_s, exact, amount, steps, capped, known)


def _chosen(
    plan: RatePlan, call: Call, at: datetime, numbers: Numbers
) -> tuple[AnyPrice, Rate | None] | Unrateable:
    """The price that applies, with the rate it came from."""
    if call.direction == "internal" or (numbers.to_own and plan.internal is not None):
        assert plan.internal is not None, "an internal call without a price costs nothing"
        return plan.internal, None
    if call.direction == "inbound":
        return _chosen_inbound(plan, call, at, numbers)
    if call.other_party[0] != "+":
        return Unrateable(reason=_unnumbered(call.other_party))
    rate = plan.rate_for(call.other_party, at)
    if rate is None:
        return Unrateable(reason=UnrateableReason.NO_PREFIX)
    if rate.price is None:
        return Unrateable(reason=UnrateableReason.DESTINATION_REFUSED)
    return rate.price, rate


def _chosen_inbound(
    plan: RatePlan, call: Call, at: datetime, numbers: Numbers
) -> tuple[AnyPrice, Rate | None] | Unrateable:
    """The number's type first, within it the caller; what a type does not price is priced as usual."""
    if plan.inbound is not None:
        for prices in plan.inbound.of(numbers.own_kind):
            rate = prices.callers.find(call.other_party, at) if call.other_party[0] == "+" else None
            if rate is not None:
                refused = Unrateable(reason=UnrateableReason.DESTINATION_REFUSED)
                return refused if rate.price is None else (rate.price, rate)
            if prices.price is not None:
                return prices.price, None
    return Unrateable(reason=UnrateableReason.NO_INBOUND_PRICE)


def zero_rated(call: Call, plan: RatePlan | None = None) -> ZeroRated | None:
    """The call as one that costs nothing by rule, or None when a plan must price it.

    Without a plan: what costs nothing whatever the plan, and internal calls, which few plans price.
    """
    duration_ms, charged = charged_duration_of(call)
    if call.answered_at is None or duration_ms == 0:
        return _zero(call, duration_ms, charged)
    if call.direction == "internal" and (plan is None or plan.internal is None):
        return _zero(call, duration_ms, charged)
    return None


def charging_instant(call: Call) -> datetime:
    """The instant that decides plan version, destination rate and unit: the answer, else the start."""
    return call.answered_at or call.started_at


def charged_duration_of(call: Call) -> tuple[int, ChargedDuration]:
    """The duration that is charged, in ms, and where it came from.

    What the platform says is billable comes first, also when it is 0; else ended − answered. A call nobody
    answered has none, whatever the platform says (a queue "bills" while it rings).
    """
    if call.answered_at is None:
        return 0, "none"
    if call.billable_duration_ms is not None:
        return call.billable_duration_ms, "billable_duration"
    return milliseconds_between(call.answered_at, call.ended_at), "answered_to_ended"


def milliseconds_between(start: datetime, end: datetime) -> int:
    """Whole milliseconds from start to end; a begun millisecond does not count."""
    span = end - start
    return span.days * 86_400_000 + span.seconds * 1000 + span.microseconds // 1000


def refusal_of(call: Call) -> str | None:
    """Why the instants of a call cannot be true, or None. A refused call is never rated."""
    return call_times_refusal(call.started_at, call.answered_at, call.ended_at)


def _zero(call: Call, duration_ms: int, charged: ChargedDuration) -> ZeroRated:
    if call.answered_at is None:
        reason = ZeroReason.UNANSWERED
    elif duration_ms == 0:
        reason = ZeroReason.ZERO_DURATION
    else:
        reason = ZeroReason.INTERNAL
    return ZeroRated(reason=reason, charged_duration=charged, duration_ms=duration_ms)


def _unnumbered(party: str) -> UnrateableReason:
    if party == "withheld":
        return UnrateableReason.OTHER_PARTY_WITHHELD
    return UnrateableReason.OTHER_PARTY_INTERNAL
