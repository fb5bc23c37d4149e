"""The only place that reads the clock and draws randomness; everything else is given them."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present instant, in UTC and aware."""

Random = Callable[[int], bytes]
"""Returns that many random bytes."""


def system_clock() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)


def system_random(count: int) -> bytes:
    """`count` bytes from the operating system."""
    return os.urandom(count)


def monotonic_s() -> float:
    """Seconds that never go backwards, for measuring how long something took."""
    return time.monotonic()
