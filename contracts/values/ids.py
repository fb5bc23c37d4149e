"""Ids: new ones carry their time (UUIDv7), derived ones are a function of all that makes the thing (UUIDv5)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import sha1
from json.encoder import encode_basestring
from uuid import UUID

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class IdKind(Enum):
    """The constant namespace of each kind of derived id; changing one would make every id of it another."""

    USAGE = "6f1d2a0e-6c1b-5e0a-9a55-3b1f0c7d1a01"
    RATED_USAGE = "6f1d2a0e-6c1b-5e0a-9a55-3b1f0c7d1a02"
    CHARGE = "6f1d2a0e-6c1b-5e0a-9a55-3b1f0c7d1a03"
    REPORT = "6f1d2a0e-6c1b-5e0a-9a55-3b1f0c7d1a04"
    FACT = "6f1d2a0e-6c1b-5e0a-9a55-3b1f0c7d1a05"
    CAUSE = "6f1d2a0e-6c1b-5e0a-9a55-3b1f0c7d1a08"
    DIRECTORY = "6f1d2a0e-6c1b-5e0a-9a55-3b1f0c7d1a06"
    CALL_EVENT = "6f1d2a0e-6c1b-5e0a-9a55-3b1f0c7d1a07"
    ALERT = "6f1d2a0e-6c1b-5e0a-9a55-3b1f0c7d1a09"

    def __init__(self, namespace: str) -> None:
        self.namespace = UUID(namespace).bytes


_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def derived_id(kind: IdKind, *inputs: str) -> UUID:
    """The UUIDv5 (RFC 9562 §5.5) of the inputs, written as a compact JSON array of strings.

    The array keeps ("a", "bc") and ("ab", "c") apart.
    """
    return UUID(derived_text(kind, *inputs))


def derived_text(kind: IdKind, *inputs: str) -> str:
    """`derived_id` as its text.

    Written out by hand because this runs several times for every call, and `uuid.uuid5` costs four times as
    much. Ids that need no escape in JSON, nearly all, are joined as they are.
    """
    text = '["' + '","'.join(inputs) + '"]'
    if "\\" in text or text.count('"') != 2 * len(inputs) or not text.isprintable():
        text = "[" + ",".join([encode_basestring(part) for part in inputs]) + "]"
    digest = sha1(kind.namespace + text.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{_VARIANT[digest[16]]}{digest[17:20]}-{digest[20:32]}"


def time_ordered_id(at: datetime, random: Callable[[int], bytes]) -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): `at` in Unix milliseconds, then 74 random bits; `random(n)` gives n bytes."""
    value = bytearray(((at - _UNIX_EPOCH) // _MILLISECOND).to_bytes(6, "big") + random(10))
    value[6] = value[6] & 0x0F | 0x70
    value[8] = value[8] & 0x3F | 0x80
    return UUID(bytes=bytes(value))
