"""Adds entries to an account's chain, in the transaction of the change itself."""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import Connection
from chassis.sql import Queries
from contracts.values.access import Caller
from contracts.values.audit import BEGINNING, AuditEntry, Change, next_entry

QUERIES = Queries(__package__)


async def record_change(connection: Connection, caller: Caller, change: Change, at: datetime) -> None:
    """Add one entry."""
    await record_all(connection, caller, [change], at)


async def record_all(connection: Connection, caller: Caller, changes: Sequence[Change], at: datetime) -> None:
    """Add what a request changed of the account it was made for, in order; nothing for no change.

    The chain's end stays locked until the transaction ends, and the account's next change waits for it. So this
    comes late: after all other rows, before the outbox lane.
    """
    if not changes:
        return
    account_id = caller.account_id
    await connection.execute(QUERIES["insert_audit_head"], account_id, BEGINNING)
    head = await connection.fetchrow(QUERIES["lock_audit_head"], account_id)
    entries: list[AuditEntry] = []
    hashes: list[bytes] = []
    for change in changes:
        previous_hash = hashes[-1] if hashes else head["hash"]
        entry = next_entry(caller, change, at=at, seq=head["seq"] + len(entries), previous_hash=previous_hash)
        entries.append(entry)
        hashes.append(entry.hash)
    await connection.execute(
        QUERIES["insert_audit_entries"],
        account_id,
        at,
        caller.kind,
        caller.caller_id,
        caller.request_id,
        [entry.seq for entry in entries],
        [change.action for change in changes],
        [change.subject for change in changes],
        [change.before for change in changes],
        [change.after for change in changes],
        [entry.previous_hash for entry in entries],
        hashes,
    )
    await connection.execute(QUERIES["update_audit_head"], account_id, entries[-1].seq, hashes[-1])
