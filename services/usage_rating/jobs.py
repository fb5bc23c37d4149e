"""Time in: what this service does without being asked."""

import asyncio

from chassis import metrics
from chassis.logs import get_logger
from services.usage_rating.handlers.rerating import RatingAnewHandler
from services.usage_rating.handlers.suspense import SuspenseHandler

LOG = get_logger(__name__)
SUSPENSE_EVERY_S = 1.0
LOOK_EVERY_S = 0.5
RERATING_WORKERS = 2
"""While one waits for the database, the other prices."""


async def retry_suspense(handler: SuspenseHandler) -> None:
    """Every second, price what was waiting for an account or plan that has appeared since."""
    while True:
        await asyncio.sleep(SUSPENSE_EVERY_S)
        try:
            priced = await handler.retry_due()
        except Exception as error:
            metrics.JOB_RUNS.labels("retry_suspense", "failed").inc()
            LOG.warning("suspense_not_retried", error=repr(error))
        else:
            metrics.JOB_RUNS.labels("retry_suspense", "done").inc()
            if priced:
                LOG.info("suspense_priced", legs=priced)


async def rerate(handler: RatingAnewHandler) -> None:
    """Preview and post what was asked for and approved; every half second, at once while there is more."""
    while True:
        worked = 0
        try:
            worked = await handler.work_off()
        except Exception as error:
            metrics.JOB_RUNS.labels("rerate", "failed").inc()
            LOG.warning("not_rated_anew", error=repr(error))
        else:
            metrics.JOB_RUNS.labels("rerate", "done").inc()
        await asyncio.sleep(0 if worked else LOOK_EVERY_S)
