"""What one request may ask for: the size of a body, before it is read."""

from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.describing import PROBLEM_JSON
from chassis.web import Problem, json_answer
from services.portal.domain.routing import body_bytes_max


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
