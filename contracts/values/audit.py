"""The audit chain: each entry is hashed together with the one before it, so none can be changed or left out.

It is a value of the contracts because it is said to the outside: whoever has an export checks it with SHA-256 and
JSON alone (docs/runbooks/audit.md).
"""

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
    """What was done to what. before, after: JSON of what changed, None where there was nothing.

    Both hold ids and never a person's name or e-mail address: an entry cannot be erased.
    """

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
        said = list(self.said().values())
        return sha256(json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()).digest()

    def said(self) -> dict[str, str | int | None]:
        """The entry as exports write it; the values in this order are what is hashed."""
        return {
            "account_id": self.account_id,
            "seq": self.seq,
            "at": self.at.astimezone(UTC).isoformat(),
            "caller_kind": self.caller_kind,
            "caller_id": self.caller_id,
            "action": self.change.action,
            "subject": self.change.subject,
            "before": self.change.before,
            "after": self.change.after,
            "request_id": self.request_id,
            "previous_hash": self.previous_hash.hex(),
        }


Kept = tuple[AuditEntry, bytes]
"""An entry with the hash that it was kept with."""


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


def follows(entry: AuditEntry, kept: bytes, *, seq: int, previous_hash: bytes) -> bool:
    """Whether an entry is as it was hashed, and comes after the one numbered `seq` with that hash."""
    return entry.seq == seq + 1 and entry.previous_hash == previous_hash and entry.hash == kept


def broken_at(entries: Sequence[Kept]) -> int | None:
    """The number of the first entry, oldest first, that does not follow from the one before it; None: whole."""
    for place, (entry, kept) in enumerate(entries):
        seq, previous_hash = entry.seq - 1, entry.previous_hash
        if place:
            seq, previous_hash = entries[place - 1][0].seq, entries[place - 1][1]
        elif entry.seq == 1:
            previous_hash = BEGINNING
        if not follows(entry, kept, seq=seq, previous_hash=previous_hash):
            return entry.seq
    return None


def changed_at(entries: Sequence[Kept]) -> int | None:
    """The number of the first of some entries that is not as it was hashed; None: all are."""
    return next((entry.seq for entry, kept in entries if entry.hash != kept), None)
