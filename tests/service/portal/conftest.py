"""Portal for the tests of this folder."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import FreshDatabase
from tests.support.front import Front, portal_on
from tests.support.schemas import migrated


@pytest.fixture
async def front(fresh_database: FreshDatabase) -> AsyncIterator[Front]:
    """Portal with nobody in it."""
    async with portal_on(await fresh_database(migrated("portal"))) as made:
        yield made
