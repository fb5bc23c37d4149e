"""Messages, recordings, detections and meters go the whole way over a real broker, and the proof holds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from chassis.database import Connection
from cli.demo.centre import ACCOUNT_ID, MONTH, contact_centre
from cli.demo.month import month_of_calls
from cli.demo.records import SOURCE, call_record, directory_records
from cli.publishing import PlatformRecord
from contracts.events.call import CallDetailRecord
from contracts.events.envelope import encode
from contracts.events.usage import USAGE_RECORDED, UsageKind, UsageRecord
from contracts.topics import USAGE
from contracts.values.calendar import start_of_day, zone_of
from contracts.values.ids import IdKind, derived_text
from tests.support.proving import broken, proven, ringledger, settled, until
from tests.support.way_of_a_call import WayOfACall, play

AT = start_of_day(MONTH.start_on, zone_of("UTC")) + timedelta(days=3, hours=12)
RECORDED = 12


def usage_record(use: UsageRecord) -> PlatformRecord:
    """The use as the demo's platform publishes it."""
    at = use.sent_at or use.used_at
    assert at is not None, "a use has an instant"
    value = encode(
        kind=USAGE_RECORDED, event_id=f"{use.usage_key}-{use.revision}", source=SOURCE, time=at, data=use
    )
    key = f"{use.account_id}|{use.call_id or use.usage_key}".encode()
    return PlatformRecord(topic=USAGE.name, key=key, value=value)


def belonging_to(call: CallDetailRecord, kind: UsageKind) -> UsageRecord:
    """The call's recording, analysis or detection."""
    return UsageRecord(
        account_id=ACCOUNT_ID,
        usage_key=f"{kind}-of-{call.call_id}-{call.leg_id}",
        kind=kind,
        call_id=call.call_id,
        leg_id=call.leg_id,
        duration_ms=None if kind == "detection" else 61_500,
        used_at=call.ended_at,
    )


def calls_of(seed: int) -> list[CallDetailRecord]:
    """The first revision of some legs that are never withdrawn."""
    month = month_of_calls(centre=contact_centre(), seed=seed, calls=RECORDED)
    return [told.call for told in month.records]


def publish_calls(seed: int) -> Iterable[PlatformRecord]:
    month = month_of_calls(centre=contact_centre(), seed=seed, calls=RECORDED)
    return [call_record(told) for told in month.records]


async def units_of(admin: Connection, usage_id: str) -> dict[Any, Decimal]:
    """What each unit owes of a use, as reporting has it; units with nothing left out."""
    rows = await admin.fetch(
        "SELECT unit_key, sum(amount) AS amount FROM reporting.charge_fact WHERE usage_id = $1 "
        "GROUP BY unit_key HAVING sum(amount) <> 0",
        usage_id,
    )
    return {row["unit_key"]: row["amount"] for row in rows}


async def live_units(admin: Connection, usage_id: str) -> list[str | None]:
    """The units of the charges that count now."""
    rows = await admin.fetch(
        "SELECT DISTINCT unit_id::text FROM billing_units.charge c WHERE usage_id = $1 AND kind = 'charge' "
        "AND NOT EXISTS (SELECT FROM billing_units.charge back WHERE back.reverses = c.charge_id) ORDER BY 1",
        usage_id,
    )
    return [row["unit_id"] for row in rows]


def leg_id_of(call: CallDetailRecord) -> str:
    return derived_text(IdKind.USAGE, ACCOUNT_ID, SOURCE, call.call_id, call.leg_id)


def use_id_of(use: UsageRecord) -> str:
    return derived_text(IdKind.USAGE, ACCOUNT_ID, SOURCE, use.usage_key)


