"""`/livez`, `/readyz?verbose` and `/metrics` of a process, as a Starlette application to mount or to serve."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Check = Callable[[], Awaitable[str | None]]
"""Returns None when well, else what is wrong in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """What the process answers: liveness by one check, readiness by several, named."""

    live: Check
    ready: Mapping[str, Check]

    def routes(self) -> list[Route]:
        """The three routes."""
        return [
            Route("/livez", self._livez),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]

    def application(self) -> Starlette:
        """An application with nothing but the probes."""
        return Starlette(routes=self.routes())

    async def _livez(self, request: Request) -> Response:
        problem = await self.live()
        return PlainTextResponse(problem or "ok", status_code=503 if problem else 200)

    async def _readyz(self, request: Request) -> Response:
        problems = {name: await check() for name, check in self.ready.items()}
        ready = not any(problems.values())
        status = 200 if ready else 503
        if "verbose" in request.query_params:
            checks = {name: problem or "ok" for name, problem in problems.items()}
            return JSONResponse({"ready": ready, "checks": checks}, status_code=status)
        return PlainTextResponse("ok" if ready else "not ready", status_code=status)

    async def _metrics(self, request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
