"""Nothing crosses from one account to another, also with row-level security alone; and a hole would be seen."""

import pytest

from contracts.topics import SERVICES
from tests.conftest import FreshDatabase
from tests.hostile.callers import ASTRAY_CALLERS, CALLERS
from tests.hostile.isolation import hunt, right_requests
from tests.hostile.stripped import stripped_queries
from tests.hostile.values import ghosts_of
from tests.hostile.world import THEIRS, every_service, world_on
from tests.support.directory import unit_id

REQUESTS = 1_600
SEED = 20261123
ONE_ROW = ("get_parts",)
"""It asks for one row in a subquery. Past row-level security it would find each account's, and every preview would
end in a failure (500) before it could tell anything."""


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
    """Without the conditions and past row-level security, what is another's is told, differs, and is changed."""
    with stripped_queries(but=ONE_ROW):
        async with world_on(await fresh_database(every_service), guarded=False) as world:
            outcome = await hunt(world, requests=1_600, seed=SEED + 2)
    assert outcome.kinds() >= {"leaked", "differs", "changed"}, outcome.said()
    assert outcome.statuses[500] < 10, outcome.said()


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
