"""The audit chain: each entry is hashed together with the one before it, so none can be changed or left out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from contracts.values.access import Caller

BEGINNING = bytes(32)
"""What the first entry of an account is hashed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was done to what. before, after: JSON of what changed, ids only, None where there was nothing."""

    action: str
    subject: str
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One link of an account's chain."""

    account_id: str
    seq: int
    at: datetime
    caller_kind: str
    caller_id: str
    change: Change
    request_id: str
    previous_hash: bytes

    @property
    def hash(self) -> bytes:
        """SHA-256 of the whole entry as a JSON array, the hash before it included."""
        said = [
            self.account_id,
            self.seq,
            self.at.astimezone(UTC).isoformat(),
            self.caller_kind,
            self.caller_id,
            self.change.action,
            self.change.subject,
            self.change.before,
            self.change.after,
            self.request_id,
            self.previous_hash.hex(),
        ]
        return sha256(json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()).digest()


def next_entry(caller: Caller, change: Change, *, at: datetime, seq: int, previous_hash: bytes) -> AuditEntry:
    """The entry that follows the one numbered `seq` with that hash."""
    return AuditEntry(
        account_id=caller.account_id,
        seq=seq + 1,
        at=at,
        caller_kind=caller.kind,
        caller_id=caller.caller_id,
        change=change,
        request_id=caller.request_id,
        previous_hash=previous_hash,
    )


def broken_at(entries: Sequence[tuple[AuditEntry, bytes]]) -> int | None:
    """The number of the first entry, oldest first, that does not follow from the one before it; None: whole.

    Each entry comes with the hash it was kept with.
    """
    for place, (entry, kept) in enumerate(entries):
        before = entries[place - 1] if place else None
        follows = before is None or (entry.seq == before[0].seq + 1 and entry.previous_hash == before[1])
        begins = entry.seq != 1 or entry.previous_hash == BEGINNING
        if not (follows and begins and entry.hash == kept):
            return entry.seq
    return None
