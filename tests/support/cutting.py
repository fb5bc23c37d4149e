"""Cuts the connection of work that waits for a lock, as if its process had been killed there."""

import asyncio
from collections.abc import Awaitable

from chassis.database import INFRASTRUCTURE_ERRORS, Pool

WAITING = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'
"""


async def cut_at(pool: Pool, lock: str, work: Awaitable[object]) -> None:
    """Take locks by a statement, let the work run until it waits for one, and cut its connection there."""
    async with pool.acquire() as holder:
        transaction = holder.transaction()
        await transaction.start()
        assert await holder.fetch(lock), "there must be something to wait for"
        running = asyncio.ensure_future(work)
        while not (waiting := await pool.fetch(WAITING)):
            assert not running.done(), "the work did not wait"
            await asyncio.sleep(0.01)
        for row in waiting:
            await pool.execute("SELECT pg_terminate_backend($1)", row["pid"])
        try:
            await running
        except INFRASTRUCTURE_ERRORS:
            pass
        else:
            raise AssertionError("the work has outlived its connection")
        finally:
            await transaction.rollback()
