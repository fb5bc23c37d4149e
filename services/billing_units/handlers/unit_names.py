"""Finds the unit that has a name already, before the database's constraint has to refuse the whole batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.database import Connection
from contracts.values.unit_names import name_key
from services.billing_units.store import directory
from services.billing_units.store.directory import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTaken:
    """A name that another unit of the account has while `entry` would take it."""

    entry: Entry
    unit_id: str
    says: str


async def find_name_taken(connection: Connection, changes: Sequence[Entry]) -> NameTaken | None:
    """The first change, in order, that would give a unit the name of another; archived units keep theirs.

    Changes are tried one after another, so the answer does not depend on where batches begin.
    """
    units = [entry for entry in changes if entry.kind == "unit"]
    if not units:
        return None
    keys = {id(entry): (entry.account_id, name_key(entry.data.name)) for entry in units}
    found = await directory.list_named_units(
        connection, set(keys.values()), {(entry.account_id, entry.entry_id) for entry in units}
    )
    holders = {(unit.account_id, unit.name_key): (unit.unit_id, unit.name) for unit in found}
    names = {(unit.account_id, unit.unit_id): unit.name_key for unit in found}
    for entry in units:
        unit = (entry.account_id, entry.entry_id)
        former = names.pop(unit, None)
        if former is not None:
            del holders[entry.account_id, former]
        if entry.data.deleted:
            continue
        wanted = keys[id(entry)]
        if wanted in holders:
            holder_id, holder_name = holders[wanted]
            says = (
                f"unit {entry.entry_id} cannot be named {entry.data.name!r}: unit {holder_id} is named "
                f"{holder_name!r}, which is the same but for case or spaces; rename one of them"
            )
            return NameTaken(entry=entry, unit_id=holder_id, says=says)
        holders[wanted] = (entry.entry_id, entry.data.name)
        names[unit] = wanted[1]
    return None
