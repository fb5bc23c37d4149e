"""Time in: what this service does without being asked."""

import asyncio

from chassis import metrics
from chassis.logs import get_logger
from services.reporting.handlers.topics import UnitTopics

LOG = get_logger(__name__)
TOPICS_EVERY_S = 2.0
"""A unit's topic must exist at the latest 60 s after its fact (DESIGN §7)."""


async def create_unit_topics(topics: UnitTopics) -> None:
    """Every two seconds, make the topics of units that have none; a failure is tried again."""
    while True:
        try:
            created = await topics.create_missing()
        except Exception as error:
            metrics.JOB_RUNS.labels("create_unit_topics", "failed").inc()
            LOG.warning("unit_topics_not_created", error=repr(error))
        else:
            metrics.JOB_RUNS.labels("create_unit_topics", "done").inc()
            if created:
                LOG.info("unit_topics_exist", units=created)
        await asyncio.sleep(TOPICS_EVERY_S)
