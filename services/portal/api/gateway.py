"""`/api/v1`: finds out who asks, hands the request to the service that answers it, and gives its answer back."""

from urllib.parse import unquote

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from chassis.logs import get_logger
from chassis.statements import Unproven
from chassis.web import Problem, unproven
from services.portal.api.once import STATUS as STATUS_OF_REPEATS
from services.portal.api.once import IdempotencyKey
from services.portal.clients import Answer, Asked, NotReached, Stream
from services.portal.handlers.forwarding import NO_ROUTE, Forwarding
from services.portal.handlers.front_door import FrontDoor
from services.portal.handlers.people import Refusal
from services.portal.handlers.signing_keys import NoSigningKey

LOG = get_logger(__name__)
SENT_ON = ("content-type", "accept", "if-match", "if-none-match")
"""Headers of a request that the service is given; above all no credential and no cookie."""

METHODS = ["GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE"]
"""All, so that the service whose path it is says which it has."""

STATUS = {"not_found": 404, **STATUS_OF_REPEATS}
REQUEST_ID = "Ringledger-Request-Id"


def gateway(door: FrontDoor, forwarding: Forwarding) -> APIRouter:
    """Every path under `/api/v1` that portal does not answer itself; services authorise again."""
    router = APIRouter(prefix="/api/v1", include_in_schema=False)

    @router.api_route("/{path:path}", methods=METHODS)
    async def forward(request: Request, path: str, idempotency_key: IdempotencyKey = None) -> Response:
        caller = await door.admit(request)
        if isinstance(caller, Unproven):
            raise unproven(door, caller)
        request.state.caller = caller
        asked = Asked(
            method=request.method,
            path=_written(request),
            query=request.url.query,
            headers={name: request.headers[name] for name in SENT_ON if name in request.headers},
            body=await request.body(),
        )
        try:
            answer = await forwarding.forward(caller, asked, idempotency_key)
        except (NotReached, NoSigningKey) as error:
            LOG.warning("not_forwarded", path=path, error=str(error))
            raise away() from error
        if answer is NO_ROUTE and request.app.state.methods_at(request.url.path):
            raise HTTPException(405)
        if isinstance(answer, Refusal):
            raise Problem(STATUS[answer.code], answer.code, answer.says)
        return given_back(answer, caller.request_id)

    return router


def _written(request: Request) -> str:
    """The path below `/api/v1/` as it was written: what is escaped in it stays so on its way to the service.

    Raises Problem for a path with dots for segments, which on that way would lead out of `/api/v1/`.
    """
    path = str(request.scope["raw_path"], "ascii", "replace").removeprefix("/api/v1/")
    if {".", ".."} & set(unquote(path).split("/")):
        raise Problem(STATUS[NO_ROUTE.code], NO_ROUTE.code, NO_ROUTE.says)
    return path


def given_back(answer: Answer | Stream, request_id: str) -> Response:
    """A service's answer as portal's own. A statement that was not believed is portal's fault, not the caller's."""
    headers = {**answer.headers, REQUEST_ID: request_id}
    if isinstance(answer, Stream):
        return PassedOn(answer, headers)
    if answer.status == 401:
        LOG.error("statement_not_believed", request_id=request_id)
        raise away()
    return Response(answer.body, status_code=answer.status, headers=headers)


class PassedOn(StreamingResponse):
    """An answer passed on as it comes, and closed however it ends. One that breaks off is broken off here too."""

    def __init__(self, stream: Stream, headers: dict[str, str]) -> None:
        super().__init__(stream.parts, status_code=stream.status, headers=headers)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what comes."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._stream.close()


def away() -> Problem:
    """The answer while a service cannot be asked."""
    problem = Problem(503, "service_away", "The service that answers this cannot be asked at the moment.")
    problem.headers["Retry-After"] = "2"
    return problem
