"""Asks a service's API as an operator does: finds the address, signs who asks, makes a sentence of a refusal."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from cli.stack.addresses import api_url
from cli.stack.ports import LOOPBACK
from cli.stack.processes import StackError

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 60
OPERATOR_KEY = "RINGLEDGER_OPERATOR_KEY"
# Its public half is the default of docker-compose.yml: good for one machine, replaced everywhere else.
DEVELOPMENT_KEY = "ZGV2ZWxvcG1lbnQtb25seS1vcGVyYXRvci1rZXktMzI"
Params = Mapping[str, str | Sequence[str]]
"""A query; a name that is asked several times has a list."""

AWAY = frozenset({502, 503, 504})
"""Statuses of a service that cannot answer now."""

WHAT_TO_DO = {
    401: f"give {OPERATOR_KEY} the half that belongs to the service's RINGLEDGER_OPERATOR_PUBLIC_KEY",
    412: "run the command again",
    429: "wait a minute and run the command again",
}
"""What an operator can do about an answer that does not say so itself."""


class Refused(Exception):
    """A service answered, but not with what was asked; the message is its reason, `errors` its details.

    code: the problem's, empty where there is none. rows: of a list, what is said of each row.
    """

    def __init__(
        self,
        sentence: str,
        errors: Sequence[Mapping[str, Any]] = (),
        code: str = "",
        rows: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(sentence)
        self.errors = tuple(errors)
        self.code = code
        self.rows = tuple(rows)


def get(service: str, path: str, account: str, params: Params | None = None, *, data: Path | None = None) -> Any:
    """What a service answers, parsed. Raises Refused, or StackError when it cannot be reached.

    account: whose figures, `*` for what belongs to every account. data: the folder of the stack that is meant.
    """
    return _ask("GET", service, path, account, params=params, data=data)


def post(
    service: str,
    path: str,
    account: str,
    document: Mapping[str, Any],
    *,
    params: Params | None = None,
    version: int | None = None,
    data: Path | None = None,
) -> Any:
    """What a service answers to a JSON document. version: the one that must still stand. Raises as `get` does."""
    return _ask("POST", service, path, account, params=params, document=document, version=version, data=data)


def patch(service: str, path: str, account: str, document: Mapping[str, Any], *, version: int) -> Any:
    """What a service answers to a change of what stood at `version`. Raises as `get` does."""
    return _ask("PATCH", service, path, account, document=document, version=version)


def pages(service: str, path: str, account: str, params: Mapping[str, str]) -> Iterator[Any]:
    """A list's answers, page by page. Raises as `get` does."""
    cursor: str | None = None
    while True:
        answer = get(service, path, account, {**params} if cursor is None else {**params, "cursor": cursor})
        yield answer
        cursor = answer.get("next_cursor")
        if cursor is None:
            return


def lines(service: str, path: str, account: str, params: Mapping[str, str]) -> Iterator[str]:
    """The lines of an answer that is as long as it likes, as they come. Raises as `get` does."""
    with _answer("GET", service, path, account, params=params) as response:
        yield from response.iter_lines()


def operator_statement(service: str, account: str) -> str:
    """The `Authorization` header by which a service knows the operator, who acts for `account`.

    Raises StackError when RINGLEDGER_OPERATOR_KEY holds no key.
    """
    from chassis.clock import system_clock, system_random
    from chassis.statements import OPERATOR_KEY_ID, SCHEME, SigningKey, read_private, sign
    from contracts.values.access import Caller, CallerKind, Privilege
    from contracts.values.ids import time_ordered_id

    now = system_clock()
    try:
        key = SigningKey(
            key_id=OPERATOR_KEY_ID, private=read_private(os.environ.get(OPERATOR_KEY) or DEVELOPMENT_KEY)
        )
    except ValueError as error:
        raise StackError(f"{OPERATOR_KEY} holds no key; make one with `ringledger operator-key`") from error
    caller = Caller(
        account_id=account,
        kind=CallerKind.OPERATOR,
        caller_id="operator",
        privileges=frozenset({Privilege.OPERATE}),
        units=None,
        request_id=str(time_ordered_id(now, system_random)),
    )
    return f"{SCHEME} {sign(caller, audience=service, now=now, key=key)}"


def _ask(
    method: Literal["GET", "POST", "PATCH"],
    service: str,
    path: str,
    account: str,
    *,
    params: Params | None = None,
    document: Mapping[str, Any] | None = None,
    version: int | None = None,
    data: Path | None = None,
) -> Any:
    with _answer(
        method, service, path, account, params=params, document=document, version=version, data=data
    ) as response:
        response.read()
        return response.json()


@contextmanager
def _answer(
    method: Literal["GET", "POST", "PATCH"],
    service: str,
    path: str,
    account: str,
    *,
    params: Params | None = None,
    document: Mapping[str, Any] | None = None,
    version: int | None = None,
    data: Path | None = None,
) -> "Iterator[httpx.Response]":
    """An answer that is no refusal, its body not read yet."""
    import httpx

    headers = {"Authorization": operator_statement(service, account)}
    if version is not None:
        headers["If-Match"] = f'"{version}"'
    url = f"{api_url(service, data=data)}{path}"
    # A proxy that the environment names for the internet does not lead back to this machine.
    by_proxy = not url.startswith(f"http://{LOOPBACK}:")
    try:
        with (
            httpx.Client(timeout=TIMEOUT_S, trust_env=by_proxy) as client,
            client.stream(method, url, params=params, json=document, headers=headers) as response,
        ):
            if response.is_error:
                response.read()
                raise _refusal(service, response)
            yield response
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StackError(
            f"{service} does not answer at {url}: {error}; `ringledger up` starts the local stack"
        ) from error


def _refusal(service: str, response: "httpx.Response") -> Refused | StackError:
    """The problem document (RFC 9457) that a service answers with; anything else is told by its status."""
    problem: dict[str, Any] = {}
    sentence, errors, invalid = f"{service}: {response.status_code} {response.reason_phrase}", (), []
    try:
        told = response.json()
        sentence, errors = f"{service}: {told['detail']}", told.get("errors", ())
        invalid = [f"{error['pointer']}: {error['detail']}" for error in errors if "pointer" in error]
        problem = told
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    if response.status_code in AWAY:
        return StackError(f"{sentence} Run the command again in a moment")
    if todo := WHAT_TO_DO.get(response.status_code):
        sentence = f"{sentence} To go on, {todo}."
    code = str(problem.get("code", ""))
    if invalid:
        return Refused(f"{sentence} {'; '.join(invalid)}", code=code)
    return Refused(sentence, errors, code, problem.get("rows", ()))
