"""From a plan and a use that is no call to an amount: quantity times unit price, exact, rounded once."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple, Protocol, TypeAlias

from contracts.values.money import EXACT, Rounding, round_amount
from services.usage_rating.domain.messages import SMS, Encoding, MessageRate, segments_of
from services.usage_rating.domain.minutes import MinutePrice
from services.usage_rating.domain.use_prices import UsePrices

UseKind = Literal["message", "detection", "recording", "analytics", "metered"]


class UsePlan(Protocol):
    """What rating reads of a plan version; a rate plan is one."""

    @property
    def effective_from(self) -> datetime: ...
    @property
    def rounding(self) -> Rounding: ...
    @property
    def scale(self) -> int: ...
    @property
    def uses(self) -> UsePrices: ...


class OtherUse(Protocol):
    """What rating reads of a use that is no call; the usage record of the contracts is one."""

    @property
    def kind(self) -> UseKind: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def direction(self) -> Literal["inbound", "outbound"] | None: ...
    @property
    def other_party(self) -> str | None: ...
    @property
    def sent_at(self) -> datetime | None: ...
    @property
    def segments(self) -> int | None: ...
    @property
    def characters(self) -> int | None: ...
    @property
    def encoding(self) -> Encoding | None: ...
    @property
    def meter(self) -> str | None: ...
    @property
    def quantity(self) -> Decimal | None: ...
    @property
    def count(self) -> int | None: ...
    @property
    def duration_ms(self) -> int | None: ...
    @property
    def used_at(self) -> datetime | None: ...


class NoPriceReason(StrEnum):
    """Why a use has no price yet; it waits in suspense."""

    PLAN_NOT_EFFECTIVE = "plan_not_effective"
    NO_CHANNEL = "no_message_channel"
    """The plan prices no messages of this channel."""
    NO_PREFIX = "no_message_prefix"
    """No prefix of the channel's rates matches, and it has no price for all others."""
    NO_INBOUND_PRICE = "no_inbound_message_price"
    NO_DETECTION_PRICE = "no_detection_price"
    NO_RECORDING_PRICE = "no_recording_price"
    NO_ANALYTICS_PRICE = "no_analytics_price"
    NO_METER = "no_meter"
    """The plan prices no such meter."""


class RatedUse(NamedTuple):
    """A use with its price. quantity: how often unit_price is due; segments: the same of an SMS.

    rate: the destination that matched, None where none was asked for. minutes: the price of what costs by its
    duration, which is duration_ms, and billed_s after increments; it has neither unit price nor quantity. exact:
    the value before its one rounding.
    """

    exact: Decimal
    amount: Decimal
    unit_price: Decimal | None = None
    quantity: Decimal | None = None
    rate: MessageRate | None = None
    segments: int | None = None
    minutes: MinutePrice | None = None
    duration_ms: int = 0
    billed_s: int = 0


class NoPrice(NamedTuple):
    """A use that cannot be priced now."""

    reason: NoPriceReason


UseOutcome: TypeAlias = RatedUse | NoPrice


def rate_use(plan: UsePlan, use: OtherUse) -> UseOutcome:
    """Price one use under one plan version; it has passed the refusals of its contract."""
    if use_instant(use) < plan.effective_from:
        return NoPrice(NoPriceReason.PLAN_NOT_EFFECTIVE)
    match use.kind:
        case "message":
            return _rate_message(plan, use)
        case "detection":
            return _rate_detection(plan, use)
        case "recording":
            return _rate_minutes(plan, use, plan.uses.recording, NoPriceReason.NO_RECORDING_PRICE)
        case "analytics":
            return _rate_minutes(plan, use, plan.uses.analytics, NoPriceReason.NO_ANALYTICS_PRICE)
        case "metered":
            return _rate_metered(plan, use)


def use_instant(use: OtherUse) -> datetime:
    """The instant that decides plan version, unit and use day (DESIGN §3)."""
    at = use.sent_at if use.kind == "message" else use.used_at
    assert at is not None, f"a {use.kind} without its instant is refused"
    return at


def _rate_message(plan: UsePlan, use: OtherUse) -> UseOutcome:
    assert use.channel is not None and use.other_party is not None, "a message without them is refused"
    prices = plan.uses.messages.get(use.channel)
    if prices is None:
        return NoPrice(NoPriceReason.NO_CHANNEL)
    segments = _segments(use) if use.channel == SMS else None
    quantity = Decimal(1 if segments is None else segments)
    if use.direction == "inbound":
        if prices.inbound is None:
            return NoPrice(NoPriceReason.NO_INBOUND_PRICE)
        return _rated(plan, prices.inbound, quantity, segments=segments)
    rate = prices.rate_for(use.other_party)
    price = prices.otherwise if rate is None else rate.price
    if price is None:
        return NoPrice(NoPriceReason.NO_PREFIX)
    return _rated(plan, price, quantity, rate=rate, segments=segments)


def _segments(use: OtherUse) -> int:
    if use.segments is not None:
        return use.segments
    assert use.characters is not None and use.encoding is not None, "an SMS without its length is refused"
    return segments_of(use.characters, use.encoding)


def _rate_detection(plan: UsePlan, use: OtherUse) -> UseOutcome:
    if plan.uses.detection is None:
        return NoPrice(NoPriceReason.NO_DETECTION_PRICE)
    return _rated(plan, plan.uses.detection, Decimal(1 if use.count is None else use.count))


def _rate_minutes(plan: UsePlan, use: OtherUse, price: MinutePrice | None, lack: NoPriceReason) -> UseOutcome:
    assert use.duration_ms is not None, f"a {use.kind} without its duration is refused"
    if price is None:
        return NoPrice(lack)
    billed_s = price.billed_seconds(use.duration_ms)
    whole, shown = price.cost_of(billed_s)
    amount = round_amount(whole, scale=plan.scale, mode=plan.rounding)
    return RatedUse(shown, amount, minutes=price, duration_ms=use.duration_ms, billed_s=billed_s)


def _rate_metered(plan: UsePlan, use: OtherUse) -> UseOutcome:
    """The model `unit`: every unit costs the same, so a refund (a negative quantity) mirrors its use exactly."""
    assert use.meter is not None and use.quantity is not None, "a metered use without them is refused"
    price = plan.uses.metered.get(use.meter)
    if price is None:
        return NoPrice(NoPriceReason.NO_METER)
    return _rated(plan, price, use.quantity)


def _rated(
    plan: UsePlan,
    unit_price: Decimal,
    quantity: Decimal,
    *,
    rate: MessageRate | None = None,
    segments: int | None = None,
) -> RatedUse:
    """At most 8 + 6 digits before the point and 12 + 12 after it: the product is held whole, and 0 has no sign."""
    exact = EXACT.plus(EXACT.multiply(unit_price, quantity))
    amount = round_amount(exact, scale=plan.scale, mode=plan.rounding)
    return RatedUse(exact, amount, unit_price, quantity, rate, segments)
