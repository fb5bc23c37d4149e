"""A record of a use says all that its kind needs, and nothing of another."""

from dataclasses import replace
from decimal import Decimal

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.events.refusals import refusal_of
from contracts.events.usage import UsageRecord
from contracts.topics import USAGE
from services.usage_rating.consumers import routes
from tests.support.uses import a_detection, a_message, a_metered_use, a_recording

READER = TypeAdapter(UsageRecord)


@pytest.mark.parametrize(
    "use",
    [
        a_message(),
        a_message(characters=171, encoding="ucs2"),
        a_message(channel="whatsapp", direction="inbound"),
        a_metered_use(quantity="-3.25"),
        a_recording(),
        a_recording(kind="analytics"),
        a_detection(count=3),
        replace(a_detection(), call_source="dialer"),
    ],
)
def test_what_is_good_is_not_refused(use: UsageRecord) -> None:
    assert refusal_of(use) is None


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (replace(a_message(), sent_at=None), "sent_at: missing"),
        (replace(a_message(), other_party=None), "other_party: missing"),
        (replace(a_message(), segments=None), "segments: missing"),
        (replace(a_message(), characters=3), "characters: they are counted with their encoding"),
        (replace(a_message(channel="whatsapp"), segments=1), "only an sms has them"),
        (replace(a_message(), quantity=Decimal(1)), "quantity: a message has none"),
        (replace(a_metered_use(), used_at=None), "used_at: missing"),
        (replace(a_metered_use(), meter=None), "meter: missing"),
        (replace(a_recording(), call_id=None), "call_id: missing"),
        (replace(a_recording(), duration_ms=None), "duration_ms: missing"),
        (replace(a_recording(), unit_override="claims"), "unit_override: a recording has none"),
        (
            replace(a_recording(kind="analytics"), own_number="+4930123456"),
            "own_number: a speech analysis has none",
        ),
        (replace(a_detection(), leg_id=None), "leg_id: missing"),
        (replace(a_detection(), duration_ms=5), "duration_ms: a detection has none"),
        (replace(a_message(), call_id="call-1"), "call_id: a message has none"),
        (replace(a_metered_use(), other_party="+4930123456"), "other_party: a metered use has none"),
    ],
)
def test_what_cannot_be_says_why(use: UsageRecord, says: str) -> None:
    assert says in (refusal_of(use) or "")


@pytest.mark.parametrize("quantity", ["1E5", "100000000", "0.0000000000001", "NaN", "+1", " 1", "1,5", ""])
def test_a_quantity_is_plain_digits(quantity: str) -> None:
    fields = '{"account_id":"a","usage_key":"k","kind":"metered","meter":"m","used_at":"2026-03-02T10:00:00Z"'
    assert READER.validate_json(f'{fields},"quantity":"-12.5"}}').quantity == Decimal("-12.5")
    with pytest.raises(ValidationError):
        READER.validate_json(f'{fields},"quantity":"{quantity}"}}')


def test_its_consumer_asks_the_same() -> None:
    [usage] = [route for route in routes(None, None, record_max_bytes=1) if route.topic == USAGE.name]
    bad = replace(a_message(), sent_at=None)
    assert usage.refusal is not None and usage.refusal(bad) == refusal_of(bad)
