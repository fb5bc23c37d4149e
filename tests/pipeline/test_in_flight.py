"""What is on its way between two services is found record by record, and what was dropped there is lost."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chassis.database import Connection
from cli.dead_letters import DeadLetter
from cli.dead_letters import replay as send_again
from cli.demo.centre import ACCOUNT_ID
from cli.demo.month import Told
from cli.demo.records import call_record
from cli.publishing import PlatformRecord
from contracts.topics import CALLS, RATED_USAGE, SERVICES, group_of, replay_topic
from services.billing_units.consumers import routes as allocation_routes
from services.billing_units.handlers.directory_cache import DirectoryCache
from services.billing_units.handlers.usage import UsageHandler
from services.usage_rating.consumers import routes as rating_routes
from services.usage_rating.handlers.calls import CALL_RECORDS
from services.usage_rating.handlers.messages import Tokens
from services.usage_rating.handlers.other_uses import USAGE_RECORDS
from services.usage_rating.handlers.pricing import PlanCache
from services.usage_rating.handlers.uses import UsesHandler
from tests.support.applying import apply_unread, read_at
from tests.support.builders import a_call
from tests.support.proving import broken, names, proven, ringledger, settled, until
from tests.support.tampering import ONLY_WHILE_IT_WAITS, a_cent_more, money_columns, without_row
from tests.support.way_of_a_call import WayOfACall, demo_month, play

RECORD_BYTES = 100_000


@pytest.fixture(autouse=True)
async def all_arrives_in_the_end(way: WayOfACall) -> AsyncIterator[None]:
    """Whatever a test held back goes the rest of its way afterwards, and the proof holds."""
    yield
    way.stop()
    way.start()
    verdict = await settled(way)
    way.stop()
    assert verdict.holds, broken(verdict)


async def test_what_is_not_read_yet_is_in_flight_and_what_was_skipped_is_lost(
    way: WayOfACall, admin: Connection
) -> None:
    way.start(("usage_rating",))
    await play(way.kafka, demo_month(seed=2, calls=20))
    verdict = await until(way, lambda v: not [w for w in v.waiting if w.service == "usage_rating"])
    way.stop()
    assert verdict.holds, broken(verdict)
    (line,) = verdict.on_the_way
    assert (line.flow, line.kind) == ("charges", "topic")
    assert len(verdict.in_flight) == line.records >= 20
    record = verdict.in_flight[0]
    assert record.place.startswith(f"{RATED_USAGE.name}/")

    place, _, offset = record.place.rpartition("@")
    partition = int(place.rpartition("/")[2])
    where = (group_of("billing_units"), RATED_USAGE.name, partition)
    move = """
        UPDATE billing_units.input_position SET next_offset = $4
        WHERE consumer_group = $1 AND topic = $2 AND partition = $3
    """
    before = await admin.fetchval(
        """
        SELECT next_offset FROM billing_units.input_position
        WHERE consumer_group = $1 AND topic = $2 AND partition = $3
        """,
        *where,
    )
    await admin.execute(move, *where, int(offset) + 1)
    verdict = await proven(way)
    await admin.execute(move, *where, before)
    found = broken(verdict)
    assert record.id in {str(lost["id"]) for lost in found["all: nothing lost"]}
    assert "billing_units: positions" in found


async def test_what_is_recorded_and_not_published_is_in_flight(way: WayOfACall, admin: Connection) -> None:
    await play(way.kafka, demo_month(seed=3, calls=20))
    tokens = Tokens(secret=b"a-token-key-for-tests", key_id="k1")
    calls = UsesHandler(records=CALL_RECORDS, plans=PlanCache(1), tokens=tokens)
    others = UsesHandler(records=USAGE_RECORDS, plans=PlanCache(1), tokens=tokens)
    declared = rating_routes(calls, others, record_max_bytes=RECORD_BYTES)
    applied = await apply_unread(way, service="usage_rating", routes=declared, topic=CALLS.name)
    verdict = await proven(way)
    assert verdict.holds, broken(verdict)
    (line,) = verdict.on_the_way
    assert (line.kind, line.records) == ("outbox", len(verdict.in_flight))
    assert applied == line.records >= 20
    assert verdict.in_flight[0].place.startswith(f"usage_rating.outbox {CALLS.name}/")

    row = await admin.fetchrow("SELECT lane, first_seq FROM usage_rating.outbox ORDER BY lane LIMIT 1")
    condition = "lane = $1 AND first_seq = $2"
    async with without_row(admin, "usage_rating.outbox", condition, *row):
        found = broken(await proven(way))
    assert {"all: nothing lost", "usage_rating: outbox lanes"} <= found.keys(), found


async def test_a_reversal_that_overtook_its_rating_is_a_wait(way: WayOfACall, admin: Connection) -> None:
    way.start(("usage_rating",))
    await play(way.kafka, a_call_and_its_void())
    verdict = await until(way, lambda v: sum(line.records for line in v.on_the_way) == 2)
    way.stop()
    rated, reversal = sorted(verdict.in_flight, key=lambda record: -record.amount)
    # The reversal arrives by the replay topic before the partition with both has been read.
    await send_reversal_ahead(way, reversal.place)
    allocation = UsageHandler(directory=DirectoryCache(max_answers=1000))
    applied = await apply_unread(
        way,
        service="billing_units",
        routes=allocation_routes(allocation, record_max_bytes=RECORD_BYTES),
        topic=replay_topic(RATED_USAGE.name, "billing_units"),
    )
    assert applied == 1
    verdict = await proven(way)
    assert verdict.holds, broken(verdict)
    found = {(record.id, record.kind) for record in verdict.in_flight}
    assert found == {(rated.id, "topic"), (reversal.id, "wait")}

    await a_cent_is_seen(way, admin, "billing_units.reversal_wait")


async def test_what_was_spent_and_not_added_up_counts(way: WayOfACall, admin: Connection) -> None:
    way.start(("usage_rating",))
    await play(way.kafka, demo_month(seed=4, calls=20))
    await until(way, lambda v: sum(line.records for line in v.on_the_way) >= 20)
    way.stop()
    allocation = UsageHandler(directory=DirectoryCache(max_answers=1000))
    await apply_unread(
        way,
        service="billing_units",
        routes=allocation_routes(allocation, record_max_bytes=RECORD_BYTES),
        topic=RATED_USAGE.name,
    )
    verdict = await proven(way)
    assert verdict.holds, broken(verdict)
    assert [line.records > 0 for line in verdict.waiting if line.what == "spend"] == [True]
    assert "changes of what units spent to add up" in (await ringledger(way, "verify"))[1]
    await a_cent_is_seen(way, admin, "billing_units.spend_change")
    async with without_row(admin, "billing_units.spend_change", "amount <> 0"):
        assert "all: unit spend" in broken(await proven(way))


async def a_cent_is_seen(way: WayOfACall, admin: Connection, table: str) -> None:
    columns = await money_columns(admin, SERVICES)
    (column,) = [c for c in columns if (c.name, c.column) in ONLY_WHILE_IT_WAITS and c.name == table]
    async with a_cent_more(admin, column) as tampered:
        verdict = await proven(way)
    assert not verdict.holds
    assert names(verdict, tampered.ids), broken(verdict)


def a_call_and_its_void() -> list[PlatformRecord]:
    """A call that is withdrawn afterwards: rated, then reversed."""
    call = a_call(call_id="withdrawn-1", account_id=ACCOUNT_ID, answered="2026-10-20T09:00:00Z", seconds=300)
    void = replace(call, revision=2, voided=True)
    return [call_record(Told(call=told, told_at=told.ended_at)) for told in (call, void)]


async def send_reversal_ahead(way: WayOfACall, place: str) -> None:
    """The very record, once more, for billing_units alone."""
    record = await read_at(way.kafka, place)
    letter = DeadLetter(
        address=place,
        topic=RATED_USAGE.name,
        service="billing_units",
        code="",
        detail="",
        failed_at="",
        key=record.key,
        value=record.value,
        headers=record.headers,
    )
    await send_again(way.kafka, [letter])
