"""Uses that are no calls come in by the same laws as calls: revisions, repeats, conflicts, voids, suspense."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from chassis.intake.batch import Fate
from contracts.events.rated_usage import USAGE_RATED, RatedUsage
from contracts.events.usage import UsageRecord
from contracts.generate.schemas import event_schema
from contracts.topics import RATED_USAGE, USAGE
from contracts.values.ids import IdKind, derived_text
from services.usage_rating.domain.minutes import MinutePrice
from tests.support.builders import a_call, a_plan
from tests.support.rating import Rating
from tests.support.rating_records import an_account_fact
from tests.support.uses import (
    a_detection,
    a_message,
    a_metered_use,
    a_recording,
    a_use_plan,
    sms_prices,
    usage_message,
)

PLAN = a_use_plan(
    {"sms": sms_prices({"49": "0.07"}, inbound="0.01"), "whatsapp": sms_prices({}, otherwise="0.03")},
    {"recording_storage": "0.025"},
    detection="0.005",
    recording=MinutePrice(per_minute=Decimal("0.002"), increment_s=60, initial_increment_s=60),
)


@pytest.fixture
async def ready(rating: Rating) -> Rating:
    """The service with an account and a plan that prices uses."""
    await rating.know(an_account_fact())
    await rating.use(PLAN)
    return rating


async def test_a_message_is_rated_with_its_certificate(ready: Rating) -> None:
    message = replace(
        a_message(characters=171, encoding="gsm7", sent="2026-03-31T22:30:00Z"),
        own_number="+442079460018",
        user_id="agent-17",
        campaign_id="spring",
    )
    await ready.rate_uses(message)
    [data] = await ready.published()
    usage_id = derived_text(IdKind.USAGE, "acme", "pbx", "sms-1")
    assert (data["usage_id"], data["category"], data["channel"]) == (usage_id, "message", "sms")
    assert (data["amount"], data["calls"], data["duration_ms"], data["billed_s"]) == ("0.140000", 1, 0, 0)
    assert (data["occurred_at"], data["use_on"]) == ("2026-03-31T22:30:00Z", "2026-04-01"), "a day of Berlin"
    assert (data["booked_period"], data["country"], data["campaign_id"]) == ("2026-04-01", "DE", "spring")
    assert data["certificate"] == {
        "charged_duration": "none",
        "billed_s": 0,
        "exact": "0.14",
        "rounding": "half_up",
        "scale": 6,
        "plan_id": "plan",
        "plan_version": 1,
        "unit_price": "0.07",
        "quantity": "2",
        "segments": 2,
        "prefix": "49",
        "destination": "destination 49",
    }
    assert data["other_party_token"].startswith("k1.")
    assert "+4930123456" not in orjson.dumps(await ready.published()).decode(), "the number stays where it came"


async def test_what_is_published_is_a_rated_usage(ready: Rating) -> None:
    await ready.rate_uses(a_message(), a_metered_use(quantity="-2.5"), a_message("w", channel="whatsapp"))
    await ready.rate_uses(replace(a_message(), revision=2, segments=4))
    schema = Draft202012Validator(event_schema(USAGE_RATED))
    found = await ready.published()
    assert [data["amount"] for data in found] == ["0.070000", "-0.062500", "0.030000", "-0.070000", "0.280000"]
    reader = TypeAdapter(RatedUsage)
    for data in found:
        rated = reader.validate_json(orjson.dumps(data))
        assert rated.certificate.quantity is not None and rated.certificate.unit_price is not None
        assert rated.certificate.exact == rated.certificate.quantity * rated.certificate.unit_price
        event = {"specversion": "1.0", "id": data["rated_usage_id"], "source": "x", "type": USAGE_RATED.name}
        assert list(schema.iter_errors({**event, "time": "2026-03-02T10:00:00Z", "data": data})) == []
    keys = await ready.ingest.fetch("SELECT messages FROM outbox WHERE topic = $1", RATED_USAGE.name)
    assert b"acme|sms-1" in b"".join(row["messages"] for row in keys)


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
async def test_the_highest_revision_stands_whatever_the_order(ready: Rating, order: Sequence[int]) -> None:
    for revision in order:
        await ready.rate_uses(a_message(segments=revision, revision=revision), partition=revision % 2)
    assert await ready.total() == Decimal("0.21")
    assert ready.fates[Fate.CONFLICT] == ready.fates[Fate.DUPLICATE] == 0


async def test_a_void_takes_everything_back(ready: Rating) -> None:
    await ready.rate_uses(a_message(segments=2), a_message(segments=2, revision=2, voided=True))
    first, back = await ready.published()
    assert (back["kind"], back["amount"], back["calls"]) == ("reversal", "-0.140000", -1)
    assert (back["certificate"]["quantity"], back["certificate"]["segments"]) == ("-2", -2)
    assert first["usage_id"] == back["usage_id"]


async def test_the_same_again_is_a_duplicate_and_other_content_a_conflict(ready: Rating) -> None:
    again = [usage_message(a_message(), name) for name in ("a", "b")]
    await ready.take(USAGE.name, again)
    await ready.take(USAGE.name, [usage_message(a_message(), "c")], partition=1)
    await ready.take(USAGE.name, [usage_message(a_message(segments=9), "d")])
    assert (ready.fates[Fate.DUPLICATE], ready.fates[Fate.CONFLICT]) == (2, 1)
    assert await ready.total() == Decimal("0.07")


async def test_a_use_and_a_call_of_the_same_name_are_two(ready: Rating) -> None:
    await ready.rate(a_call(call_id="same", seconds=60))
    await ready.take(USAGE.name, [usage_message(a_message("same"), "of-the-message")])
    assert {data["category"] for data in await ready.published()} == {"call", "message"}
    assert await ready.total() == Decimal("0.13")


async def test_the_same_key_of_another_source_is_another_use(ready: Rating) -> None:
    values = [usage_message(a_message(), "a", source=source) for source in ("pbx", "sms-gate")]
    await ready.take(USAGE.name, values)
    assert await ready.total() == Decimal("0.14")


async def test_what_has_no_price_waits_until_one_appears(rating: Rating) -> None:
    await rating.rate_uses(a_message(), a_metered_use())
    assert await rating.suspense() == {"sms-1": "unknown_account", "storage-1": "unknown_account"}
    await rating.know(an_account_fact())
    await rating.use(a_plan())
    assert await rating.retry_suspense() == 0
    await rating.rate_uses(a_message("later", channel="viber"))
    assert (await rating.suspense())["later"] == "no_message_channel"
    await rating.rate(a_call(to="+39061234567"))
    await rating.use(PLAN)
    assert await rating.retry_suspense() == 2
    assert await rating.suspense() == {"later": "no_message_channel", "call-1": "no_prefix"}
    assert await rating.total() == Decimal("0.07") + Decimal("2.6")


async def test_a_revision_releases_what_waits(ready: Rating) -> None:
    await ready.rate_uses(a_message(to="+39061234567"), a_message(revision=2))
    assert await ready.suspense() == {}
    assert await ready.total() == Decimal("0.07")


@pytest.mark.parametrize("use", [a_message(), a_metered_use()])
async def test_a_record_that_says_too_little_is_dead_lettered_alone(ready: Rating, use: UsageRecord) -> None:
    bad: Any = replace(use, sent_at=None, used_at=None, usage_key="bad")
    event = orjson.loads(usage_message(use, "bad"))
    event["data"] = {"account_id": bad.account_id, "usage_key": "bad", "kind": bad.kind}
    done = await ready.take(USAGE.name, [orjson.dumps(event), usage_message(use, "good")])
    assert done.fates[Fate.DEAD_LETTER] == done.fates[Fate.ACCEPTED] == 1


async def test_a_recording_names_the_leg_it_follows(ready: Rating) -> None:
    await ready.rate(a_call())
    elsewhere = replace(a_recording("r-2"), call_source="dialer")
    await ready.rate_uses(a_recording(), elsewhere, a_detection(count=2))
    call, recording, other, detection = await ready.published()
    assert recording["follows"] == detection["follows"] == call["usage_id"]
    assert other["follows"] == derived_text(IdKind.USAGE, "acme", "dialer", "call-1", "1")
    assert (recording["call_id"], recording["leg_id"], recording["usage_key"]) == ("call-1", "1", "recording-1")
    assert (recording["amount"], recording["duration_ms"], recording["billed_s"]) == ("0.004000", 61_500, 120)
    assert recording["certificate"] == {
        "charged_duration": "stated",
        "billed_s": 120,
        "exact": "0.004",
        "rounding": "half_up",
        "scale": 6,
        "plan_id": "plan",
        "plan_version": 1,
        "per_minute": "0.002",
        "minimum_s": 0,
        "initial_increment_s": 60,
        "increment_s": 60,
    }
    assert (detection["amount"], detection["certificate"]["quantity"]) == ("0.010000", "2")


async def test_a_recording_is_revised_and_withdrawn(ready: Rating) -> None:
    await ready.rate_uses(
        a_recording(), a_recording(seconds="200", revision=2), a_recording(revision=3, voided=True)
    )
    assert [data["amount"] for data in await ready.published()] == [
        "0.004000",
        "-0.004000",
        "0.008000",
        "-0.008000",
    ]
    assert await ready.total() == 0
    assert [data["billed_s"] for data in await ready.published()] == [120, -120, 240, -240]
