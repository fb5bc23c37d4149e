"""Time in: what this service does without being asked."""

import asyncio
from datetime import timedelta

import asyncpg

from chassis import metrics
from chassis.clock import Clock
from chassis.database import INFRASTRUCTURE_ERRORS, Pool
from chassis.logs import get_logger
from services.portal.handlers.signing_keys import KeyPlanner
from services.portal.store.signing_keys import delete_expired

LOG = get_logger(__name__)
KEYS_EVERY_S = 30
FORGET_EVERY_S = 600
AFTER_FAILURE_S = 2
REMEMBERED = timedelta(hours=24)
"""How long an Idempotency-Key counts; attempts to sign in are counted for less."""

FAILURES = (*INFRASTRUCTURE_ERRORS, asyncpg.PostgresError)


async def plan_signing_keys(planner: KeyPlanner) -> None:
    """Every half minute, publish the keys that are due."""
    while True:
        wait_s = KEYS_EVERY_S
        try:
            published = await planner.plan()
        except FAILURES as error:
            metrics.JOB_RUNS.labels("plan_signing_keys", "failed").inc()
            LOG.warning("signing_keys_not_planned", error=repr(error))
            wait_s = AFTER_FAILURE_S
        else:
            metrics.JOB_RUNS.labels("plan_signing_keys", "done").inc()
            if published:
                LOG.info("signing_keys_published", keys=published)
        await asyncio.sleep(wait_s)


async def forget_expired(pool: Pool, clock: Clock) -> None:
    """Every ten minutes, remove sessions, attempts and kept answers whose time is over."""
    while True:
        try:
            now = clock()
            forgotten = await delete_expired(pool, now, now - REMEMBERED)
        except FAILURES as error:
            metrics.JOB_RUNS.labels("forget_expired", "failed").inc()
            LOG.warning("expired_not_forgotten", error=repr(error))
        else:
            metrics.JOB_RUNS.labels("forget_expired", "done").inc()
            LOG.debug("expired_forgotten", rows=forgotten)
        await asyncio.sleep(FORGET_EVERY_S)
