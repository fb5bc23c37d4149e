"""Charges that moved went the whole way: the proof holds over them, and names what was moved wrongly."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from chassis.database import Connection
from cli.demo.centre import contact_centre
from cli.demo.records import PlatformRecord, directory_records
from tests.support.proving import broken, proven, settled
from tests.support.way_of_a_call import WayOfACall, demo_month, play


def everybody_moves() -> Iterator[PlatformRecord]:
    """Every number's and team's assignment names the next unit, for all its time."""
    centre = contact_centre()
    units = [unit.unit_id for unit in centre.units]
    following = dict(zip(units, units[1:] + units[:1], strict=True))
    moved = [
        replace(assignment, version=assignment.version + 1, unit_id=following[assignment.unit_id])
        for assignment in centre.assignments
    ]
    return directory_records(replace(centre, assignments=tuple(moved)))


async def test_a_directory_turned_round_moves_every_charge_and_the_proof_holds(
    way: WayOfACall, admin: Connection
) -> None:
    before = await costs(admin)
    way.start()
    await asyncio.gather(play(way.kafka, everybody_moves()), play(way.kafka, demo_month(seed=6, calls=100)))
    await asyncio.sleep(0.3)
    way.stop(("billing_units",))
    way.start(("billing_units",))
    verdict = await settled(way)
    way.stop()
    assert verdict.holds, broken(verdict)
    undone = "count(*) FILTER (WHERE state <> 'done') AS undone"
    progress = await admin.fetchrow(f"SELECT {undone}, sum(moved) AS moved FROM billing_units.reattribution")
    assert progress["undone"] == 0
    assert progress["moved"] > 300
    after = await costs(admin)
    assert before.keys() == after.keys()
    assert before != after

    await admin.execute("UPDATE billing_units.reattribution SET moved = moved + 1 WHERE moved > 0")
    found = broken(await proven(way))
    await admin.execute("UPDATE billing_units.reattribution SET moved = moved - 1 WHERE moved > 0")
    assert "all: moves" in found
    assert await admin.fetchval(
        "SELECT count(*) FROM billing_units.charge WHERE kind = 'charge' AND allocation_revision > 1"
    )


async def test_a_charge_that_was_left_behind_is_named(way: WayOfACall, admin: Connection) -> None:
    """The directory changes behind the service's back, so nobody moves the charges."""
    most = "GROUP BY matched ORDER BY count(*) DESC LIMIT 1"
    number = await admin.fetchval(f"SELECT matched FROM billing_units.charge WHERE rule = 'number' {most}")
    turn = """
        UPDATE billing_units.assignment a SET unit_id = (
            SELECT min(u.unit_id::text)::uuid FROM billing_units.unit u
            WHERE u.account_id = a.account_id AND u.unit_id <> a.unit_id)
        WHERE a.member = $1
    """
    kept = await admin.fetch(
        "SELECT assignment_id, unit_id FROM billing_units.assignment WHERE member = $1", number
    )
    await admin.execute(turn, number)
    found = broken(await proven(way))
    for row in kept:
        await admin.execute("UPDATE billing_units.assignment SET unit_id = $2 WHERE assignment_id = $1", *row)
    assert {"all: nothing left behind", "all: units held the number"} <= found.keys(), found.keys()
    assert (await proven(way)).holds


async def costs(admin: Connection) -> dict[str, str]:
    """What reporting says each unit owes."""
    rows = await admin.fetch(
        "SELECT unit_key, sum(amount) AS amount FROM reporting.unit_day_cost GROUP BY unit_key"
    )
    return {row["unit_key"]: str(row["amount"]) for row in rows}
