"""Portal's own POSTs under an Idempotency-Key: done once, the same again answered as the first time."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response

from chassis.describing import PROBLEM_JSON
from chassis.web import Problem
from contracts.events.envelope import to_json
from services.portal.clients import Answer
from services.portal.handlers.once import Keyed, Once, content_of
from services.portal.handlers.people import Refusal

STATUS = {"idempotency_key_reused": 422, "in_flight": 409}
KEPT_HEADERS = ("content-type", "location", "retry-after")
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", pattern=r"^[!-~]{1,128}$", include_in_schema=False)
]
"""Described once, for every POST, by the merged document."""


async def _keyed(request: Request, idempotency_key: IdempotencyKey = None) -> Keyed | None:
    if idempotency_key is None:
        return None
    path = request.url.path.removeprefix("/api/v1/")
    content = content_of(request.method, path, request.url.query, await request.body())
    return Keyed(caller=request.state.caller, key=idempotency_key, content=content)


UnderKey = Annotated[Keyed | None, Depends(_keyed)]
"""The request as its key names it, None where it has none."""


def _as_it_is(answer: Answer) -> Answer:
    return answer


async def done_once(
    once: Once,
    asked: Keyed | None,
    do: Callable[[], Awaitable[Response]],
    *,
    kept: Callable[[Answer], Answer] = _as_it_is,
) -> Response:
    """What `do` answers, or answered before. kept: what of an answer a repeat is shown.

    An error that is no problem of the request leaves the key in flight: whether it took effect is not known.
    """
    if asked is None:
        return await do()
    known = await once.begin(asked)
    if isinstance(known, Refusal):
        raise Problem(STATUS[known.code], known.code, known.says)
    if known is not None:
        return Response(known.body, status_code=known.status, headers=dict(known.headers))
    try:
        response = await do()
    except Problem as problem:
        body = problem.body | {"request_id": asked.caller.request_id}
        headers = {"content-type": PROBLEM_JSON, **problem.headers}
        await once.end(asked, Answer(status=problem.status, headers=headers, body=to_json(body)))
        raise
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    answer = Answer(status=response.status_code, headers=headers, body=bytes(response.body))
    await once.end(asked, kept(answer))
    return response
