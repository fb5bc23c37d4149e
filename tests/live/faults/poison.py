"""Records that can never be an event: each must reach the dead letters unchanged and harm no neighbour."""

import random
from dataclasses import dataclass
from typing import Any

import orjson

from tests.live.faults.prices import MICRO

OVERSIZE_BYTES = 300_000
"""More than the services read of one record (262,144 bytes)."""


@dataclass(frozen=True, slots=True)
class Poisoned:
    """A bad record and what is bad about it."""

    what: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def poisoned(draw: random.Random, event: dict[str, Any]) -> Poisoned:
    """One of many ways to be bad, made from a good event."""
    data = event["data"]
    key = f"{data['account_id']}|{data['call_id']}".encode()
    if draw.random() < 0.02:
        event["padding"] = "x" * OVERSIZE_BYTES
        return Poisoned("oversize", key, orjson.dumps(event))
    what = draw.choice((*_RAW, *_CHANGED, "empty", "header"))
    if what == "empty":
        return Poisoned(what, key, None)
    if what == "header":
        headers = (("ce_specversion", b"1.0"), ("ce_id", b"\xff\xfe"), ("ce_type", b"x"), ("ce_source", b"y"))
        return Poisoned(what, None, orjson.dumps(data), headers)
    if what in _RAW:
        return Poisoned(what, b"\x00\xff", _RAW[what])
    field, value = _CHANGED[what]
    if field == "id":
        event["id"] = value
    else:
        data[field] = value
    return Poisoned(what, key, orjson.dumps(event))


_RAW = {
    "not JSON": b'{"specversion": "1.0", "id": ',
    "not UTF-8": b'{"specversion": "1.0", "id": "\xff\xfe"}',
    "NaN": b'{"specversion":"1.0","id":"nan","source":"s","type":"t","data":{"billable_duration_ms":NaN}}',
    "a list": b"[1, 2, 3]",
    "no envelope": b'{"account_id": "north-star"}',
}
_CHANGED: dict[str, tuple[str, Any]] = {
    "number as id": ("call_id", 17),
    "true as revision": ("revision", True),
    "text as duration": ("billable_duration_ms", "60000"),
    "negative duration": ("billable_duration_ms", -1),
    "absurd duration": ("billable_duration_ms", 10**6 * MICRO),
    "ended before started": ("ended_at", "2026-10-01T00:00:00Z"),
    "year 1000": ("started_at", "1000-01-01T00:00:00Z"),
    "year 9999": ("ended_at", "9999-12-31T23:59:59Z"),
    "no zone": ("started_at", "2026-10-31T12:00:00"),
    "not E.164": ("other_party", "0049 30 123"),
    "Arabic digits": ("other_party", "+٤٩٣٠١٢٣٤٥٦"),
    "NUL": ("campaign_id", "a\x00b"),
    "unknown direction": ("direction", "sideways"),
    "account with a dot": ("account_id", "north.star"),
    "empty id": ("id", ""),
}
