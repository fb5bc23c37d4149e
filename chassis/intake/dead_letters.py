"""Dead letters: their headers, and the limit past which a partition stops instead of emptying itself."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from chassis.intake.batch import DeadLetter
from chassis.outbox.headers import pack_headers

DETAIL_CHARACTERS = 1000
"""What went wrong may quote the record; headers stay small."""


def dead_letter_headers(letter: DeadLetter, *, group: str, failed_at: datetime) -> bytes:
    """The record's own headers unchanged, then `dlq_*`: where it stood, who gave up on it, when and why."""
    record = letter.record
    added = [
        ("dlq_topic", record.topic.encode()),
        ("dlq_partition", b"%d" % record.partition),
        ("dlq_offset", b"%d" % record.offset),
        ("dlq_group", group.encode()),
        ("dlq_code", letter.code.encode()),
        ("dlq_detail", letter.detail[:DETAIL_CHARACTERS].encode("utf-8", "replace")),
        ("dlq_failed_at", failed_at.isoformat().encode()),
    ]
    return pack_headers([*record.headers, *added])


@dataclass(slots=True, kw_only=True)
class DeadLetterLimit:
    """Counts over a moving window: at least `count` dead letters and more than `share` of what was read."""

    count: int
    share: float
    window_s: int
    _passed: deque[tuple[float, int, int]] = field(default_factory=deque)
    _read: int = 0
    _dead: int = 0

    def exceeded(self, *, now_s: float, read: int, dead: int) -> bool:
        """Add a batch and say whether the partition must stop. `now_s`: monotonic seconds."""
        self._passed.append((now_s, read, dead))
        self._read += read
        self._dead += dead
        while self._passed[0][0] < now_s - self.window_s:
            _, read_before, dead_before = self._passed.popleft()
            self._read -= read_before
            self._dead -= dead_before
        return self._dead >= self.count and self._dead > self.share * self._read
