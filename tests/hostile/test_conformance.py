"""Every answer is one that the OpenAPI document tells of, whatever is asked; the long run is `make fuzz`."""

import pytest

from tests.conftest import FreshDatabase
from tests.hostile.callers import ADMIN
from tests.hostile.conformance import Ordered, conform
from tests.hostile.world import every_service, world_on

QUICK = Ordered(examples=3, phases=("examples", "fuzzing", "stateful"), seed=20261123)


@pytest.mark.parametrize("role", [ADMIN, "view_billing_unit, limited"])
async def test_every_answer_is_one_that_the_document_tells_of(fresh_database: FreshDatabase, role: str) -> None:
    async with world_on(await fresh_database(every_service)) as world:
        found = await conform(world, role, QUICK)
    assert found.passed, found.said
