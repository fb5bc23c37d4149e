"""What one request may ask for: the size of a body, before it is read."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.describing import PROBLEM_JSON
from chassis.web import Problem, json_answer
from services.portal.domain.routing import body_bytes_max

API = "/api/"
THROWN_AWAY_MAX = 32 * 1_048_576
"""Bytes of a form that are read only to be thrown away."""


def too_large(most: int) -> Problem:
    """The answer to a body beyond what a path takes."""
    return Problem(413, "too_large", f"A body here has at most {most} bytes.")


class BodyLimit:
    """Refuses a body that says it is too large, and cuts off one that does not say how large it is."""

    def __init__(self, app: ASGIApp, page: Callable[[Scope], ASGIApp]) -> None:
        self._app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or hand on with a counted body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = body_bytes_max(scope["path"])
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or int(said) > most:
            await self._refuse(scope, receive, send, too_large(most))
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

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, problem: Problem) -> None:
        if scope["path"].startswith(API):
            answer: ASGIApp = json_answer(problem.body, status=413, media_type=PROBLEM_JSON)
        else:
            # A browser shows no answer that came before it had sent all of its form.
            await _throw_away(receive)
            answer = self._page(scope)
        await answer(scope, receive, send)


async def _throw_away(receive: Receive) -> None:
    read, more = 0, True
    while more and read < THROWN_AWAY_MAX:
        message = await receive()
        read += len(message.get("body", b""))
        more = message.get("more_body", False)