async def test_what_belongs_to_a_call_follows_it_whichever_comes_first(way: WayOfACall, admin: Connection) -> None:
    early, late = calls_of(21), calls_of(22)
    kinds: tuple[UsageKind, ...] = ("recording", "analytics", "detection")
    before = [belonging_to(call, kind) for call in early for kind in kinds]
    after = [belonging_to(call, kind) for call in late for kind in kinds]
    way.start()
    await play(way.kafka, [usage_record(use) for use in before])
    verdict = await until(
        way, lambda v: not v.waiting and [line.kind for line in v.on_the_way] == ["wait_for_call"]
    )
    [line] = [line for line in verdict.on_the_way if line.kind == "wait_for_call"]
    assert verdict.holds, broken(verdict)
    assert line.records == len(before)
    assert line.oldest is not None
    assert "waiting for its call" in (await ringledger(way, "verify"))[1]

    await play(way.kafka, publish_calls(21))
    await play(way.kafka, publish_calls(22))
    await play(way.kafka, [usage_record(use) for use in after])
    verdict = await until(way, lambda v: v.settled)
    way.stop()
    assert verdict.holds, broken(verdict)
    for call in (*early, *late):
        use = belonging_to(call, "recording")
        leg = await admin.fetch(
            "SELECT DISTINCT unit_key FROM reporting.charge_fact WHERE usage_id = $1", leg_id_of(call)
        )
        assert (await units_of(admin, use_id_of(use))).keys() == {row["unit_key"] for row in leg}

    await a_wrong_unit_is_named(way, admin)


async def a_wrong_unit_is_named(way: WayOfACall, admin: Connection) -> None:
    """A recording whose charge was turned to another unit behind the service's back is found."""
    turn = "UPDATE billing_units.charge SET unit_id = $2 WHERE charge_id = $1"
    row = await admin.fetchrow(
        "SELECT charge_id, unit_id FROM billing_units.charge WHERE rule = 'call' AND kind = 'charge' LIMIT 1"
    )
    other = next(unit.unit_id for unit in contact_centre().units if unit.unit_id != str(row["unit_id"]))
    await admin.execute(turn, row["charge_id"], other)
    found = broken(await proven(way))
    await admin.execute(turn, row["charge_id"], row["unit_id"])
    assert "all: follows its call" in found


async def test_a_recording_moves_with_its_call(way: WayOfACall, admin: Connection) -> None:
    centre = contact_centre()
    calls = calls_of(23)
    way.start()
    await play(way.kafka, publish_calls(23))
    await play(way.kafka, [usage_record(belonging_to(call, "recording")) for call in calls])
    await settled(way)
    target = centre.units[0].unit_id
    moved = [
        replace(one, version=one.version + 7, unit_id=target, weight=1, primary=False) for one in centre.assignments
    ]
    await play(way.kafka, directory_records(replace(centre, assignments=tuple(moved))))
    verdict = await settled(way)
    way.stop()
    assert verdict.holds, broken(verdict)
    followed = [await live_units(admin, use_id_of(belonging_to(call, "recording"))) for call in calls]
    assert followed == [await live_units(admin, leg_id_of(call)) for call in calls]
    assert followed.count([target]) > len(calls) / 2


async def test_messages_and_meters_go_the_whole_way(way: WayOfACall, admin: Connection) -> None:
    number = contact_centre().numbers[0].number
    message = UsageRecord(
        account_id=ACCOUNT_ID,
        usage_key="pipeline-sms",
        kind="message",
        channel="sms",
        direction="outbound",
        other_party="+4915112345678",
        own_number=number,
        sent_at=AT,
        characters=161,
        encoding="gsm7",
    )
    storage = UsageRecord(
        account_id=ACCOUNT_ID,
        usage_key="pipeline-storage",
        kind="metered",
        meter="recording_storage",
        quantity=Decimal("104"),
        used_at=AT,
    )
    refund = replace(storage, usage_key="pipeline-refund", quantity=Decimal("-4"))
    way.start()
    await play(way.kafka, [usage_record(use) for use in (message, storage, refund)])
    verdict = await settled(way)
    way.stop()
    assert verdict.holds, broken(verdict)
    assert list((await units_of(admin, use_id_of(message))).values()) == [Decimal("0.14")]
    assert await units_of(admin, use_id_of(storage)) == {"unassigned": Decimal("2.6")}
    assert await units_of(admin, use_id_of(refund)) == {"unassigned": Decimal("-0.1")}
    costs = await admin.fetchval(
        "SELECT sum(amount) FROM reporting.unit_day_cost WHERE category = 'metered' AND account_id = $1", ACCOUNT_ID
    )
    assert costs == Decimal("2.5")
