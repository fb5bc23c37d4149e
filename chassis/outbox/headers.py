"""Extra headers of a message, packed for the outbox: dead letters keep the headers they came with."""

from collections.abc import Sequence

Header = tuple[str, bytes | None]

_NULL = 0xFFFF_FFFF
"""The length of a value that is not there: Kafka tells it from an empty one."""


def pack_headers(headers: Sequence[Header]) -> bytes:
    """Length-prefixed names and values; names may hold any text, values any bytes or nothing."""
    packed = bytearray()
    for name, value in headers:
        for part in (name.encode("utf-8", "surrogateescape"), value):
            if part is None:
                packed += _NULL.to_bytes(4, "big")
            else:
                packed += len(part).to_bytes(4, "big") + part
    return bytes(packed)


def unpack_headers(packed: bytes) -> list[Header]:
    """The inverse of `pack_headers`."""
    parts: list[bytes | None] = []
    position = 0
    while position < len(packed):
        length = int.from_bytes(packed[position : position + 4], "big")
        position += 4
        if length == _NULL:
            parts.append(None)
            continue
        parts.append(packed[position : position + length])
        position += length
    names = [(part or b"").decode("utf-8", "surrogateescape") for part in parts[::2]]
    return list(zip(names, parts[1::2], strict=True))
