"""Asks a service's API as an operator does: finds the address, signs who asks, makes a sentence of a refusal."""

import os
from collections.abc import Mapping, Sequence
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


class Refused(Exception):
    """A service answered, but not with what was asked; the message is its reason, `errors` its details.

    code: the problem's, empty where there is none.
    """

    def __init__(self, sentence: str, errors: Sequence[Mapping[str, Any]] = (), code: str = "") -> None:
        super().__init__(sentence)
        self.errors = tuple(errors)
        self.code = code


def get(
    service: str, path: str, account: str, params: Mapping[str, str] | None = None, *, data: Path | None = None
) -> Any:
    """What a service answers, parsed. Raises Refused, or StackError when it cannot be reached.

    account: whose figures, `*` for what belongs to every account. data: the folder of the stack that is meant.
    """
    return _ask("GET", service, path, account, params=params, data=data)


def post(service: str, path: str, account: str, document: Mapping[str, Any], *, data: Path | None = None) -> Any:
    """What a service answers to a JSON document. Raises as `get` does."""
    return _ask("POST", service, path, account, document=document, data=data)


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
    method: Literal["GET", "POST"],
    service: str,
    path: str,
    account: str,
    *,
    params: Mapping[str, str] | None = None,
    document: Mapping[str, Any] | None = None,
    data: Path | None = None,
) -> Any:
    import httpx

    headers = {"Authorization": operator_statement(service, account)}
    url = f"{api_url(service, data=data)}{path}"
    # A proxy that the environment names for the internet does not lead back to this machine.
    by_proxy = not url.startswith(f"http://{LOOPBACK}:")
    try:
        response = httpx.request(
            method, url, params=params, json=document, headers=headers, timeout=TIMEOUT_S, trust_env=by_proxy
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise StackError(f"{service} does not answer at {url}: {error}") from error
    if response.is_error:
        raise _refusal(service, response)
    return response.json()


def _refusal(service: str, response: "httpx.Response") -> Refused:
    """The problem document (RFC 9457) that a service answers with; anything else is told by its status."""
    try:
        problem = response.json()
        sentence, errors = f"{service}: {problem['detail']}", problem.get("errors", ())
        invalid = [f"{error['pointer']}: {error['detail']}" for error in errors if "pointer" in error]
    except (ValueError, KeyError, TypeError, AttributeError):
        return Refused(f"{service}: {response.status_code} {response.reason_phrase}")
    code = str(problem.get("code", ""))
    if invalid:
        return Refused(f"{sentence} {'; '.join(invalid)}", code=code)
    return Refused(sentence, errors, code)
