"""Charges recorded: numbered once, added up, kept, and in each unit's lane in the order of their numbers."""

import asyncio
from dataclasses import fields
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import asyncpg
import orjson
import pytest
from aiokafka.structs import ConsumerRecord

from chassis.database import Pool
from chassis.intake.batch import Fate
from chassis.intake.events import EventReader
from chassis.outbox.packing import unpack_messages
from contracts.events.charge import UNASSIGNED
from contracts.events.envelope import to_json
from contracts.events.unit_cost import UNIT_COST_RECORDED, UnitCost
from services.reporting.store.costs import list_unit_costs
from services.reporting.store.units import insert_unit_lanes, lock_unit_lanes
from tests.store.reporting.conftest import Record
from tests.support.unit_costs import a_charge, a_unit_id, an_event

NORTH = a_unit_id("north")


async def sent_lines(ingest: Pool, unit_key: str) -> list[dict[str, object]]:
    """The data of the messages in a unit's lane, in the lane's order."""
    rows = await ingest.fetch(
        "SELECT first_seq, topic, messages FROM outbox WHERE lane = $1 ORDER BY first_seq",
        f"unit-costs/acme/{unit_key}",
    )
    lines = []
    for row in rows:
        for place, value in enumerate(unpack_messages(row["messages"]).values):
            data = orjson.loads(value)["data"]
            assert data["seq"] == row["first_seq"] + place
            lines.append(data)
    return lines


