"""Kafka records as a consumer hands them over, and a small kind of event to put into them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from aiokafka.structs import ConsumerRecord

from contracts.events.envelope import EventType
from contracts.events.fields import AccountId, Count, Identifier, message

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
SOURCE = "platform"


@message
class Noted:
    """An account notes a number under a word; enough to try the machinery with."""

    account_id: AccountId
    word: Identifier
    number: Count = 0


NOTED = EventType(name="test.noted.v1", data=Noted, summary="Something was noted.")


def note(event_id: str, *, account: str = "acme", word: str = "word", number: int = 0, **unknown: object) -> bytes:
    """A structured event; `unknown` are fields nobody declared."""
    return envelope(event_id, {"account_id": account, "word": word, "number": number, **unknown})


def envelope(event_id: str, data: object, *, kind: str = NOTED.name, source: str = SOURCE) -> bytes:
    """A structured event around any data."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": source,
            "type": kind,
            "time": "2026-07-01T12:00:00Z",
            "data": data,
        }
    )


def binary_headers(event_id: str = "e1", *, kind: str = NOTED.name, **changed: bytes) -> list[tuple[str, bytes]]:
    """The `ce_*` headers of a binary-mode event."""
    headers = {
        "specversion": b"1.0",
        "id": event_id.encode(),
        "source": SOURCE.encode(),
        "type": kind.encode(),
        "time": b"2026-07-01T12:00:00Z",
        **changed,
    }
    return [(f"ce_{name}", value) for name, value in headers.items()]


def a_record(
    value: bytes | None,
    *,
    offset: int = 0,
    topic: str = "notes",
    partition: int = 0,
    key: bytes | None = b"key",
    headers: Sequence[tuple[str, bytes | None]] = (),
    timestamp_ms: int = 1_780_000_000_000,
) -> Any:
    """A record as aiokafka gives it."""
    return ConsumerRecord(
        topic=topic,
        partition=partition,
        offset=offset,
        timestamp=timestamp_ms,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=-1 if key is None else len(key),
        serialized_value_size=-1 if value is None else len(value),
        headers=tuple(headers),
    )
