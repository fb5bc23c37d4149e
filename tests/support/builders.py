"""Calls, prices and plans in the words of the domain: a test names only what matters to it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from contracts.events.call import CallDetailRecord, Channel, Direction
from contracts.values.money import Rounding
from services.usage_rating.domain.plan import NO_HOLIDAYS, InboundPrices, Rate, RatePlan, inbound_at
from services.usage_rating.domain.prices import AnyPrice, Price
from services.usage_rating.domain.windows import Holidays

ANSWERED = "2026-03-02T10:00:00Z"


def an_instant(text: str) -> datetime:
    """An RFC 3339 text, or a day, as an instant in UTC."""
    instant = datetime.fromisoformat(text)
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def a_call(
    *,
    seconds: float | Decimal = 60,
    answered: str | None = ANSWERED,
    started: str | None = None,
    to: str = "+4930123456",
    direction: Direction = "outbound",
    channel: Channel | None = None,
    billable_ms: int | None = None,
    voided: bool = False,
    call_id: str = "call-1",
    account_id: str = "acme",
) -> CallDetailRecord:
    """A leg of `seconds` from its answer, or from its start when nobody answered."""
    answered_at = None if answered is None else an_instant(answered)
    began = answered_at or an_instant(started or ANSWERED)
    return CallDetailRecord(
        account_id=account_id,
        call_id=call_id,
        leg_id="1",
        direction=direction,
        channel=channel or ("inbound" if direction == "inbound" else "manual"),
        other_party=to,
        disposition="answered" if answered_at else "no_answer",
        started_at=an_instant(started) if started else began,
        answered_at=answered_at,
        ended_at=began + timedelta(milliseconds=int(Decimal(str(seconds)) * 1000)),
        billable_duration_ms=billable_ms,
        voided=voided,
    )


def a_price(
    per_minute: str = "0.06",
    *,
    fee: str = "0",
    initial_s: int = 1,
    increment_s: int = 1,
    minimum_charge: str = "0",
    minimum_s: int = 0,
) -> Price:
    """A price per minute, by the second unless said."""
    return Price(
        per_minute=Decimal(per_minute),
        connection_fee=Decimal(fee),
        initial_increment_s=initial_s,
        increment_s=increment_s,
        minimum_charge=Decimal(minimum_charge),
        minimum_s=minimum_s,
    )


def a_rate(
    prefix: str = "49",
    price: AnyPrice | None = None,
    *,
    valid_from: str | None = None,
    valid_until: str | None = None,
) -> Rate:
    """The price of a prefix, always valid unless said."""
    return Rate(
        prefix=prefix,
        destination=f"destination {prefix}",
        price=price or a_price(),
        valid_from=an_instant(valid_from) if valid_from else None,
        valid_until=an_instant(valid_until) if valid_until else None,
    )


def a_plan(
    *rates: Rate,
    inbound: InboundPrices | Price | None = None,
    internal: AnyPrice | None = None,
    time_zone: str = "UTC",
    holidays: Holidays = NO_HOLIDAYS,
    rounding: Rounding = Rounding.HALF_UP,
    scale: int = 6,
    effective: str = "2010-01-01",
) -> RatePlan:
    """A plan in EUR with these rates; a single one for 49 when none is given."""
    return RatePlan(
        plan_id="plan",
        version=1,
        name="Plan",
        currency="EUR",
        effective_from=an_instant(effective),
        rates=rates or (a_rate(),),
        inbound=inbound if isinstance(inbound, InboundPrices) else inbound_at(inbound),
        internal=internal,
        time_zone=time_zone,
        holidays=holidays,
        rounding=rounding,
        scale=scale,
    )
