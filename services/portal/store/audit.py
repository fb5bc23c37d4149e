"""The audit log's rows: added at the end of an account's chain, read from its end."""

from datetime import datetime

from chassis.database import Connection
from contracts.values.access import Caller
from services.portal.domain.audit import BEGINNING, AuditEntry, Change, next_entry
from services.portal.store import QUERIES


async def record_change(connection: Connection, caller: Caller, change: Change, at: datetime) -> AuditEntry:
    """Add an entry in the transaction of the change itself; the next change of the account waits for it."""
    account_id = caller.account_id
    await connection.execute(QUERIES["insert_audit_head"], account_id, BEGINNING)
    head = await connection.fetchrow(QUERIES["lock_audit_head"], account_id)
    entry = next_entry(caller, change, at=at, seq=head["seq"], previous_hash=head["hash"])
    await connection.execute(
        QUERIES["insert_audit_entry"],
        account_id,
        entry.seq,
        entry.at,
        entry.caller_kind,
        entry.caller_id,
        change.action,
        change.subject,
        change.before,
        change.after,
        entry.request_id,
        entry.previous_hash,
        entry.hash,
    )
    await connection.execute(QUERIES["update_audit_head"], account_id, entry.seq, entry.hash)
    return entry


async def list_audit(
    connection: Connection, account_id: str, before: int | None, limit: int
) -> list[tuple[AuditEntry, bytes]]:
    """Entries with the hash each was kept with, newest first."""
    rows = await connection.fetch(QUERIES["list_audit"], account_id, before, limit)
    return [
        (
            AuditEntry(
                account_id=row["account_id"],
                seq=row["seq"],
                at=row["at"],
                caller_kind=row["caller_kind"],
                caller_id=row["caller_id"],
                change=Change(
                    action=row["action"], subject=row["subject"], before=row["before"], after=row["after"]
                ),
                request_id=row["request_id"],
                previous_hash=row["previous_hash"],
            ),
            row["hash"],
        )
        for row in rows
    ]
