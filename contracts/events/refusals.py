"""What makes a record of a platform invalid beyond its fields; asked by its consumer and by who takes it in."""

from datetime import datetime
from itertools import pairwise

import phonenumbers

from contracts.events.call import CallDetailRecord
from contracts.events.directory import (
    AccountRecorded,
    AssignmentRecorded,
    DirectoryEvent,
    NumberRecorded,
    TeamMembershipRecorded,
    UnitRecorded,
)
from contracts.events.usage import UsageRecord
from contracts.events.usage_refusals import usage_refusal
from contracts.values.calendar import CalendarError, zone_of
from contracts.values.call_times import call_times_refusal
from contracts.values.money import MINOR_UNITS
from contracts.values.phone import is_e164
from contracts.values.unit_names import name_refusal


def refusal_of(data: CallDetailRecord | UsageRecord | DirectoryEvent) -> str | None:
    """What is wrong with a record of a platform, in a sentence; None when nothing is."""
    if isinstance(data, CallDetailRecord):
        return call_times_refusal(data.started_at, data.answered_at, data.ended_at)
    if isinstance(data, UsageRecord):
        return usage_refusal(data)
    if isinstance(data, AccountRecorded):
        return _account_refusal(data)
    if isinstance(data, NumberRecorded):
        return number_refusal(data.number) or _span_refusal(data.from_at, data.until_at)
    if isinstance(data, UnitRecorded):
        return name_refusal(data.name)
    if isinstance(data, TeamMembershipRecorded):
        return _span_refusal(data.from_at, data.until_at)
    if isinstance(data, AssignmentRecorded):
        number = number_refusal(data.member) if data.member_kind == "number" else None
        return number or _span_refusal(data.from_at, data.until_at)
    return None


def number_refusal(number: str) -> str | None:
    """Full validity by the numbering plans that libphonenumber knows, asked when a number enters the directory."""
    if not is_e164(number):
        return f"member: {number!r} is not E.164: + and 7 to 15 digits"
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException as error:
        return f"number: {number} cannot be a phone number: {error}"
    if not phonenumbers.is_valid_number(parsed):
        return f"number: {number} is not a valid phone number of any country's numbering plan"
    return None


def _account_refusal(data: AccountRecorded) -> str | None:
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
