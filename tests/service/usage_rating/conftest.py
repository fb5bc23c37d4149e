"""A migrated database with usage_rating's handlers on it, for each test."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.conftest import FreshDatabase
from tests.support.rating import Rating
from tests.support.rating_api import asking
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


@pytest.fixture
async def http(rating: Rating) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service's API that proves nothing by itself."""
    async with asking(rating) as client:
        yield client
