"""Commands on units: create, rename, archive; each is refused when the unit has changed meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.database import Connection
from contracts.events.directory import AssignmentRecorded, UnitRecorded
from contracts.values.unit_names import name_refusal, tidy_name
from services.billing_units.handlers.assignments import assignment_of
from services.billing_units.handlers.commands import Commands, Refusal, no_account, no_unit, record
from services.billing_units.handlers.entries import entry_of
from services.billing_units.handlers.unit_names import find_name_taken
from services.billing_units.store import listing, unit_lists

Expected = Callable[[int], bool]
"""Whether the version that stands is one that the caller has seen (`If-Match`)."""


async def create_unit(commands: Commands, account_id: str, name: str) -> UnitRecorded | Refusal:
    """A new unit, live from the beginning of time."""
    async with commands.changing(account_id) as connection:
        if await listing.find_account(connection, account_id) is None:
            return no_account(account_id)
        now = commands.clock()
        unit = UnitRecorded(account_id=account_id, unit_id=commands.new_id(now), version=1, name=tidy_name(name))
        return await _refuse_name(connection, unit) or await _recorded(commands, connection, unit, now)


async def rename_unit(
    commands: Commands, account_id: str, unit_id: str, name: str, expected: Expected
) -> UnitRecorded | Refusal:
    """Give a unit another name; its own name in another case is no other unit's."""
    async with commands.changing(account_id) as connection:
        unit = await _unit(connection, account_id, unit_id, expected)
        if isinstance(unit, Refusal):
            return unit
        renamed = replace(unit, version=unit.version + 1, name=tidy_name(name))
        refusal = await _refuse_name(connection, renamed)
        return refusal or await _recorded(commands, connection, renamed, commands.clock())


async def archive_unit(
    commands: Commands,
    account_id: str,
    unit_id: str,
    expected: Expected,
    *,
    archived_at: datetime | None,
    release: bool,
) -> UnitRecorded | Refusal:
    """Archive a unit at an instant (now unless said), by which all its memberships must end.

    Earlier use still belongs to the unit, later use cannot (DESIGN §7). release: end at that instant what is
    still assigned, in the same transaction.
    """
    async with commands.changing(account_id) as connection:
        unit = await _unit(connection, account_id, unit_id, expected)
        if isinstance(unit, Refusal):
            return unit
        now = commands.clock()
        ends_at = archived_at or now
        lasting = await unit_lists.list_lasting_assignments(connection, account_id, unit_id, ends_at)
        if lasting and not release:
            return Refusal(
                code="still_assigned",
                says=(
                    f"{len(lasting)} assignments of unit {unit.name!r} last beyond {ends_at.isoformat()}, the "
                    f"first of {lasting[0]['member_kind']} {lasting[0]['member']}: end them by then, or archive "
                    "with release_members"
                ),
                more={"assignments": len(lasting)},
            )
        archived = replace(unit, version=unit.version + 1, archived_at=ends_at)
        ended = [_ended(account_id, row, ends_at) for row in lasting]
        await record(commands, connection, account_id, [*ended, archived], now)
        return archived


async def _unit(
    connection: Connection, account_id: str, unit_id: str, expected: Expected
) -> UnitRecorded | Refusal:
    """The unit as it stands, when that is what the caller expects."""
    row = await listing.find_unit(connection, account_id, unit_id)
    if row is None:
        return no_unit(unit_id)
    if not expected(row["version"]):
        says = f"Unit {row['name']!r} is at version {row['version']} by now: read it again, then decide."
        return Refusal(code="changed_meanwhile", says=says, more={"version": row["version"]})
    return UnitRecorded(
        account_id=account_id,
        unit_id=unit_id,
        version=row["version"],
        name=row["name"],
        archived_at=row["archived_at"],
    )


async def _refuse_name(connection: Connection, unit: UnitRecorded) -> Refusal | None:
    says = name_refusal(unit.name)
    if says is not None:
        return Refusal(code="bad_name", says=says)
    taken = await find_name_taken(connection, [entry_of(unit, None)])
    if taken is not None:
        return Refusal(code="name_taken", says=taken.says, more={"unit_id": taken.unit_id})
    return None


async def _recorded(commands: Commands, connection: Connection, unit: UnitRecorded, now: datetime) -> UnitRecorded:
    await record(commands, connection, unit.account_id, [unit], now)
    return unit


def _ended(account_id: str, row: Mapping[str, Any], ends_at: datetime) -> AssignmentRecorded:
    """The assignment's next version, ending at the instant; one that begins then or later never was."""
    stands = assignment_of(account_id, row)
    if stands.from_at >= ends_at:
        return replace(stands, version=stands.version + 1, deleted=True)
    return replace(stands, version=stands.version + 1, until_at=ends_at)
