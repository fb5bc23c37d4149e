"""How portal asks the services: their addresses, one client, and a statement of who is asking."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from contracts.values.access import Caller

TIMEOUT_S = 30
PASSED_ON = frozenset(
    {
        "allow",
        "cache-control",
        "content-disposition",
        "content-type",
        "etag",
        "link",
        "location",
        "retry-after",
    }
)
"""Headers of a service's answer that its caller is given."""

Authorize = Callable[[Caller, str], str]
"""The `Authorization` header by which a service, named second, knows the caller."""


class NotReached(RuntimeError):
    """A service did not answer. sent: whether it may have got the request all the same."""

    def __init__(self, service: str, error: Exception, *, sent: bool) -> None:
        super().__init__(f"{service} does not answer: {error!r}")
        self.sent = sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as a service is to get it. path: below `/api/v1/`, as it was written."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body parsed; None where it is no JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer of any length, as it comes. Who was given it closes it."""

    status: int
    headers: Mapping[str, str]
    parts: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The services by name, each at its base address."""

    addresses: Mapping[str, str]
    authorize: Authorize
    client: httpx.AsyncClient

    async def ask(self, service: str, caller: Caller, asked: Asked) -> Answer:
        """What a service answers the caller. Raises NotReached, or what `authorize` raises."""
        return _answer(await self._send(service, self._request(service, caller, asked), stream=False))

    async def stream(self, service: str, caller: Caller, asked: Asked) -> Stream | Answer:
        """As `ask`, of an answer that is not read yet; a refusal is."""
        response = await self._send(service, self._request(service, caller, asked), stream=True)
        if response.is_stream_consumed:
            return _answer(response)
        return Stream(
            status=response.status_code,
            headers=_kept(response),
            parts=response.aiter_bytes(),
            close=response.aclose,
        )

    async def describe(self, service: str) -> Any:
        """A service's own OpenAPI document. Raises NotReached, also when it answers with something else."""
        url = f"{self.addresses[service]}/api/v1/{service.replace('_', '-')}/openapi.json"
        answer = _answer(await self._send(service, self._built(service, "GET", url), stream=False))
        document = answer.json()
        if answer.status != 200 or not isinstance(document, dict):
            raise NotReached(service, ValueError(f"no document but {answer.status}"), sent=True)
        return document

    def _request(self, service: str, caller: Caller, asked: Asked) -> httpx.Request:
        query = f"?{asked.query}" if asked.query else ""
        url = f"{self.addresses[service]}/api/v1/{asked.path}{query}"
        headers = {**asked.headers, "Authorization": self.authorize(caller, service)}
        return self._built(service, asked.method, url, headers=headers, content=asked.body or None)

    def _built(self, service: str, method: str, url: str, **more: Any) -> httpx.Request:
        try:
            return self.client.build_request(method, url, **more)
        except httpx.InvalidURL as error:
            raise NotReached(service, error, sent=False) from error

    async def _send(self, service: str, request: httpx.Request, *, stream: bool) -> httpx.Response:
        try:
            response = await self.client.send(request, stream=stream)
            if response.is_error:
                await response.aread()
            return response
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL) as error:
            raise NotReached(service, error, sent=False) from error
        except httpx.HTTPError as error:
            raise NotReached(service, error, sent=True) from error


def _answer(response: httpx.Response) -> Answer:
    return Answer(status=response.status_code, headers=_kept(response), body=response.content)


def _kept(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.lower() in PASSED_ON}


def open_client() -> httpx.AsyncClient:
    """The one client of the process; no proxy of the environment stands between services."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
    return httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, trust_env=False)
