"""Commands on assignments: put a number, user or team into a unit for a time, and end it."""

from dataclasses import dataclass
from datetime import datetime

from chassis.database import Connection
from contracts.events.directory import AssignmentRecorded, MemberKind
from services.billing_units.domain.directory_view import FOR_EVER
from services.billing_units.domain.placement import Placement, find_overlap
from services.billing_units.handlers.commands import Commands, Refusal, no_unit, record
from services.billing_units.handlers.directory import find_taken
from services.billing_units.handlers.entries import entry_of
from services.billing_units.store import listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An assignment asked for; without `from_at` it begins now."""

    unit_id: str
    member_kind: MemberKind
    member: str
    from_at: datetime | None
    until_at: datetime | None


async def assign(commands: Commands, account_id: str, wanted: Wanted) -> AssignmentRecorded | Refusal:
    """Put a number, user or team into a unit. Charges that exist already stay where they are."""
    async with commands.changing(account_id) as connection:
        now = commands.clock()
        from_at = wanted.from_at or now
        if wanted.until_at is not None and wanted.until_at <= from_at:
            return Refusal(code="ends_before_it_begins", says="until_at must be later than from_at.")
        refusal = await _refuse(connection, account_id, wanted, from_at)
        if refusal is not None:
            return refusal
        assignment = AssignmentRecorded(
            account_id=account_id,
            assignment_id=commands.new_id(now),
            version=1,
            unit_id=wanted.unit_id,
            member_kind=wanted.member_kind,
            member=wanted.member,
            from_at=from_at,
            until_at=wanted.until_at,
        )
        taken = await find_taken(connection, [entry_of(assignment, None)])
        if taken is not None:
            return Refusal(code="number_taken", says=f"{taken.says}.", more={"unit_id": taken.holder.unit_id})
        await record(connection, account_id, [assignment], now)
        return assignment


async def release(
    commands: Commands, account_id: str, assignment_id: str, until_at: datetime | None
) -> AssignmentRecorded | Refusal:
    """End an assignment now or at an instant; it may be ended earlier again, never later."""
    async with commands.changing(account_id) as connection:
        row = await listing.find_assignment(connection, account_id, assignment_id)
        if row is None:
            return Refusal(code="not_found", says="This account has no such assignment.")
        now = commands.clock()
        ends_at = until_at or now
        if ends_at < row["from_at"]:
            return Refusal(code="ends_before_it_begins", says="until_at must not be before from_at.")
        if row["until_at"] is not None and row["until_at"] <= ends_at:
            return Refusal(code="already_ended", says=f"It ended at {row['until_at'].isoformat()}.")
        released = AssignmentRecorded(
            account_id=account_id,
            assignment_id=assignment_id,
            version=row["version"] + 1,
            unit_id=str(row["unit_id"]),
            member_kind=row["member_kind"],
            member=row["member"],
            from_at=row["from_at"],
            until_at=ends_at,
        )
        await record(connection, account_id, [released], now)
        return released


async def _refuse(connection: Connection, account_id: str, wanted: Wanted, from_at: datetime) -> Refusal | None:
    """What stands against an assignment, a number's other unit aside."""
    unit = await listing.find_unit(connection, account_id, wanted.unit_id)
    if unit is None:
        return no_unit(wanted.unit_id)
    if unit["archived_at"] is not None and (wanted.until_at or FOR_EVER) > unit["archived_at"]:
        return Refusal(
            code="unit_archived",
            says=f"Unit {unit['name']!r} is archived from {unit['archived_at'].isoformat()} on.",
            more={"unit_id": wanted.unit_id},
        )
    if not await listing.is_member(connection, account_id, wanted.member_kind, wanted.member, from_at):
        return Refusal(code="unknown_member", says=f"This account has no {wanted.member_kind} {wanted.member}.")
    if wanted.member_kind == "number":
        return None
    asked = Placement(
        assignment_id="", unit_id=wanted.unit_id, from_at=from_at, until_at=wanted.until_at or FOR_EVER
    )
    others = await listing.list_member_assignments(connection, account_id, wanted.member_kind, wanted.member)
    if find_overlap(asked, [other for other in others if other.unit_id == wanted.unit_id]) is None:
        return None
    says = f"The {wanted.member_kind} {wanted.member} is in unit {unit['name']!r} already at that time."
    return Refusal(code="already_assigned", says=says, more={"unit_id": wanted.unit_id})
