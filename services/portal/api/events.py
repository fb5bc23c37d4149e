"""`POST /api/v1/events`: calls, other uses and directory of platforms without Kafka, onto their topics."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from chassis.answers import RETRY_AFTER, One
from chassis.describing import problem
from chassis.web import AskedBy, Problem, json_answer
from contracts.events.envelope import CONTENT_TYPE
from services.portal.api.answers import EventsTaken
from services.portal.api.once import UnderKey, done_once
from services.portal.handlers.once import Once
from services.portal.handlers.platform_events import ITEMS_MAX, TOPICS, Accepted, PlatformEvents, Refused, Result

BATCH = "application/cloudevents-batch+json"
RETRY_AFTER_S = 5
_TYPES = sorted(kind.name for topic in TOPICS for kind in topic.events)
_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string"},
        "source": {"type": "string"},
        "type": {"enum": _TYPES},
        "time": {"type": "string", "format": "date-time"},
        "data": {"type": "object"},
    },
}
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            CONTENT_TYPE: {"schema": _EVENT},
            BATCH: {"schema": {"type": "array", "minItems": 1, "maxItems": ITEMS_MAX, "items": _EVENT}},
        },
    }
}


def events_operation(events: PlatformEvents, once: Once) -> APIRouter:
    """Take one event, or many."""
    router = APIRouter(prefix="/api/v1")

    @router.post(
        "/events",
        status_code=202,
        response_model=One[EventsTaken],
        responses={503: problem(503, RETRY_AFTER)},
        openapi_extra=BODY,
    )
    async def publish_events(request: Request, caller: AskedBy, asked: UnderKey) -> Response:
        """One CloudEvent, or a list of them; for each, in order, whether it was accepted or why it was refused.

        The types and what stands in their data are those of the topics telephony.calls.v1,
        telephony.usage.v1 and telephony.directory.v1 (docs/asyncapi.yaml). Accepted means that the broker has
        confirmed it. The answer is 202 even where each is refused: look at the results. Where some are not
        confirmed, it is 503 and says which are; a body that is not JSON, or no list of events, is refused whole
        with 422. To send any of them again does no harm: an event is known by its account, source and id, and
        counts once.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        items = _items(kind, await request.body())

        async def publish() -> Response:
            results = await events.publish(caller, items)
            return _answer([_shown(place, one, kind == BATCH) for place, one in enumerate(results)])

        return await done_once(once, asked, publish)

    return router


def _items(kind: str, body: bytes) -> Sequence[bytes]:
    """The events of a body, each as its record's value. Raises Problem for what is neither one nor a list."""
    if kind not in (CONTENT_TYPE, BATCH):
        raise Problem(415, "unsupported_media_type", f"Send one event as {CONTENT_TYPE}, or a list as {BATCH}.")
    try:
        listed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(422, "not_json", f"The body is not JSON: {error}") from error
    if kind == CONTENT_TYPE:
        return [body]
    if not isinstance(listed, list):
        raise Problem(422, "not_a_list", f"{BATCH} is a JSON array; one event alone is {CONTENT_TYPE}.")
    if not listed:
        raise Problem(422, "empty", "The list has no event.")
    if len(listed) > ITEMS_MAX:
        raise Problem(
            422, "too_many_events", f"The list has {len(listed)} events, and at most {ITEMS_MAX} are taken."
        )
    return [_written(place, one) for place, one in enumerate(listed)]


def _written(place: int, event: object) -> bytes:
    """One event of a list as a record's value; readers take none that is nested so deeply that this fails."""
    try:
        return orjson.dumps(event)
    except orjson.JSONEncodeError as error:
        raise Problem(422, "nested_too_deeply", f"The event at /{place} is nested too deeply.") from error


def _shown(place: int, result: Result, of_many: bool) -> dict[str, Any]:
    if isinstance(result, Accepted):
        return {"status": "accepted", "id": result.event_id, "topic": result.topic}
    if isinstance(result, Refused):
        pointer = f"/{place}{result.pointer}" if of_many else result.pointer
        return {
            "status": "refused",
            "id": result.event_id,
            "code": result.code,
            "detail": result.says,
            "pointer": pointer,
        }
    return {"status": "unconfirmed", "id": result.event_id, "topic": result.topic}


def _answer(results: Sequence[dict[str, Any]]) -> Response:
    """What the results come to. Raises Problem where the broker has not confirmed what it was given."""
    count = Counter(one["status"] for one in results)
    told = {status: count[status] for status in ("accepted", "refused", "unconfirmed")}
    if count["unconfirmed"]:
        says = (
            f"{count['accepted']} of {len(results)} events are confirmed, {count['unconfirmed']} are not; send "
            "those again, or all of them: it does no harm."
        )
        problem = Problem(503, "not_confirmed", says, **told, results=results)
        problem.headers["Retry-After"] = str(RETRY_AFTER_S)
        raise problem
    return json_answer({"data": {**told, "results": results}}, status=202)
