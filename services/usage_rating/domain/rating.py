"""From a plan and a call to an amount: what is charged, what costs nothing by rule, what cannot be priced."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol, TypeAlias

from contracts.values.call_times import call_times_refusal
from contracts.values.money import EXACT, Rounding, round_amount
from services.usage_rating.domain.plan import Price, Rate, RatePlan
from services.usage_rating.domain.reading import PRICE_SCALE

EXACT_SCALE = 24
"""Decimals of the exact value in a certificate when it does not terminate (a minute has 60 seconds)."""

ChargedDuration = Literal["billable_duration", "answered_to_ended", "none"]

_SIXTIETHS = Decimal(60 * 10**PRICE_SCALE)
_EXACT_QUANTUM = Decimal(1).scaleb(-EXACT_SCALE)


class Call(Protocol):
    """What rating reads of a call leg; the call record of the contracts is one."""

    @property
    def direction(self) -> Literal["inbound", "outbound", "internal"]: ...
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
    """A call between own extensions; plans cannot price these yet."""


class UnrateableReason(StrEnum):
    """Why a call has no price yet; it waits in suspense."""

    NO_PLAN = "no_plan"
    """No plan is active for the account at the charging instant; said by whoever chooses the plan."""
    PLAN_NOT_EFFECTIVE = "plan_not_effective"
    NO_PREFIX = "no_prefix"
    """No destination prefix valid at the charging instant matches the number."""
    NO_INBOUND_PRICE = "no_inbound_price"
    OTHER_PARTY_WITHHELD = "other_party_withheld"
    OTHER_PARTY_INTERNAL = "other_party_internal"


class Rated(NamedTuple):
    """A call with its price.

    rate: the destination that matched, None for inbound. duration_ms: the charged duration before
    increments, charged_duration where it came from; billed_s: after them. exact: the value before its one
    rounding; when it does not terminate it is shown to 24 decimals (half even) while `amount` comes from
    the whole value.
    """

    price: Price
    rate: Rate | None
    charged_duration: ChargedDuration
    duration_ms: int
    billed_s: int
    exact: Decimal
    amount: Decimal


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


def rate_call(plan: RatePlan, call: Call) -> Outcome:
    """Price one call under one plan version; the call has passed `refusal_of`.

    Outbound by the longest destination prefix valid at the charging instant, inbound at the plan's stated
    inbound price. The charging instant is the answer: a call that was not answered never comes so far.
    """
    return zero_rated(call) or rate_chargeable(plan, call)


def rate_chargeable(plan: RatePlan, call: Call) -> Rated | Unrateable:
    """Price a call of which it is known that it does not cost nothing by rule."""
    at = call.answered_at
    assert at is not None, "a call that nobody answered costs nothing"
    if at < plan.effective_from:
        return Unrateable(reason=UnrateableReason.PLAN_NOT_EFFECTIVE)
    rate: Rate | None = None
    if call.direction == "inbound":
        if plan.inbound is None:
            return Unrateable(reason=UnrateableReason.NO_INBOUND_PRICE)
        price = plan.inbound
    else:
        if call.other_party[0] != "+":
            return Unrateable(reason=_unnumbered(call.other_party))
        rate = plan.rate_for(call.other_party, at)
        if rate is None:
            return Unrateable(reason=UnrateableReason.NO_PREFIX)
        price = rate.price
    duration_ms, charged = charged_duration_of(call)
    billed_s = billed_seconds(price, duration_ms)
    exact, amount = amount_of(price, billed_s, scale=plan.scale, rounding=plan.rounding)
    return Rated(price, rate, charged, duration_ms, billed_s, exact, amount)


def zero_rated(call: Call) -> ZeroRated | None:
    """The call as one that costs nothing by rule, or None when a plan must price it: needs no plan."""
    duration_ms, charged = charged_duration_of(call)
    if call.answered_at is None or duration_ms == 0 or call.direction == "internal":
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


def billed_seconds(price: Price, duration_ms: int) -> int:
    """The seconds billed for a duration above 0.

    Milliseconds are raised to whole seconds, then to `minimum_s`; then the initial increment is billed
    whole and after it every begun increment. So a minimum never leaves a broken increment behind it.
    """
    seconds = max(-(-duration_ms // 1000), price.minimum_s)
    initial = price.initial_increment_s
    if seconds <= initial:
        return initial
    return initial - (initial - seconds) // price.increment_s * price.increment_s


def amount_of(price: Price, billed_s: int, *, scale: int, rounding: Rounding) -> tuple[Decimal, Decimal]:
    """(exact value, amount rounded once) for billed seconds.

    The value is an integer of sixtieths of 10⁻¹². Divided out to the 60 digits of EXACT it either
    terminates, and is held whole (at most 14 decimals), or ends in 3s or 6s for ever (the divisor left is
    3): then it lies at least 10⁻¹⁴ from every rounding boundary, while the division errs by less than
    10⁻⁴⁰. So the one rounding of the quotient is the rounding of the true value.
    """
    sixtieths = price.minute_atoms * billed_s + 60 * price.fee_atoms
    if sixtieths < 60 * price.minimum_atoms:
        sixtieths = 60 * price.minimum_atoms
    quotient = EXACT.divide(Decimal(sixtieths), _SIXTIETHS)
    exact = EXACT.quantize(quotient, _EXACT_QUANTUM) if sixtieths % 3 else quotient
    return exact, round_amount(quotient, scale=scale, mode=rounding)


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
