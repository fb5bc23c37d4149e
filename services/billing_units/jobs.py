"""Time in: what this service does without being asked."""

import asyncio

from chassis import metrics
from chassis.logs import get_logger
from services.billing_units.handlers.following import PER_CHUNK, FollowingHandler
from services.billing_units.handlers.reattribution import ReattributionHandler
from services.billing_units.handlers.spending import SpendingHandler

LOG = get_logger(__name__)
LOOK_EVERY_S = 0.5
ADD_UP_EVERY_S = 1


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


async def follow_calls(handler: FollowingHandler) -> None:
    """Put what follows a call where its call is; every half second, at once while there is more."""
    while True:
        looked = 0
        try:
            looked = await handler.work_off()
        except Exception as error:
            metrics.JOB_RUNS.labels("follow_calls", "failed").inc()
            LOG.warning("calls_not_followed", error=repr(error))
        else:
            metrics.JOB_RUNS.labels("follow_calls", "done").inc()
        await asyncio.sleep(0 if looked >= PER_CHUNK else LOOK_EVERY_S)


async def add_up_spend(handler: SpendingHandler) -> None:
    """Add up what units spent; every second, at once while there is more than one run adds up."""
    while True:
        added = 0
        try:
            added = await handler.add_up()
        except Exception as error:
            metrics.JOB_RUNS.labels("add_up_spend", "failed").inc()
            LOG.warning("spend_not_added_up", error=repr(error))
        else:
            metrics.JOB_RUNS.labels("add_up_spend", "done").inc()
        await asyncio.sleep(0 if added >= handler.changes_per_run else ADD_UP_EVERY_S)


async def announce_alerts(handler: SpendingHandler) -> None:
    """Announce what somebody should act on, once it is added up; every half second, at once while there is more."""
    while True:
        decided = 0
        try:
            decided = await handler.announce()
        except Exception as error:
            metrics.JOB_RUNS.labels("announce_alerts", "failed").inc()
            LOG.warning("alerts_not_announced", error=repr(error))
        else:
            metrics.JOB_RUNS.labels("announce_alerts", "done").inc()
        await asyncio.sleep(0 if decided >= handler.marks_per_run else LOOK_EVERY_S)
