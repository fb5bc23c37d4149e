"""Reads one Kafka record as an event: CloudEvents structured or binary, strictly validated, with a content hash."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from contracts.events.envelope import HEAD, EventType, Head, structured

Data = TypeVar("Data")
Record: TypeAlias = Any
"""An aiokafka `ConsumerRecord` of bytes; that library is not typed."""
_BINARY_MARK = "ce_specversion"
_HASH_KEY = b"ringledger content hash v1"


class Event(NamedTuple, Generic[Data]):
    """One accepted record: who says what. A named tuple, because one is made for every record.

    content: the data as it came, unknown fields included, as JSON with sorted keys; content_hash: its keyed
    hash, which tells a repeat from another content.
    """

    account_id: str
    source: str
    event_id: str
    type: str
    time: datetime
    data: Data
    content: bytes
    content_hash: bytes
    record: Record


class RecordRefused(ValueError):
    """A record that cannot be read as an event: it is dead-lettered with `code` and this message.

    pointer: where in the record the first fault is, as RFC 6901 writes it; empty: in the record as a whole.
    """

    def __init__(self, code: str, detail: str, *, pointer: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.pointer = pointer


class EventReader:
    """Reads records of topics that carry the given event types."""

    def __init__(self, kinds: Sequence[EventType[Any]], *, max_bytes: int) -> None:
        self._data: Mapping[str, TypeAdapter[Any]] = {kind.name: TypeAdapter(kind.data) for kind in kinds}
        self._whole: Mapping[str, TypeAdapter[Any]] = {
            kind.name: TypeAdapter(structured(kind.data)) for kind in kinds
        }
        self._max_bytes = max_bytes

    def read(self, record: Record) -> Event[Any]:
        """The event in a record. Raises RecordRefused, which says what is wrong and where."""
        value = record.value
        if value is None:
            raise RecordRefused("empty", "the record has no value")
        if len(value) > self._max_bytes:
            raise RecordRefused(
                "too_large", f"the value has {len(value)} bytes; at most {self._max_bytes} are read"
            )
        try:
            document = orjson.loads(value)
        except orjson.JSONDecodeError as error:
            raise RecordRefused("not_json", _why_not_json(value, error)) from error
        if type(document) is not dict:
            raise RecordRefused("not_an_object", f"expected a JSON object, found {type(document).__name__}")
        try:
            if "specversion" in document:
                head = self._adapter(self._whole, document.get("type")).validate_json(value)
                data, content = head.data, document["data"]
            else:
                head, content = _binary_head(record), document
                data = self._adapter(self._data, head.type).validate_json(value)
        except ValidationError as error:
            raise RecordRefused("invalid", _where_and_what(error), pointer=_pointer(error)) from error
        text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
        hashed = content_hash(head.type, text)
        return Event(data.account_id, head.source, head.id, head.type, head.time, data, text, hashed, record)

    def _adapter(self, adapters: Mapping[str, TypeAdapter[Any]], name: object) -> TypeAdapter[Any]:
        adapter = adapters.get(name) if isinstance(name, str) else None
        if adapter is None:
            known = ", ".join(sorted(adapters))
            detail = f"type {str(name)[:100]!r} does not belong here; expected {known}"
            raise RecordRefused("unknown_type", detail, pointer="/type")
        return adapter


def content_hash(kind: str, text: bytes) -> bytes:
    """Keyed hash of the type and the key-sorted raw data (DESIGN §4): order and spacing do not matter."""
    return blake2b(kind.encode() + b"\n" + text, digest_size=16, key=_HASH_KEY).digest()


def _binary_head(record: Record) -> Head:
    """The envelope from `ce_*` headers (CloudEvents Kafka binding §3.2). Other headers are not looked at."""
    wanted: dict[str, str] = {}
    for name, value in record.headers:
        if name.startswith("ce_") and value is not None:
            try:
                name.encode("utf-8")
                wanted[name[3:]] = value.decode("utf-8")
            except UnicodeError as error:
                raise RecordRefused("bad_header", f"header {ascii(name)[1:-1]} is not UTF-8") from error
    if "specversion" not in wanted:
        raise RecordRefused("not_a_cloudevent", f"neither `specversion` in the value nor {_BINARY_MARK} in headers")
    try:
        return HEAD.validate_json(orjson.dumps(wanted))
    except ValidationError as error:
        raise RecordRefused("bad_header", _where_and_what(error, "header ce_")) from error


def _why_not_json(value: bytes, error: orjson.JSONDecodeError) -> str:
    said = str(error)[:300]
    if b"NaN" in value or b"Infinity" in value:
        return f"{said}; NaN and Infinity are not JSON"
    return said


def _where_and_what(error: ValidationError, before: str = "") -> str:
    """The first three problems as `path: message`, without the value: it may be personal data."""
    problems = [
        f"{before}{'.'.join(str(part) for part in problem['loc']) or 'value'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_context=False, include_input=False)[:3]
    ]
    return "; ".join(problems)


def _pointer(error: ValidationError) -> str:
    """Where the first problem is."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in first["loc"])
