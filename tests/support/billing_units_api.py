"""billing_units' API as a client of one account sees it, on a real database."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from chassis.clock import system_random
from chassis.database import refuse_unsafe_role
from chassis.probes import Probes
from services.billing_units.api.application import application
from services.billing_units.consumers import SERVICE
from services.billing_units.handlers.commands import Commands
from tests.support.allocating import api_pool
from tests.support.callers import Signed, a_caller, a_guard

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


async def _well() -> str | None:
    return None


def client_of(app: Any, account: str) -> httpx.AsyncClient:
    """A client that signs for an operator, in one account."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://billing-units",
        auth=Signed(caller=a_caller(account), audience=SERVICE),
        timeout=60,
    )


@asynccontextmanager
async def api_of(dsn: str, clock: Callable[[], datetime] = lambda: NOW, connections: int = 8) -> AsyncIterator[Any]:
    """The application on a pool of the row-secured role."""
    pool = await api_pool(dsn, connections)
    try:
        await refuse_unsafe_role(pool, SERVICE)
        commands = Commands(pool=pool, schema=SERVICE, clock=clock, random=system_random)
        yield application(commands, pool, a_guard(SERVICE), Probes(live=_well, ready={"database": _well}))
    finally:
        await pool.close()
