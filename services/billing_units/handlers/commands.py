"""Commands of the API: units and assignments, each one transaction under the account's stripe."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from chassis.clock import Clock, Random
from chassis.database import Connection, Pool, account_transaction
from chassis.outbox.lanes import open_command_lane
from chassis.stripes import StripeClass, Stripes, take_stripes
from contracts.events.directory import AssignmentRecorded, DirectoryEvent, MemberKind, UnitRecorded
from contracts.values.ids import time_ordered_id
from services.billing_units.domain.directory_view import FOR_EVER
from services.billing_units.domain.placement import Placement, find_overlap
from services.billing_units.handlers.directory import find_taken, record_changes
from services.billing_units.handlers.entries import entry_of
from services.billing_units.store import listing

_EXCLUSIVE = (Stripes(kind=StripeClass.DIRECTORY, exclusive=True),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command changed nothing. unit_id: the unit that stands against it, where one does."""

    code: str
    says: str
    unit_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An assignment asked for; without `from_at` it begins now."""

    unit_id: str
    member_kind: MemberKind
    member: str
    from_at: datetime | None
    until_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Decides commands of one account after another; `schema` names the stripes."""

    pool: Pool
    schema: str
    clock: Clock
    random: Random

    async def create_unit(self, account_id: str, name: str) -> UnitRecorded | Refusal:
        """A new unit, live from the beginning of time."""
        async with self._changing(account_id) as connection:
            if await listing.find_account(connection, account_id) is None:
                return _no_account(account_id)
            now = self.clock()
            unit = UnitRecorded(
                account_id=account_id,
                unit_id=str(time_ordered_id(now, self.random)),
                version=1,
                name=name,
            )
            await _record(connection, unit, now)
            return unit

    async def assign(self, account_id: str, wanted: Wanted) -> AssignmentRecorded | Refusal:
        """Put a number, user or team into a unit. Charges that exist already stay where they are."""
        async with self._changing(account_id) as connection:
            now = self.clock()
            from_at = wanted.from_at or now
            if wanted.until_at is not None and wanted.until_at <= from_at:
                return Refusal(code="ends_before_it_begins", says="until_at must be later than from_at.")
            refusal = await _refuse(connection, account_id, wanted, from_at)
            if refusal is not None:
                return refusal
            assignment = AssignmentRecorded(
                account_id=account_id,
                assignment_id=str(time_ordered_id(now, self.random)),
                version=1,
                unit_id=wanted.unit_id,
                member_kind=wanted.member_kind,
                member=wanted.member,
                from_at=from_at,
                until_at=wanted.until_at,
            )
            taken = await find_taken(connection, [entry_of(assignment, None)])
            if taken is not None:
                return Refusal(code="number_taken", says=f"{taken.says}.", unit_id=taken.holder.unit_id)
            await _record(connection, assignment, now)
            return assignment

    async def release(
        self, account_id: str, assignment_id: str, until_at: datetime | None
    ) -> AssignmentRecorded | Refusal:
        """End an assignment now or at an instant; it may be ended earlier again, never later."""
        async with self._changing(account_id) as connection:
            row = await listing.find_assignment(connection, account_id, assignment_id)
            if row is None:
                return Refusal(code="not_found", says="This account has no such assignment.")
            now = self.clock()
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
            await _record(connection, released, now)
            return released

    @asynccontextmanager
    async def _changing(self, account_id: str) -> AsyncIterator[Connection]:
        """A transaction that has waited for every batch of the account, and that later ones wait for."""
        async with account_transaction(self.pool, account_id) as connection:
            await take_stripes(connection, schema=self.schema, stripes=_EXCLUSIVE, accounts=[account_id])
            yield connection


async def _refuse(connection: Connection, account_id: str, wanted: Wanted, from_at: datetime) -> Refusal | None:
    """What stands against an assignment, a number's other unit aside."""
    unit = await listing.find_unit(connection, account_id, wanted.unit_id)
    if unit is None:
        return Refusal(code="not_found", says="This account has no such unit.")
    if unit["archived_at"] is not None and (wanted.until_at or FOR_EVER) > unit["archived_at"]:
        return Refusal(
            code="unit_archived",
            says=f"Unit {unit['name']!r} is archived from {unit['archived_at'].isoformat()} on.",
            unit_id=wanted.unit_id,
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
    return Refusal(code="already_assigned", says=says, unit_id=wanted.unit_id)


async def _record(connection: Connection, change: DirectoryEvent, now: datetime) -> None:
    """Write the change and its fact; the lane is drawn last."""
    outgoing = await open_command_lane(connection, change.account_id)
    await record_changes(connection, outgoing, [entry_of(change, None)], now)
    await outgoing.record(connection, now)


def _no_account(account_id: str) -> Refusal:
    return Refusal(code="not_found", says=f"There is no account {account_id!r}.")
