"""Statements about the directory as entries: what they are known by, and the fact they make."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from chassis.intake.events import Event, content_hash
from chassis.outbox.lanes import Outgoing
from contracts.events import directory, facts
from contracts.events.envelope import EventType, encode
from contracts.topics import BILLING_UNITS_FACTS
from contracts.values.ids import IdKind, derived_id
from contracts.values.unit_names import tidy_name
from services.billing_units.handlers.charge_messages import SOURCE
from services.billing_units.store.directory import Entry, EntryKind

_KINDS: dict[type[Any], tuple[EntryKind, str, EventType[Any]]] = {
    directory.AccountRecorded: ("account", "account_id", facts.ACCOUNT_FACT),
    directory.UserRecorded: ("user", "user_id", facts.USER_FACT),
    directory.TeamRecorded: ("team", "team_id", facts.TEAM_FACT),
    directory.TeamMembershipRecorded: ("membership", "membership_id", facts.TEAM_MEMBERSHIP_FACT),
    directory.NumberRecorded: ("number", "number", facts.NUMBER_FACT),
    directory.UnitRecorded: ("unit", "unit_id", facts.UNIT_FACT),
    directory.AssignmentRecorded: ("assignment", "assignment_id", facts.ASSIGNMENT_FACT),
}
"""Kind of entry, the field that holds its id, and its fact."""

_ADDED: Mapping[type[Any], Mapping[str, Any]] = {directory.AccountRecorded: {"access": "access_groups"}}
"""By statement, fields that were added to it, each with what holds where it is not said."""


def entry_of(data: directory.DirectoryEvent, content_hash: bytes | None, author: str | None = None) -> Entry:
    """The entry that a statement is about, a unit's name as it is kept.

    author: who says so; None only where nothing is recorded.
    """
    kind, id_field, _ = _KINDS[type(data)]
    if isinstance(data, directory.UnitRecorded):
        data = replace(data, name=tidy_name(data.name))
    return Entry(
        kind=kind,
        account_id=data.account_id,
        entry_id=getattr(data, id_field),
        data=data,
        content_hash=content_hash,
        author=author,
    )


def spelled_out(statement: type[Any], said: Mapping[str, Any]) -> frozenset[str]:
    """Added fields of a statement that say what holds without them.

    They count for nothing when contents are compared: the same entry told before the field came, or by who does
    not know it, is a repeat.
    """
    return frozenset(
        name for name, default in _ADDED.get(statement, {}).items() if name in said and said[name] == default
    )


def content_of(event: Event[Any]) -> bytes:
    """The hash that tells a repeat of a platform's statement from another content of its version."""
    if type(event.data) not in _ADDED:
        return event.content_hash
    said = orjson.loads(event.content)
    unsaid = spelled_out(type(event.data), said)
    if not unsaid:
        return event.content_hash
    rest = {name: value for name, value in said.items() if name not in unsaid}
    return content_hash(event.type, orjson.dumps(rest, option=orjson.OPT_SORT_KEYS))


def send_fact(outgoing: Outgoing, entry: Entry, directory_revision: int, recorded_at: datetime) -> None:
    """Publish the entry by ids only, keyed by its account; names and e-mail addresses stay here (DESIGN §4)."""
    _, _, fact = _KINDS[type(entry.data)]
    fields = {
        name: directory_revision if name == "directory_revision" else getattr(entry.data, name)
        for name in fact.data.__dataclass_fields__
    }
    fact_id: UUID = derived_id(IdKind.FACT, *entry.key, str(entry.data.version))
    outgoing.send(
        BILLING_UNITS_FACTS.name,
        key=entry.account_id.encode(),
        value=encode(kind=fact, event_id=fact_id, source=SOURCE, time=recorded_at, data=fact.data(**fields)),
    )
