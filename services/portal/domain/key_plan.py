"""When statements get a new key: published ahead, valid with overlap, withdrawn when its secret is gone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LIFE = timedelta(days=2)
"""How long a key is valid."""

RENEW_BEFORE = timedelta(days=1)
"""So long before its end the next key is made: two are valid at a time, and a stopped job has a day to return."""

AHEAD = timedelta(minutes=10)
"""So long before its validity a key is published, for caches that are slow to hear of it."""

SETTLING = timedelta(seconds=5)
"""A key that began only now is used last: others may not have heard of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """A key as it was last published."""

    key_id: str
    version: int
    public_key: str
    valid_from_at: datetime
    valid_until_at: datetime


OursStill = Callable[[KnownKey], bool]
"""Whether the present secret makes this key's private half."""


def withdrawn(known: Sequence[KnownKey], *, now: datetime, ours: OursStill) -> list[KnownKey]:
    """Keys of another secret, ended now: who changed the secret wants nothing more signed with the old one."""
    return [
        replace(key, version=key.version + 1, valid_until_at=max(now, key.valid_from_at))
        for key in known
        if key.valid_until_at > now and not ours(key)
    ]


def next_validity(known: Sequence[KnownKey], *, now: datetime, ours: OursStill) -> tuple[datetime, datetime] | None:
    """From when and until when a new key should be valid; None while none is needed.

    The first is valid at once; every other begins AHEAD of now.
    """
    last = max((key.valid_until_at for key in known if ours(key)), default=None)
    if last is None or last <= now:
        return now, now + LIFE
    if last - now > RENEW_BEFORE:
        return None
    begins = now + AHEAD
    return begins, begins + LIFE


def key_to_use(known: Sequence[KnownKey], *, now: datetime, ours: OursStill) -> KnownKey | None:
    """The key to sign with now: the newest that has settled, else any that is valid; None fails closed."""
    valid = [key for key in known if key.valid_from_at <= now < key.valid_until_at and ours(key)]
    settled = [key for key in valid if key.valid_from_at + SETTLING <= now]
    return max(settled or valid, key=lambda key: (key.valid_from_at, key.key_id), default=None)
