"""What one request and one caller may ask for: the size of a body before it is read, requests by the minute."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.web import PROBLEM_JSON, Problem, json_answer
from services.portal.domain.pace import Bucket, full_bucket, take_one
from services.portal.domain.routing import body_bytes_max

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


def too_large(most: int) -> Problem:
    """The answer to a body beyond what a path takes."""
    return Problem(413, "too_large", f"A body here has at most {most} bytes.")


class BodyLimit:
    """Refuses a body that says it is too large, and cuts off one that does not say how large it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on with a counted body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = body_bytes_max(scope["path"])
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or int(said) > most:
            problem = too_large(most)
            await json_answer(problem.body, status=413, media_type=PROBLEM_JSON)(scope, receive, send)
            return
        read = 0

        async def counted() -> "dict[str, object]":
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise too_large(most)
            return dict(message)

        await self._app(scope, counted, send)
