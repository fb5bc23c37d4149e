"""Requests by the minute: how many one caller may make in this process."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from chassis.web import Problem
from services.portal.domain.pace import Bucket, full_bucket, take_one

CALLERS_MAX = 20_000


@dataclass(slots=True, kw_only=True)
class Pace:
    """Requests of each caller in this process; who has not asked for longest is forgotten first."""

    per_minute: int
    monotonic_s: Callable[[], float]
    _buckets: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)

    def take(self, caller_id: str) -> None:
        """Let one request through. Raises Problem for one too many."""
        now_us = round(self.monotonic_s() * 1_000_000)
        bucket = self._buckets.pop(caller_id, None) or full_bucket(self.per_minute, now_us)
        self._buckets[caller_id], wait_s = take_one(bucket, per_minute=self.per_minute, now_us=now_us)
        if len(self._buckets) > CALLERS_MAX:
            self._buckets.popitem(last=False)
        if wait_s:
            problem = Problem(
                429, "too_many_requests", f"At most {self.per_minute} requests a minute; wait {wait_s} s."
            )
            problem.headers["Retry-After"] = str(wait_s)
            raise problem
