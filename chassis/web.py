"""What every HTTP API of ours shares: the static key, the account header, and problems as RFC 9457 answers."""

import hmac
from http import HTTPStatus
from ipaddress import ip_address
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from chassis.probes import Probes
from contracts.events.envelope import to_json

PROBLEM_JSON = "application/problem+json"
ACCOUNT_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9-]{0,62}$"
Account = Annotated[str, Header(alias="Ringledger-Account", pattern=ACCOUNT_PATTERN)]
"""The account a request is for; row-level security shows nothing else."""


class Problem(Exception):
    """An answer that is not a success. code: stable, for programs; detail: a sentence, for people."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.body = {
            "type": f"urn:ringledger:problem:{code}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": code,
            **more,
        }


class OpenDoor(RuntimeError):
    """The API was told to listen to the network although one static key is all that guards it."""


def refuse_open_door(host: str, *, beyond_loopback: bool) -> None:
    """Raise OpenDoor for a host that is not loopback, unless the operator says that something else guards it."""
    if beyond_loopback or host == "localhost":
        return
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise OpenDoor(
            f"the API has one static key and will not listen on {host}; use 127.0.0.1, or set "
            "…_API_BEYOND_LOOPBACK=true where something else keeps strangers out"
        )


def json_answer(
    body: object, *, status: int = 200, headers: dict[str, str] | None = None, media_type: str = "application/json"
) -> Response:
    """An answer in the messages' own JSON: decimals as text, instants with `Z`."""
    return Response(to_json(body), status_code=status, headers=headers, media_type=media_type)


def service_api(service: str, key: str, probes: Probes, *routers: APIRouter) -> FastAPI:
    """The application of a service: its probes open to all, everything else behind the key."""
    app = FastAPI(
        title=service,
        openapi_url=f"/api/v1/{service.replace('_', '-')}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.router.routes.extend(probes.routes())
    _answer_problems(app)
    for router in routers:
        app.include_router(router, dependencies=[_key_check(key)])
    return app


def _key_check(key: str) -> Any:
    """Lets only `Authorization: Bearer <key>` pass, compared in constant time."""
    wanted = f"Bearer {key}".encode()

    async def with_key(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode("utf-8", "surrogateescape"), wanted):
            raise Problem(401, "unauthenticated", "Send `Authorization: Bearer <key>` with the service's key.")

    return Depends(with_key)


def _answer_problems(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def problem(request: Request, error: Problem) -> Response:
        return json_answer(error.body, status=error.status, media_type=PROBLEM_JSON)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [
            {"pointer": "/" + "/".join(str(part) for part in found["loc"]), "detail": found["msg"]}
            for found in error.errors()
        ]
        return await problem(request, Problem(422, "invalid", "The request is not valid.", errors=errors))

    @app.exception_handler(HTTPException)
    async def other(request: Request, error: HTTPException) -> Response:
        code = HTTPStatus(error.status_code).name.lower()
        return await problem(request, Problem(error.status_code, code, str(error.detail)))
