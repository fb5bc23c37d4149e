"""A migrated database with the handlers on it, for each test."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import FreshDatabase
from tests.support.allocating import Allocating, ingest_pool
from tests.support.billing_units_api import api_of
from tests.support.schemas import migrated


@pytest.fixture
async def database(fresh_database: FreshDatabase) -> str:
    """The administrator's address of a migrated database."""
    return await fresh_database(migrated("billing_units"))


@pytest.fixture
async def allocating(database: str) -> AsyncIterator[Allocating]:
    """The service, with the test as its consumer."""
    pool = await ingest_pool(database)
    yield Allocating(pool=pool)
    await pool.close()


@pytest.fixture
async def app(database: str) -> AsyncIterator[Any]:
    """The API's application."""
    async with api_of(database) as application:
        yield application
