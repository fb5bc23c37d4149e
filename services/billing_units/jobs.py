"""Time in: what this service does without being asked."""

import asyncio

from chassis import metrics
from chassis.logs import get_logger
from services.billing_units.handlers.reattribution import ReattributionHandler

LOG = get_logger(__name__)
LOOK_EVERY_S = 0.5


async def reattribute(handler: ReattributionHandler) -> None:
    """Put charges right that a change of the directory touched; every half second, at once while there is more."""
    while True:
        worked = 0
        try:
            worked = await handler.work_off()
        except Exception as error:
            metrics.JOB_RUNS.labels("reattribute", "failed").inc()
            LOG.warning("charges_not_reattributed", error=repr(error))
        else:
            metrics.JOB_RUNS.labels("reattribute", "done").inc()
        await asyncio.sleep(0 if worked else LOOK_EVERY_S)
