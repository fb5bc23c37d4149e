"""How many requests one caller may make: a bucket that fills by the minute and holds a burst."""

from dataclasses import dataclass

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What is left, in millionths of a request, as of an instant in microseconds."""

    left: int
    at_us: int


def full_bucket(per_minute: int, now_us: int) -> Bucket:
    """A minute's requests at once."""
    return Bucket(left=per_minute * MICROSECONDS, at_us=now_us)


def take_one(bucket: Bucket, *, per_minute: int, now_us: int) -> tuple[Bucket, int]:
    """The bucket after a request, and how many whole seconds to wait: 0 lets it through."""
    filled = bucket.left + max(0, now_us - bucket.at_us) * per_minute // 60
    left = min(filled, per_minute * MICROSECONDS)
    if left >= MICROSECONDS:
        return Bucket(left=left - MICROSECONDS, at_us=now_us), 0
    wait_us = -((left - MICROSECONDS) * 60 // per_minute)
    return Bucket(left=left, at_us=now_us), -(-wait_us // MICROSECONDS)
