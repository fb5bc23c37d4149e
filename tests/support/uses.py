"""Uses that are no calls, and plans that price them, in the words of the domain."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from contracts.events.envelope import encode
from contracts.events.usage import USAGE_RECORDED, Encoding, MessageDirection, UsageKind, UsageRecord
from contracts.values.money import Rounding
from services.usage_rating.domain.messages import ChannelPrices, MessageRate
from services.usage_rating.domain.minutes import MinutePrice
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.use_prices import UsePrices
from tests.support.builders import a_plan, an_instant

SENT = "2026-03-02T10:00:00Z"


def a_message(
    key: str = "sms-1",
    *,
    to: str = "+4930123456",
    channel: str = "sms",
    direction: MessageDirection = "outbound",
    segments: int | None = None,
    characters: int | None = None,
    encoding: Encoding | None = None,
    sent: str = SENT,
    revision: int = 1,
    voided: bool = False,
    account_id: str = "acme",
) -> UsageRecord:
    """A message; an SMS of one segment unless its length is said."""
    if channel == "sms" and segments is None and characters is None:
        segments = 1
    return UsageRecord(
        account_id=account_id,
        usage_key=key,
        kind="message",
        channel=channel,
        direction=direction,
        other_party=to,
        sent_at=an_instant(sent),
        segments=segments,
        characters=characters,
        encoding=encoding,
        revision=revision,
        voided=voided,
    )


def a_metered_use(
    key: str = "storage-1", *, quantity: str = "104", meter: str = "recording_storage", used: str = SENT
) -> UsageRecord:
    """So many units of a meter."""
    return UsageRecord(
        account_id="acme",
        usage_key=key,
        kind="metered",
        meter=meter,
        quantity=Decimal(quantity),
        used_at=an_instant(used),
    )


def a_recording(
    key: str = "recording-1",
    *,
    of: str = "call-1",
    kind: UsageKind = "recording",
    seconds: str = "61.5",
    revision: int = 1,
    voided: bool = False,
) -> UsageRecord:
    """The recording of a call's first leg, or its analysis."""
    return UsageRecord(
        account_id="acme",
        usage_key=key,
        kind=kind,
        call_id=of,
        leg_id="1",
        duration_ms=int(Decimal(seconds) * 1000),
        used_at=an_instant(SENT),
        revision=revision,
        voided=voided,
    )


def a_detection(key: str = "amd-1", *, of: str = "call-1", count: int | None = None) -> UsageRecord:
    """Answering machine detection on a call's first leg."""
    return UsageRecord(
        account_id="acme",
        usage_key=key,
        kind="detection",
        call_id=of,
        leg_id="1",
        count=count,
        used_at=an_instant(SENT),
    )


def sms_prices(
    rates: Mapping[str, str], *, otherwise: str | None = None, inbound: str | None = None
) -> ChannelPrices:
    """Prices by prefix."""
    return ChannelPrices(
        rates=tuple(
            MessageRate(prefix=prefix, destination=f"destination {prefix}", country="DE", price=Decimal(price))
            for prefix, price in rates.items()
        ),
        otherwise=None if otherwise is None else Decimal(otherwise),
        inbound=None if inbound is None else Decimal(inbound),
    )


def a_use_plan(
    messages: Mapping[str, ChannelPrices] | None = None,
    metered: Mapping[str, str] | None = None,
    *,
    detection: str | None = None,
    recording: MinutePrice | None = None,
    analytics: MinutePrice | None = None,
    rounding: Rounding = Rounding.HALF_UP,
    scale: int = 6,
    effective: str = "2010-01-01",
) -> RatePlan:
    """A plan in EUR that prices calls to 49, and of other uses what is given."""
    uses = UsePrices(
        messages=messages or {},
        detection=None if detection is None else Decimal(detection),
        recording=recording,
        analytics=analytics,
        metered={meter: Decimal(price) for meter, price in (metered or {}).items()},
    )
    return replace(a_plan(rounding=rounding, scale=scale, effective=effective), uses=uses)


def usage_message(use: UsageRecord, event_id: str, *, source: str = "pbx") -> bytes:
    """A use as its platform publishes it."""
    at = use.sent_at or use.used_at
    assert at is not None, "a use has an instant"
    return encode(kind=USAGE_RECORDED, event_id=event_id, source=source, time=at, data=use)
