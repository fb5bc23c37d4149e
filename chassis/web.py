"""What every HTTP API of ours shares: who asks and what for, and problems as RFC 9457 answers."""

from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from chassis.describing import PROBLEM_JSON, Document, describe_problems
from chassis.logs import get_logger
from chassis.probes import Probes
from chassis.statements import Unproven
from contracts.events.envelope import to_json
from contracts.values.access import EVERY_ACCOUNT, Caller, Denied, Policies, decide

LOG = get_logger(__name__)


class Problem(Exception):
    """An answer that is not a success. code: stable, for programs; detail: a sentence, for people."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.headers: dict[str, str] = {}
        self.body = {
            "type": f"urn:ringledger:problem:{code}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": code,
            **more,
        }


def json_answer(
    body: object, *, status: int = 200, headers: dict[str, str] | None = None, media_type: str = "application/json"
) -> Response:
    """An answer in the messages' own JSON: decimals as text, instants with `Z`."""
    return Response(to_json(body), status_code=status, headers=headers, media_type=media_type)


class Door(Protocol):
    """Finds out who asks. scheme: the one a stranger should use; complete: whether it knows all it needs."""

    @property
    def scheme(self) -> str: ...

    @property
    def complete(self) -> bool: ...

    async def admit(self, request: Request) -> Caller | Unproven:
        """Who asks, or why that is not known."""
        ...


class UndeclaredOperation(RuntimeError):
    """A route says nothing of who may use it, or a policy belongs to no route: the service does not start."""


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


def _account(request: Request) -> str:
    account = _caller(request).account_id
    if account == EVERY_ACCOUNT:
        raise Problem(422, "invalid", "This is asked of one account, not of all of them.")
    return account


def _account_or_every(request: Request) -> str:
    return _caller(request).account_id


def _units(request: Request) -> frozenset[str] | None:
    units: frozenset[str] | None = request.state.units
    return units


AskedBy = Annotated[Caller, Depends(_caller)]
"""Who asks, as the statement says."""

Account = Annotated[str, Depends(_account)]
"""The account a request is for; row-level security shows nothing else."""

AccountOrEvery = Annotated[str, Depends(_account_or_every)]
"""An account, or `*` where an operator asks for all of them."""

Units = Annotated[frozenset[str] | None, Depends(_units)]
"""The only units the answer may speak of; None for all."""


class ServiceApi(FastAPI):
    """An application whose OpenAPI document tells what is refused as well as what is answered."""

    def openapi(self) -> Document:
        """The document, put together when first asked for."""
        if self.openapi_schema is None:
            self.openapi_schema = describe_problems(super().openapi())
        return self.openapi_schema


def service_api(service: str, door: Door, policies: Policies, probes: Probes, *routers: APIRouter) -> FastAPI:
    """The application of a service: its probes open to all, everything else to whom its policy allows.

    Raises UndeclaredOperation unless policies and routes are the same.
    """
    app = ServiceApi(
        title=service,
        openapi_url=f"/api/v1/{service.replace('_', '-')}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.methods_at = _methods_at(routers)
    declared, routed = set(policies), {name for router in routers for name in operations(router)}
    if wrong := declared ^ routed:
        raise UndeclaredOperation(f"{service}: policy and route do not meet for {', '.join(sorted(wrong))}")
    app.router.routes.extend(probes.routes())
    answer_problems(app)
    for router in routers:
        app.include_router(router, dependencies=[_admission(door, policies)])
    return app


def operations(router: APIRouter) -> Iterator[str]:
    """What a router answers, each as policies name it: its method and its path."""
    for route in router.routes:
        assert isinstance(route, APIRoute), f"{route} is no operation of an API"
        yield from (f"{method} {route.path}" for method in sorted(route.methods or ()))


def _methods_at(routers: Sequence[APIRouter]) -> Callable[[str], str]:
    """What may be asked at a path, as `Allow` lists it; empty where nothing may."""
    known = [name.split(" ") for router in routers for name in operations(router)]
    patterns = [(compile_path(path)[0], method) for method, path in known]
    return lambda path: ", ".join(sorted({method for pattern, method in patterns if pattern.match(path)}))


def _admission(door: Door, policies: Policies) -> Any:
    """Lets in who may: a statement first, then the operation's policy."""

    async def admit(request: Request) -> None:
        caller = await door.admit(request)
        if isinstance(caller, Unproven):
            raise unproven(door, caller)
        request.state.caller = caller
        verdict = decide(caller, policies[f"{request.method} {request.scope['route'].path}"])
        if isinstance(verdict, Denied):
            raise Problem(403, verdict.code, verdict.says)
        request.state.units = verdict.units

    return Depends(admit)


def unproven(door: Door, found: Unproven) -> Problem:
    """The answer to whom nothing is known of; why stays in the log."""
    LOG.info("not_admitted", why=found.why)
    if not door.complete:
        problem = Problem(503, "starting", "The keys of statements are still being read.")
        problem.headers["Retry-After"] = "2"
        return problem
    problem = Problem(401, "unauthenticated", f"Who asks is not proven; this door asks for a {door.scheme}.")
    problem.headers["WWW-Authenticate"] = door.scheme
    return problem


def answer_problems(app: FastAPI) -> None:
    """Make every refusal and every mistake of a request a problem that names the request."""

    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        caller = getattr(request.state, "caller", None)
        body = error.body if caller is None else error.body | {"request_id": caller.request_id}
        return json_answer(body, status=error.status, headers=error.headers, media_type=PROBLEM_JSON)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {"pointer": "".join(f"/{_readable(part)}" for part in found["loc"]), "detail": _readable(found["msg"])}
            for found in error.errors()
        ]
        return await problem(request, Problem(422, "invalid", "The request is not valid.", errors=errors))

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        code = HTTPStatus(error.status_code).name.lower()
        refused = Problem(error.status_code, code, str(error.detail))
        refused.headers.update(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            # One path is several routes, and the framework names the methods of the first alone.
            refused.headers["Allow"] = request.app.state.methods_at(request.url.path) or refused.headers["Allow"]
        return await problem(request, refused)


def _readable(part: object) -> str:
    """A name or a message that may repeat what was sent, which may be half a character."""
    return str(part).encode("utf-8", "replace").decode()
