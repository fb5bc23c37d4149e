"""Facts of accounts and units: the highest version wins, and a unit's counter begins with its fact."""

from collections.abc import Sequence
from typing import Any

from chassis.database import Pool
from chassis.intake.batch import Batch
from chassis.outbox.lanes import Outgoing
from contracts.events.charge import UNASSIGNED
from contracts.events.facts import UserFact
from services.reporting.handlers.facts import adopt_facts
from services.reporting.store.units import list_lanes_without_topic, update_topic_created
from tests.support.unit_costs import AT, a_unit_fact, a_unit_id, an_account_fact, an_event


async def adopt(ingest: Pool, *facts: Any) -> None:
    events: Sequence[Any] = [an_event(fact, offset) for offset, fact in enumerate(facts)]
    async with ingest.acquire() as connection, connection.transaction():
        await adopt_facts(
            Batch(connection=connection, events=events, outgoing=Outgoing(lane="facts/0"), recorded_at=AT)
        )


async def test_the_highest_version_wins_also_after_a_delete(ingest: Pool) -> None:
    await adopt(ingest, a_unit_fact(version=2, deleted=True), a_unit_fact(version=1))
    await adopt(ingest, a_unit_fact(version=1))
    assert await ingest.fetchval("SELECT deleted FROM unit") is True
    await adopt(ingest, an_account_fact(version=1), an_account_fact(version=3, currency="CHF"))
    await adopt(ingest, an_account_fact(version=2, currency="USD"))
    assert await ingest.fetchval("SELECT currency FROM account") == "CHF"


async def test_each_unit_and_each_account_s_unassigned_gets_a_counter_once(ingest: Pool) -> None:
    await adopt(ingest, a_unit_fact("north"), an_account_fact(), a_unit_fact("south"))
    await adopt(ingest, a_unit_fact("north", version=2))
    wanted = sorted([("acme", UNASSIGNED), ("acme", a_unit_id("north")), ("acme", a_unit_id("south"))])
    async with ingest.acquire() as connection:
        assert await list_lanes_without_topic(connection) == wanted
        await update_topic_created(connection, wanted[:2])
        assert await list_lanes_without_topic(connection) == wanted[2:]
        assert await list_lanes_without_topic(connection, every_unit=True) == wanted


async def test_facts_of_anything_else_are_passed_over(ingest: Pool) -> None:
    await adopt(ingest, UserFact(account_id="acme", user_id="agent-1", version=1, deleted=False))
    assert await ingest.fetchval("SELECT count(*) FROM unit_cost_lane") == 0
