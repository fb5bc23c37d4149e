"""Reads an account's chain: its newest entries by filter, and the whole of it from the first entry on."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.audit.recording import QUERIES
from chassis.database import Pool, account_transaction
from contracts.events.envelope import to_json
from contracts.values.audit import AuditEntry, Change, Kept, broken_at, changed_at

EXPORTED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries: of [from_at, until_at), about one subject, by one caller; None for any."""

    from_at: datetime | None = None
    until_at: datetime | None = None
    subject: str | None = None
    caller_id: str | None = None

    @property
    def everything(self) -> bool:
        """Whether no entry is left out, so that each one shown must follow from the one before it."""
        return self == AuditFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Some entries, newest first, as the API shows them. cursor: where the next page begins, None on the last.

    broken_at: the first entry shown that is not as it was hashed or, where nothing is filtered, does not follow
    from the one before it.
    """

    rows: Sequence[Mapping[str, Any]]
    cursor: str | None
    broken_at: int | None


async def read_page(pool: Pool, account_id: str, wanted: AuditFilter, before: int | None, limit: int) -> AuditPage:
    """Entries before a number, at most `limit`."""
    found = await _list_entries(pool, account_id, wanted, before, limit + 1)
    oldest_first = list(reversed(found))
    return AuditPage(
        rows=[shown(kept) for kept in found[:limit]],
        cursor=str(found[limit - 1][0].seq) if len(found) > limit else None,
        broken_at=broken_at(oldest_first) if wanted.everything else changed_at(oldest_first),
    )


async def _list_entries(
    pool: Pool, account_id: str, wanted: AuditFilter, before: int | None, limit: int
) -> list[Kept]:
    async with account_transaction(pool, account_id) as connection:
        await connection.execute(QUERIES["plan_anew"])
        rows = await connection.fetch(
            QUERIES["list_audit"],
            account_id,
            before,
            wanted.from_at,
            wanted.until_at,
            wanted.subject,
            wanted.caller_id,
            limit,
        )
    return [kept_entry(row) for row in rows]


async def get_end(pool: Pool, account_id: str) -> int:
    """The number of the account's last entry."""
    async with account_transaction(pool, account_id) as connection:
        end: int = await connection.fetchval(QUERIES["get_audit_end"], account_id)
    return end


async def export(pool: Pool, account_id: str, end: int) -> AsyncIterator[bytes]:
    """The entries up to number `end` as lines of JSON, oldest first, a part at a time.

    Entries never change, so no transaction needs to stay open between the parts.
    """
    last = 0
    while last < end:
        async with account_transaction(pool, account_id) as connection:
            rows = await connection.fetch(QUERIES["list_audit_onward"], account_id, last, end, EXPORTED_AT_ONCE)
        if not rows:
            return
        last = rows[-1]["seq"]
        yield b"".join(to_json(shown(kept_entry(row))) + b"\n" for row in rows)


def shown(kept: Kept) -> dict[str, str | int | None]:
    """An entry as the API and the export show it: what was hashed, and the hash."""
    entry, hash_kept = kept
    return {**entry.said(), "hash": hash_kept.hex()}


def kept_entry(row: Mapping[str, Any]) -> Kept:
    """An entry from its row."""
    change = Change(action=row["action"], subject=row["subject"], before=row["before"], after=row["after"])
    entry = AuditEntry(
        account_id=row["account_id"],
        seq=row["seq"],
        at=row["at"],
        caller_kind=row["caller_kind"],
        caller_id=row["caller_id"],
        change=change,
        request_id=row["request_id"],
        previous_hash=row["previous_hash"],
    )
    return entry, row["hash"]