async def verify(dsn: str, view: str) -> list[Any]:
    """The rows of a view of the proof, as the administrator reads them."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "reporting"})
    try:
        rows: list[Any] = await connection.fetch(f"SELECT * FROM {view}")
        return rows
    finally:
        await connection.close()


async def test_a_batch_is_numbered_by_unit_in_the_order_of_the_log(ingest: Pool, record: Record) -> None:
    units = ("north", None, "north", "south", None, "north")
    events = [an_event(a_charge(n, "0.10", unit=unit), n) for n, unit in enumerate(units)]
    await record(events[:4])
    await record(events[4:])
    lines = await sent_lines(ingest, NORTH)
    assert [line["seq"] for line in lines] == [1, 2, 3]
    assert [line["charge_id"] for line in lines] == [events[n].data.charge_id for n in (0, 2, 5)]
    assert [line["running_total"] for line in lines] == ["0.100000", "0.200000", "0.300000"]
    assert [line["seq"] for line in await sent_lines(ingest, UNASSIGNED)] == [1, 2]


async def test_each_message_is_a_unit_cost(ingest: Pool, record: Record) -> None:
    charge = a_charge(2, "0.10", reverses=1)
    await record([an_event(charge, 1), an_event(a_charge(3, unit=None), 2)])
    reader = EventReader([UNIT_COST_RECORDED], max_bytes=10_000)
    rows = await ingest.fetch("SELECT messages FROM outbox ORDER BY lane")
    sent = [unpack_messages(row["messages"]) for row in rows]
    events = [reader.read(ConsumerRecord("", 0, 0, 0, 0, None, one.values[0], None, 0, 0, ())) for one in sent]
    assert {field.name for field in fields(UnitCost)} == orjson.loads(sent[0].values[0])["data"].keys()
    assert [one.keys[0].decode() for one in sent] == [f"acme|{NORTH}", "acme|unassigned"]
    assert [event.event_id for event in events] == [event.data.charge_id for event in events]
    assert events[0].data.reverses == charge.reverses
    assert (events[1].data.unit_id, events[1].data.amount) == (None, Decimal("0.010000"))


async def test_older_messages_are_as_the_topic_carries_them(ingest: Pool, record: Record) -> None:
    events = [an_event(a_charge(n, "0.123456", reverses=99 if n == 2 else None), n) for n in range(5)]
    await record(events)
    async with ingest.acquire() as connection:
        costs = await list_unit_costs(connection, "acme", NORTH, after_seq=1, limit=3)
    assert orjson.loads(to_json(costs)) == (await sent_lines(ingest, NORTH))[1:4]


async def test_each_period_has_its_own_running_total(ingest: Pool, record: Record) -> None:
    september, october = date(2026, 9, 1), date(2026, 10, 1)
    await record([an_event(a_charge(1, "1", period=september), 1), an_event(a_charge(2, "2", period=october), 2)])
    await record([an_event(a_charge(3, "4", period=september), 3)])
    assert [line["running_total"] for line in await sent_lines(ingest, NORTH)] == [
        "1.000000",
        "2.000000",
        "5.000000",
    ]


async def test_a_reversal_before_its_original_nets_to_nothing(ingest: Pool, record: Record) -> None:
    await record([an_event(a_charge(2, "0.70", reverses=1), 1)])
    await record([an_event(a_charge(1, "0.70"), 2)])
    row = await ingest.fetchrow("SELECT calls, duration_ms, billed_s, amount FROM unit_day_cost")
    assert tuple(row) == (0, 0, 0, Decimal(0))
    assert [line["running_total"] for line in await sent_lines(ingest, NORTH)] == ["-0.700000", "0.000000"]


async def test_a_charge_under_another_event_id_counts_once(ingest: Pool, record: Record) -> None:
    batch = await record([an_event(a_charge(1, "0.10"), 1), an_event(a_charge(1, "0.10"), 2, event_id="again")])
    assert batch.fates[Fate.DUPLICATE] == 1
    batch = await record([an_event(a_charge(1, "0.10"), 3, event_id="and-again")])
    assert batch.fates[Fate.DUPLICATE] == 1
    batch = await record([an_event(a_charge(1, "0.20"), 4, event_id="changed")])
    assert batch.fates[Fate.CONFLICT] == 1
    assert len(batch.conflicts) == 1
    assert await ingest.fetchval("SELECT count(*) FROM charge_fact") == 1
    assert len(await sent_lines(ingest, NORTH)) == 1


async def test_members_that_write_to_the_same_units_leave_no_gap(ingest: Pool, dsn: str, record: Record) -> None:
    """Batches of units in any order, four at once: numbers in each lane stay 1, 2, 3 … and totals unbroken."""
    dice = Random(20261005)
    units = ["north", "south", "east", None]
    charges = [
        a_charge(n, f"{dice.randrange(1000)}.{dice.randrange(10**6):06d}", unit=dice.choice(units))
        for n in range(400)
    ]
    slices = [charges[start : start + 10] for start in range(0, 400, 10)]

    async def member(own: list[int]) -> None:
        for place in own:
            await record([an_event(charge, n) for n, charge in enumerate(slices[place])])

    await asyncio.gather(*(member(list(range(start, len(slices), 4))) for start in range(4)))
    lanes = await verify(dsn, "verify_unit_cost_lane")
    assert sum(lane["facts"] for lane in lanes) == 400
    for lane in lanes:
        assert lane["last_seq"] == lane["outbox_last_seq"] == lane["facts"] == lane["fact_last_seq"]
        assert (lane["first_seq"], lane["broken_lines"]) == (1, 0)
        lines = await sent_lines(ingest, str(lane["unit_id"] or UNASSIGNED))
        assert [line["seq"] for line in lines] == list(range(1, lane["facts"] + 1))
    total = sum(charge.amount for charge in charges)
    for view, column in (
        ("verify_charge_fact", "amount"),
        ("verify_unit_day_cost", "amount"),
        ("verify_unit_period_total", "running_total"),
        ("verify_unit_cost_lane", "amount"),
    ):
        assert sum(row[column] for row in await verify(dsn, view)) == total, view


@pytest.mark.parametrize(
    ("statement", "column", "right"),
    [
        ("UPDATE charge_fact SET running_total = running_total + 1 WHERE seq = 2", "broken_lines", 0),
        ("UPDATE charge_fact SET seq = 9 WHERE seq = 3", "broken_lines", 0),
        ("DELETE FROM charge_fact WHERE seq = 3", "facts", 3),
        ("UPDATE charge_fact SET amount = 7 WHERE seq = 1", "amount", Decimal("0.30")),
    ],
)
async def test_the_view_of_the_proof_shows_a_broken_topic(
    dsn: str, record: Record, statement: str, column: str, right: object
) -> None:
    await record([an_event(a_charge(n, "0.10"), n) for n in range(3)])
    [before] = await verify(dsn, "verify_unit_cost_lane")
    assert before[column] == right
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "reporting"})
    await connection.execute(statement)
    await connection.close()
    [after] = await verify(dsn, "verify_unit_cost_lane")
    assert after[column] != right


async def test_who_makes_a_counter_holds_no_other_meanwhile(ingest: Pool) -> None:
    """Held by one and wanted by the other: with some locked while another is made, this was a deadlock."""
    east, north = ("acme", "east"), ("acme", "north")
    async with ingest.acquire() as one, ingest.acquire() as other:
        first, second = one.transaction(), other.transaction()
        await first.start()
        await insert_unit_lanes(one, [east])
        async with ingest.acquire() as third:
            await lock_unit_lanes(third, [north])
        await second.start()
        waiting = asyncio.create_task(lock_unit_lanes(other, [east, north]))
        await asyncio.sleep(0.2)
        assert not waiting.done(), "east is being made"
        assert await lock_unit_lanes(one, [east, north]) == {east: 0, north: 0}
        await first.commit()
        assert await waiting == {east: 0, north: 0}
        await second.commit()
