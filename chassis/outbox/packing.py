"""A list of messages as one value of the outbox: a driver that writes three arrays looks at every element."""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct, unpack_from

_COUNT = Struct(">I")
_ABSENT = -1
"""The length of what is not there: Kafka tells a null from an empty key or value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """Messages to one topic in parallel lists. headers: extra ones by `pack_headers`; None when nobody has any."""

    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    headers: Sequence[bytes] | None


def pack_messages(messages: Messages) -> bytes:
    """The number of messages; three lengths for each; all keys, all values, all headers. Big-endian, 4 bytes."""
    keys, values = messages.keys, messages.values
    headers = messages.headers or [b""] * len(values)
    parts = [*keys, *values, *headers]
    lengths = [_ABSENT if part is None else len(part) for part in parts]
    head = _COUNT.pack(len(values)) + Struct(f">{len(lengths)}i").pack(*lengths)
    return b"".join([head, *[part for part in parts if part is not None]])


def unpack_messages(packed: bytes) -> Messages:
    """The inverse of `pack_messages`."""
    (count,) = _COUNT.unpack_from(packed)
    lengths = unpack_from(f">{3 * count}i", packed, _COUNT.size)
    parts: list[bytes | None] = []
    start = _COUNT.size * (1 + 3 * count)
    for length in lengths:
        if length == _ABSENT:
            parts.append(None)
        else:
            parts.append(packed[start : start + length])
            start += length
    headers = [part or b"" for part in parts[2 * count :]]
    return Messages(keys=parts[:count], values=parts[count : 2 * count], headers=headers if any(headers) else None)


def concatenated(lists: Sequence[Messages]) -> Messages:
    """The messages of all lists, in order."""
    keys: list[bytes | None] = []
    values: list[bytes | None] = []
    headers: list[bytes] = []
    for messages in lists:
        keys += messages.keys
        values += messages.values
        headers += messages.headers or [b""] * len(messages.values)
    return Messages(keys=keys, values=values, headers=headers if any(headers) else None)
