"""A service's migrated schema as each of its roles reaches it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import asyncpg
import pytest

from chassis.database import Connection
from tests.conftest import FreshDatabase
from tests.support.databases import Databases
from tests.support.schemas import as_role, migrated

SERVICE = "usage_rating"
"""Any service has the chassis' tables; this one stands for all where it does not matter."""

Connect = Callable[..., Awaitable[Connection]]
Standing = Callable[[str], Awaitable[str]]


@pytest.fixture
async def dsn(fresh_database: FreshDatabase) -> str:
    """A migrated database, as its administrator."""
    return await fresh_database(migrated(SERVICE))


@pytest.fixture(scope="session")
def standing(databases: Databases) -> Iterator[Standing]:
    """`await standing(service)`: a migrated database shared by tests that only look at it."""
    made: dict[str, str] = {}

    async def of(service: str) -> str:
        if service not in made:
            made[service] = await databases.create(migrated(service))
        return made[service]

    yield of
    for dsn in made.values():
        asyncio.run(databases.drop(dsn))


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """`await connect(dsn, role=None, service=SERVICE)`: a connection that is closed after the test."""
    opened: list[Connection] = []

    async def open_one(dsn: str, role: str | None = None, service: str = SERVICE) -> Connection:
        address = dsn if role is None else as_role(dsn, role)
        opened.append(await asyncpg.connect(address, server_settings={"search_path": service}))
        return opened[-1]

    yield open_one
    for connection in opened:
        await connection.close()
