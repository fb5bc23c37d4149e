"""CloudEvents 1.0 around our messages: reading both content modes, writing structured JSON."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from contracts.events.fields import Identifier, Instant, message, wire_text

Data = TypeVar("Data")

CONTENT_TYPE = "application/cloudevents+json"
"""Value of the `content-type` header of a structured-mode record (CloudEvents Kafka binding §3.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType(Generic[Data]):
    """One kind of message: its CloudEvents `type`, its dataclass, and the sentence that explains it."""

    name: str
    data: type[Data]
    summary: str


@message
class Head:
    """What a CloudEvents envelope says of any event; `data` is read apart, by the type."""

    specversion: Literal["1.0"]
    id: Identifier
    source: Identifier
    type: Identifier
    time: Instant


HEAD = TypeAdapter(Head)


def structured(data: type[Any]) -> type[Any]:
    """The type of a whole record in structured mode: the envelope with `data` of the given message."""
    fields = {**Head.__annotations__, "data": data}
    return message(type(f"Structured{data.__name__}", (), {"__annotations__": fields}))


def to_json(value: object) -> bytes:
    """Compact JSON: decimals as strings, instants in RFC 3339 with `Z`, dataclasses by field."""
    return orjson.dumps(value, default=wire_text, option=orjson.OPT_UTC_Z)


def encode(*, kind: EventType[Data], event_id: UUID | str, source: str, time: datetime, data: Data) -> bytes:
    """One event in structured mode. Producers are strict: `data` must be of the declared dataclass."""
    if type(data) is not kind.data:
        raise TypeError(f"{kind.name} carries {kind.data.__name__}, not {type(data).__name__}")
    return to_json(
        {
            "specversion": "1.0",
            "id": str(event_id),
            "source": source,
            "type": kind.name,
            "time": time,
            "datacontenttype": "application/json",
            "data": data,
        }
    )
