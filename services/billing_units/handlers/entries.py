"""Statements about the directory as entries: what they are known by, what refuses them, the fact they make."""

from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

import phonenumbers

from chassis.outbox.lanes import Outgoing
from contracts.events import directory, facts
from contracts.events.envelope import EventType, encode
from contracts.topics import BILLING_UNITS_FACTS
from contracts.values.calendar import CalendarError, zone_of
from contracts.values.ids import IdKind, derived_id
from contracts.values.money import MINOR_UNITS
from contracts.values.phone import is_e164
from services.billing_units.domain.unit_names import name_refusal, tidy_name
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


def refusal_of(data: directory.DirectoryEvent) -> str | None:
    """What makes a statement invalid beyond its fields, in a sentence; None when nothing does."""
    if isinstance(data, directory.AccountRecorded):
        return _account_refusal(data)
    if isinstance(data, directory.NumberRecorded):
        return number_refusal(data.number) or _span_refusal(data.from_at, data.until_at)
    if isinstance(data, directory.UnitRecorded):
        return name_refusal(data.name)
    if isinstance(data, directory.TeamMembershipRecorded):
        return _span_refusal(data.from_at, data.until_at)
    if isinstance(data, directory.AssignmentRecorded):
        number = number_refusal(data.member) if data.member_kind == "number" else None
        return number or _span_refusal(data.from_at, data.until_at)
    return None


def number_refusal(number: str) -> str | None:
    """Full validity by the numbering plans that libphonenumber knows, asked once: here (DESIGN §3)."""
    if not is_e164(number):
        return f"member: {number!r} is not E.164: + and 7 to 15 digits"
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException as error:
        return f"number: {number} cannot be a phone number: {error}"
    if not phonenumbers.is_valid_number(parsed):
        return f"number: {number} is not a valid phone number of any country's numbering plan"
    return None


def _account_refusal(data: directory.AccountRecorded) -> str | None:
    if data.currency not in MINOR_UNITS:
        return f"currency: {data.currency!r} is not a currency of ISO 4217"
    try:
        zone_of(data.zone)
    except CalendarError as error:
        return f"zone: {error}"
    instants = [change.from_at for change in data.split_changes]
    if any(later <= earlier for earlier, later in pairwise(instants)):
        return "split_changes: they must be in order of time, each at an instant of its own"
    return None


def _span_refusal(from_at: datetime, until_at: datetime | None) -> str | None:
    if until_at is not None and until_at < from_at:
        return f"until_at: {until_at.isoformat()} is before from_at {from_at.isoformat()}"
    return None
