"""Prices corrected while calls come and numbers move, the whole way: the proof holds over all of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from chassis.clock import system_clock, system_random
from chassis.database import Connection, open_pool
from chassis.migrate import api_role
from cli.demo.centre import ACCOUNT_ID, MONTH, contact_centre
from cli.demo.records import directory_records
from cli.publishing import PlatformRecord
from contracts.values.calendar import start_of_day, zone_of
from services.usage_rating.domain.rerating import Asked
from services.usage_rating.handlers.reratings import ReratingsHandler
from tests.support.callers import a_caller
from tests.support.proving import broken, settled
from tests.support.schemas import as_role
from tests.support.way_of_a_call import WayOfACall, accept_demo_plan, demo_month, play

POSTED_S = 60


@pytest.fixture
async def commands(way: WayOfACall) -> AsyncIterator[ReratingsHandler]:
    """The commands of usage_rating's API, with its role."""
    dsn = as_role(way.dsn, api_role("usage_rating"))
    pool = await open_pool(dsn, schema="usage_rating", application_name="test", max_size=1)
    yield ReratingsHandler(pool=pool, schema="usage_rating", clock=system_clock, random=system_random)
    await pool.close()


async def asked(commands: ReratingsHandler, admin: Connection, version: int | None) -> str:
    """The month's re-rating, previewed; its id."""
    zone = zone_of(contact_centre().account.zone)
    wanted = Asked(
        account_id=ACCOUNT_ID,
        from_at=start_of_day(MONTH.start_on - timedelta(days=1), zone),
        to_at=start_of_day(MONTH.end_on, zone),
        plan_id=None if version is None else "demo",
        plan_version=version,
    )
    rerating_id = await commands.ask(wanted, "inbound was too cheap", a_caller(ACCOUNT_ID))
    assert isinstance(rerating_id, str), rerating_id
    await come_to(admin, rerating_id, "previewed")
    return rerating_id


async def come_to(admin: Connection, rerating_id: str, state: str) -> None:
    """Wait until the job has brought it so far."""
    query = "SELECT state FROM usage_rating.rerating WHERE rerating_id = $1"
    for _ in range(10 * POSTED_S):
        stands = await admin.fetchval(query, rerating_id)
        if stands == state:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"it is {stands}, not {state}")


def everybody_moves_back() -> Iterator[PlatformRecord]:
    """Every number's and team's assignment names the unit before, for all its time."""
    centre = contact_centre()
    units = [unit.unit_id for unit in centre.units]
    former = dict(zip(units, units[-1:] + units[:-1], strict=True))
    moved = [replace(each, version=each.version + 9, unit_id=former[each.unit_id]) for each in centre.assignments]
    return directory_records(replace(centre, assignments=tuple(moved)))


async def rated(admin: Connection) -> tuple[Decimal, Decimal]:
    """What was rated in all, and what reporting says units owe."""
    rated = await admin.fetchval("SELECT sum(amount) FROM usage_rating.rated_usage")
    owed = await admin.fetchval("SELECT sum(amount) FROM reporting.unit_day_cost")
    return rated, owed


async def test_prices_are_corrected_beside_calls_and_moves_and_the_proof_holds(
    way: WayOfACall, admin: Connection, commands: ReratingsHandler
) -> None:
    before, _ = await rated(admin)
    accepted = await accept_demo_plan(way.dsn, inbound="0.036")
    way.start()
    rerating_id = await asked(commands, admin, None)
    assert await commands.approve(ACCOUNT_ID, rerating_id, a_caller(ACCOUNT_ID)) is None
    await asyncio.gather(play(way.kafka, everybody_moves_back()), play(way.kafka, demo_month(seed=8, calls=100)))
    way.stop(("usage_rating",))
    way.start(("usage_rating",))
    await come_to(admin, rerating_id, "posted")
    verdict = await settled(way)
    assert verdict.holds, broken(verdict)
    dear, owed = await rated(admin)
    assert dear == owed > before
    stands = await admin.fetchrow("SELECT * FROM usage_rating.rerating WHERE rerating_id = $1", rerating_id)
    assert stands["changes"] > 100 and stands["amount_after"] > stands["amount_before"]

    assert (await commands.approve(ACCOUNT_ID, rerating_id, a_caller(ACCOUNT_ID))) is not None
    named = await asked(commands, admin, accepted.version - 1)
    assert await commands.approve(ACCOUNT_ID, named, a_caller(ACCOUNT_ID)) is None
    await come_to(admin, named, "posted")
    verdict = await settled(way)
    way.stop()
    assert verdict.holds, broken(verdict)
    cheap, owed = await rated(admin)
    assert cheap == owed < dear
    again = "SELECT amount_before - amount_after FROM usage_rating.rerating WHERE rerating_id = $1"
    assert dear - cheap == await admin.fetchval(again, named)
