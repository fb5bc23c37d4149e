"""A migrated database with usage_rating's handlers on it, for each test."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.conftest import FreshDatabase
from tests.support.rating import Rating
from tests.support.schemas import migrated
from tests.support.usage_rating_api import api_on


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
    """A client of the API that proves nothing by itself; `of` says whom it asks for."""
    transport = httpx.ASGITransport(app=api_on(rating))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
