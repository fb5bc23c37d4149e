"""Keeps the monthly partitions of a service's big tables made ahead of time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from chassis import metrics
from chassis.clock import Clock
from chassis.database import ACQUIRE_TIMEOUT_S, Pool
from chassis.logs import get_logger

LOG = get_logger(__name__)
EVERY_S = 6 * 3600
AFTER_FAILURE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPartitions:
    """The job of one service. months_ahead: how many months beside the present one are prepared."""

    pool: Pool
    clock: Clock
    tables: Sequence[str]
    months_ahead: int

    async def run(self) -> None:
        """Every six hours, make what is missing; until then the table's `_other` partition holds the rows."""
        while True:
            wait_s = EVERY_S
            try:
                made = await self.make_missing()
            except Exception as error:
                metrics.JOB_RUNS.labels("month_partitions", "failed").inc()
                LOG.warning("partitions_not_made", error=repr(error))
                wait_s = AFTER_FAILURE_S
            else:
                metrics.JOB_RUNS.labels("month_partitions", "done").inc()
                if made:
                    LOG.info("partitions_made", partitions=made)
            await asyncio.sleep(wait_s)

    async def make_missing(self) -> int:
        """Make the partitions from this month on; how many were new."""
        made = 0
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            for table in self.tables:
                made += await connection.fetchval(
                    "SELECT make_month_partitions($1, $2, $3)", table, self.clock().date(), self.months_ahead + 1
                )
        return made
