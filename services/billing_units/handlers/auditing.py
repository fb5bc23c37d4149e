"""What a command changes of the directory, read before it is written, for the audit log.

Statements of platforms are no commands: nobody asked for them, and their history is the facts that they become.
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.database import Connection
from contracts.events.envelope import to_json
from contracts.values.audit import Change
from services.billing_units.domain.auditing import Said, change_of
from services.billing_units.store.auditing import Row, list_standing
from services.billing_units.store.directory import Entry


async def changes_of(connection: Connection, account_id: str, entries: Sequence[Entry]) -> list[Change]:
    """What these entries change of what stands, in their order."""
    standing: dict[tuple[str, str], Row] = {}
    for kind in dict.fromkeys(entry.kind for entry in entries):
        ids = [entry.entry_id for entry in entries if entry.kind == kind]
        found = await list_standing(connection, account_id, kind, ids)
        standing |= {(kind, entry_id): row for entry_id, row in found.items()}
    return [change_to(entry, standing.get((entry.kind, entry.entry_id))) for entry in entries]


def change_to(entry: Entry, former: Row | None) -> Change:
    """What an entry changes of the row that stands, None where there is none."""
    names = [field.name for field in fields(entry.data)]
    after = {name: _said(name, getattr(entry.data, name)) for name in names}
    before: Said | None = None
    if former is not None:
        # What a row does not repeat is what the entry is known by.
        before = {name: _said(name, former[name]) if name in former else after[name] for name in names}
    return change_of(entry.kind, entry.entry_id, before, after)


def _said(name: str, value: Any) -> Any:
    """A field as JSON has it, instants in UTC: a statement may come with another offset than rows have."""
    if name == "split_changes":
        changes = orjson.loads(value) if isinstance(value, str) else orjson.loads(to_json(value))
        return [
            change | {"from_at": _said("from_at", datetime.fromisoformat(change["from_at"]))} for change in changes
        ]
    if isinstance(value, datetime):
        value = value.astimezone(UTC)
    return orjson.loads(to_json(str(value) if isinstance(value, UUID) else value))
