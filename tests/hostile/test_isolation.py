"""Nothing crosses from one account to another, also with row-level security alone; and a hole would be seen."""

import asyncpg
import pytest

from contracts.topics import SERVICES
from tests.conftest import FreshDatabase
from tests.hostile.callers import ASTRAY_CALLERS, CALLERS
from tests.hostile.isolation import hunt, right_requests
from tests.hostile.stripped import stripped_queries
from tests.hostile.values import digests_of, ghosts_of
from tests.hostile.world import THEIRS, every_service, world_on
from tests.support.directory import unit_id

REQUESTS = 1_600
SEED = 20261123


async def test_no_operation_tells_or_changes_anything_of_another_account(fresh_database: FreshDatabase) -> None:
    async with world_on(await fresh_database(every_service)) as world:
        outcome = await hunt(world, requests=REQUESTS, seed=SEED)
    assert outcome.findings == [], outcome.said()
    operations = {f"{method.upper()} {path}" for path, item in world.document["paths"].items() for method in item}
    without_a_place = operations - outcome.operations
    assert len(without_a_place) < len(operations) / 5, without_a_place
    assert outcome.callers == {*CALLERS, *ASTRAY_CALLERS}
    assert outcome.requests >= REQUESTS * 0.9
    assert outcome.statuses[200] > 40 and outcome.statuses[404] > 20, outcome.said()


async def test_row_level_security_alone_keeps_accounts_apart(fresh_database: FreshDatabase) -> None:
    with stripped_queries() as conditions:
        assert conditions > 20 * len(SERVICES) / 2
        async with world_on(await fresh_database(every_service)) as world:
            outcome = await hunt(world, requests=500, seed=SEED + 1)
    assert outcome.findings == [], outcome.said()


async def test_the_hunt_sees_a_hole(fresh_database: FreshDatabase) -> None:
    """Without the conditions and past row-level security: ids, names and figures of the other account come out."""
    with stripped_queries():
        async with world_on(await fresh_database(every_service), guarded=False) as world:
            outcome = await hunt(world, requests=1_600, seed=SEED + 2)
    assert outcome.kinds() >= {"leaked", "differs"}, outcome.said()


async def test_a_changed_row_is_seen(fresh_database: FreshDatabase) -> None:
    dsn = await fresh_database(every_service)
    async with world_on(dsn) as world:
        before = await digests_of(world.dsn, THEIRS)
        assert await digests_of(world.dsn, THEIRS) == before
        admin = await asyncpg.connect(dsn)
        await admin.execute("UPDATE billing_units.unit SET version = version + 1 WHERE account_id = $1", THEIRS)
        await admin.close()
        after = await digests_of(world.dsn, THEIRS)
    assert [table for table in before if before[table] != after[table]] == ["billing_units.unit"]


async def test_the_requests_that_ids_are_put_into_are_right_ones(fresh_database: FreshDatabase) -> None:
    async with world_on(await fresh_database(every_service)) as world:
        answers = await right_requests(world)
    wrong = {operation: answer for operation, answer in answers.items() if answer[0] >= 400 and answer[0] != 409}
    missing = [operation for operation, answer in wrong.items() if answer[0] == 404]
    assert len(missing) == len(wrong), wrong
    assert len(missing) <= 2, wrong


@pytest.mark.parametrize("one", [THEIRS, unit_id("Claims"), "+442079462100", "agent-1", "zz", "99", "--"])
def test_a_ghost_has_the_shape_of_its_id_and_is_nobody(one: str) -> None:
    [ghost] = ghosts_of([one], {one}).values()
    assert ghost != one
    assert len(ghost) - len(one) in (0, 1)
