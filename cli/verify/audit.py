"""Checks the audit log: every entry of every chain is hashed again and must follow from the one before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.audit.reading import kept_entry
from cli.verify.snapshot import QUERIES, Snapshot
from cli.verify.verdict import ROWS_SHOWN, CheckResult
from contracts.values.audit import BEGINNING, follows

READ_AT_ONCE = 5000
Row = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Chains:
    """Reads the entries of accounts one after another. ends: where each account's chain stands, once read."""

    ends: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    def read(self, row: Row) -> Row | None:
        """None for an entry that follows; else what to say of it. The next one is held against what is kept."""
        entry, kept = kept_entry(row)
        seq, previous_hash = self.ends.get(entry.account_id, (0, BEGINNING))
        self.ends[entry.account_id] = (entry.seq, kept)
        if follows(entry, kept, seq=seq, previous_hash=previous_hash):
            return None
        why = "was changed" if entry.hash != kept else "does not follow from the one before it"
        return _said(entry.account_id, entry.seq, why) | {"action": row["action"], "subject": row["subject"]}

    def unlike(self, heads: Mapping[str, tuple[int, bytes]]) -> Iterator[Row]:
        """Accounts whose chain does not end where its head says: entries at the end were removed or added."""
        for account_id in sorted(heads.keys() | self.ends.keys()):
            seq, _ = end = self.ends.get(account_id, (0, BEGINNING))
            head = heads.get(account_id, (0, BEGINNING))
            if end != head:
                yield _said(account_id, seq, f"is the last one, but the head says {head[0]}, or another hash")


async def run_audit_check(snapshot: Snapshot, service: str) -> CheckResult:
    """Read all chains of a service, of the one account where the proof is narrowed to one."""
    await snapshot.within(service)
    chains, rows, offending = Chains(), list[Row](), 0
    entries = snapshot.connection.cursor(QUERIES["list_audit_entries"], snapshot.account_id, prefetch=READ_AT_ONCE)
    async for row in entries:
        if (found := chains.read(row)) is not None:
            offending += 1
            rows = [*rows, found][:ROWS_SHOWN]
    heads = {
        row["account_id"]: (row["seq"], row["hash"])
        for row in await snapshot.fetch("list_audit_heads", snapshot.account_id)
    }
    unlike = list(chains.unlike(heads))
    return CheckResult(
        name="audit log",
        sentence="Every entry is as it was hashed, follows from the one before it, and none is missing.",
        offending=offending + len(unlike),
        rows=[*unlike, *rows][:ROWS_SHOWN],
        service=service,
    )


def _said(account_id: str, seq: int, why: str) -> dict[str, Any]:
    return {"account_id": account_id, "seq": seq, "why": why}
