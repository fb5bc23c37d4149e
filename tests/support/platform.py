"""Events as a platform without Kafka sends them over HTTP, and bad ones with the pointer that names the fault."""

from typing import Any

import orjson

from contracts.events.call import CALL_RECORDED
from contracts.events.envelope import encode
from tests.support.allocating import message_of
from tests.support.builders import a_call
from tests.support.directory import a_user

ONE, MANY = "application/cloudevents+json", "application/cloudevents-batch+json"


def call_event(call_id: str = "c-1", *, account: str = "acme", event_id: str | None = None) -> dict[str, Any]:
    """A call that ended."""
    call = a_call(call_id=call_id, account_id=account)
    value = encode(
        kind=CALL_RECORDED, event_id=event_id or f"of-{call_id}", source="pbx", time=call.ended_at, data=call
    )
    event: dict[str, Any] = orjson.loads(value)
    return event


def user_event(user: str = "ada", *, account: str = "acme") -> dict[str, Any]:
    """A user of the directory."""
    event: dict[str, Any] = orjson.loads(message_of(a_user(user, account=account)))
    return event


def changed(event: dict[str, Any], **data: Any) -> dict[str, Any]:
    """The same event with other data; a field that is None is left out."""
    whole = {**event["data"], **data}
    return {**event, "data": {name: value for name, value in whole.items() if value is not None}}


def without(event: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != name}


BAD: dict[str, tuple[Any, str, str, str]] = {
    "no object": (7, "not_an_object", "", "expected a JSON object, found int"),
    "no event": (without(call_event(), "specversion"), "not_a_cloudevent", "", "`specversion` is missing"),
    "another type": ({**call_event(), "type": "x"}, "unknown_type", "/type", "ringledger.call-recorded.v1"),
    "no id": (without(call_event(), "id"), "invalid", "/id", "id: Field required"),
    "no data": (without(call_event(), "data"), "invalid", "/data", "data: Field required"),
    "no start": (changed(call_event(), started_at=None), "invalid", "/data/started_at", "Field required"),
    "a number as text": (changed(call_event(), revision="1"), "invalid", "/data/revision", "valid integer"),
    "ended before": (
        changed(call_event(), ended_at="2026-01-01T00:00:00Z"),
        "invalid",
        "/data",
        "ended_at is before started_at",
    ),
    "no name": (changed(user_event(), name=""), "invalid", "/data/name", "at least 1 character"),
    "another account": (call_event(account="other"), "other_account", "/data/account_id", "of account other"),
    "too large": (changed(call_event(), note="x" * 262_144), "too_large", "", "at most 262144 are read"),
}
"""A bad event, its code, where the fault is, and what is said."""
