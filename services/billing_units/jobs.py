"""Time in: what this service does without being asked."""

import asyncio

from chassis import metrics
from chassis.clock import Clock
from chassis.database import ACQUIRE_TIMEOUT_S, Pool
from chassis.logs import get_logger
from services.billing_units.handlers.partitions import prepare_partitions

LOG = get_logger(__name__)
PARTITIONS_EVERY_S = 6 * 3600
AFTER_FAILURE_S = 60


async def keep_partitions_ahead(pool: Pool, clock: Clock, months_ahead: int) -> None:
    """Every six hours, see that the charges of this month and of those to come have their partitions."""
    while True:
        wait_s = PARTITIONS_EVERY_S
        try:
            async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
                made = await prepare_partitions(connection, clock().date(), months_ahead)
        except Exception as error:
            metrics.JOB_RUNS.labels("keep_partitions_ahead", "failed").inc()
            LOG.warning("partitions_not_made", error=repr(error))
            wait_s = AFTER_FAILURE_S
        else:
            metrics.JOB_RUNS.labels("keep_partitions_ahead", "done").inc()
            if made:
                LOG.info("partitions_made", months=made)
        await asyncio.sleep(wait_s)
