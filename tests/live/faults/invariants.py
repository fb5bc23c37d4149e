"""What must hold at every instant, looked at every few seconds while faults happen, each on one snapshot."""

import asyncio
import time
from dataclasses import dataclass, field

from tests.live.faults.ground import Ground
from tests.live.faults.injector import DATABASE_AWAY

EVERY_S = 4.0
SHARE_OF_TIME = 20
"""A look may take a twentieth of the time: at a million calls it reads long tables."""

POSITION_AND_FATES = """
    SELECT count(*) AS broken
    FROM {service}.input_position p
    LEFT JOIN (
        SELECT topic, partition, max(last_offset) + 1 AS passed, sum(last_offset - first_offset + 1) AS offsets
        FROM {service}.offset_fate GROUP BY 1, 2
    ) f USING (topic, partition)
    WHERE p.next_offset <> coalesce(f.passed, 0) OR coalesce(f.offsets, 0) <> coalesce(f.passed, 0)
"""
ONE_LIVE_RATING = """
    SELECT count(*) AS broken FROM usage_rating.leg l
    WHERE live_rated_usage_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM usage_rating.rated_usage r
        WHERE r.account_id = l.account_id AND r.rated_usage_id = l.live_rated_usage_id AND r.month = l.live_month
    )
"""
GAPLESS_UNITS = """
    SELECT count(*) AS broken FROM reporting.unit_cost_lane l
    LEFT JOIN (
        SELECT account_id, unit_key, count(*) AS lines, max(seq) AS last FROM reporting.charge_fact GROUP BY 1, 2
    ) f USING (account_id, unit_key)
    WHERE l.last_seq <> coalesce(f.lines, 0) OR l.last_seq <> coalesce(f.last, 0)
"""


@dataclass(slots=True, kw_only=True)
class Watch:
    """Looks again and again until cancelled; `broken` says what did not hold, `looks` how often it looked."""

    ground: Ground
    services: tuple[str, ...]
    looks: int = 0
    broken: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Look every EVERY_S seconds, seldomer where a look takes long; not while the database is away."""
        pause_s = EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            began = time.monotonic()
            try:
                await self._look()
            except DATABASE_AWAY:
                continue
            pause_s = max(EVERY_S, SHARE_OF_TIME * (time.monotonic() - began))

    async def _look(self) -> None:
        questions = {f"positions and fates of {s}": POSITION_AND_FATES.format(service=s) for s in self.services}
        questions["live ratings"] = ONE_LIVE_RATING
        if "reporting" in self.services:
            questions["lines of units"] = GAPLESS_UNITS
        for what, sql in questions.items():
            (row,) = await self.ground.query(sql)
            if row["broken"]:
                self.broken.append(f"during the run {row['broken']} {what} did not agree")
        self.looks += 1
