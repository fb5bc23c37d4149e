"""A migrated database with usage_rating's handlers on it, for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.conftest import FreshDatabase
from tests.support.rating import Rating
from tests.support.schemas import migrated


@pytest.fixture
async def database(fresh_database: FreshDatabase) -> str:
    """The administrator's address of a migrated database."""
    return await fresh_database(migrated("usage_rating"))


@pytest.fixture
async def rating(database: str) -> AsyncIterator[Rating]:
    """The service, with the test as its consumer."""
    made = await Rating.on(database)
    yield made
    await made.close()
