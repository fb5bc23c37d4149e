"""Directory statements in: the highest version of each entry stands, counts in the revision, and becomes a fact."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.database import Connection
from chassis.intake.batch import Batch, RecordFailed
from chassis.outbox.lanes import Outgoing
from services.billing_units.domain.directory_view import FOR_EVER
from services.billing_units.domain.placement import Placement, find_overlap
from services.billing_units.domain.versions import Known, Standing, compare
from services.billing_units.handlers.entries import content_of, entry_of, send_fact
from services.billing_units.handlers.touching import find_touched, leave_for_the_job
from services.billing_units.handlers.unit_names import find_name_taken
from services.billing_units.store import directory
from services.billing_units.store.directory import Entry, EntryKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A number that is in a unit already while `entry` would put it into one."""

    entry: Entry
    holder: Placement
    says: str


async def on_directory_event(batch: Batch) -> None:
    """Compare versions in log order, refuse what cannot stand, record the rest."""
    entries = {
        id(event): entry_of(event.data, content_of(event), f"platform event of {event.source}")
        for event in batch.events
    }
    known = await directory.list_versions(batch.connection, {entry.key for entry in entries.values()})
    accepted = []
    for event in batch.events:
        entry = entries[id(event)]
        content = entry.content_hash
        assert content is not None, "a platform's statement has its content's hash"
        match compare(event.data.version, content, known.get(entry.key)):
            case Standing.NEWER:
                known[entry.key] = Known(version=event.data.version, content_hash=content)
                accepted.append((event, entry))
            case Standing.REPEAT:
                batch.found_duplicate(event)
            case Standing.CONTRADICTION:
                reason = f"{entry.kind} {entry.entry_id}: version {event.data.version} with other content"
                batch.found_conflict(event, reason)
            case Standing.SUPERSEDED:
                pass
    changes = [entry for _, entry in accepted]
    events = {id(entry): event for event, entry in accepted}
    taken = await find_taken(batch.connection, changes)
    if taken is not None:
        raise RecordFailed(events[id(taken.entry)], "number_taken", taken.says)
    foreign = await _find_foreign_unit(batch.connection, changes)
    if foreign is not None:
        detail = f"unit id {foreign.entry_id} is in use and cannot name a unit of account {foreign.account_id}"
        raise RecordFailed(events[id(foreign)], "unit_id_taken", detail)
    named = await find_name_taken(batch.connection, changes)
    if named is not None:
        raise RecordFailed(events[id(named.entry)], "name_taken", named.says)
    fixed = await find_fixed_currency(batch.connection, changes)
    if fixed is not None:
        entry, currency = fixed
        detail = f"account {entry.account_id} has charges in {currency}, which is its currency for good"
        raise RecordFailed(events[id(entry)], "currency_fixed", detail)
    await record_changes(batch.connection, batch.outgoing, changes, batch.recorded_at)


async def record_changes(
    connection: Connection, outgoing: Outgoing, changes: Sequence[Entry], recorded_at: datetime
) -> None:
    """Write entries whose versions are newer than what stands, raise the revisions, publish the facts.

    Charges that a change touches are left for the job to put right.

    The caller holds the accounts' directory stripes exclusively. Of several versions of an entry only the
    last is written and published; each counts in the revision.
    """
    if not changes:
        return
    counts = Counter(entry.account_id for entry in changes)
    revisions = await directory.raise_revisions(connection, counts)
    next_revision = {account_id: revisions[account_id] - count for account_id, count in counts.items()}
    last: dict[EntryKey, tuple[Entry, int]] = {}
    for entry in changes:
        next_revision[entry.account_id] += 1
        last.pop(entry.key, None)
        last[entry.key] = (entry, next_revision[entry.account_id])
    touching = await find_touched(connection, [entry for entry, _ in last.values()])
    for kind in directory.COLUMNS:
        of_kind = [entry for entry, _ in last.values() if entry.kind == kind]
        if of_kind:
            await directory.upsert_entries(connection, kind, of_kind, recorded_at)
    authors = {entry.account_id: entry.author for entry in changes}
    for each in touching:
        author = authors[each.account_id] or ""
        await leave_for_the_job(connection, each, revisions[each.account_id], author, recorded_at)
    for entry, revision in last.values():
        send_fact(outgoing, entry, revision, recorded_at)


async def find_taken(connection: Connection, changes: Sequence[Entry]) -> Taken | None:
    """The first change, in order, that would put a number into two units at an instant.

    Changes are tried one after another on the placements as they stand, so the answer does not depend on
    where batches begin. The database's constraint remains the judge.
    """
    assignments = [entry for entry in changes if entry.kind == "assignment"]
    if not assignments:
        return None
    numbers = {(entry.account_id, entry.data.member) for entry in assignments if entry.data.member_kind == "number"}
    placed = await directory.list_placements(
        connection, numbers, [(entry.account_id, entry.entry_id) for entry in assignments]
    )
    number_of = {
        (key[0], placement.assignment_id): key for key, placements in placed.items() for placement in placements
    }
    for entry in assignments:
        data = entry.data
        former = number_of.pop((entry.account_id, entry.entry_id), None)
        if former is not None:
            placed[former] = [other for other in placed[former] if other.assignment_id != entry.entry_id]
        if data.deleted or data.member_kind != "number":
            continue
        wanted = Placement(
            assignment_id=entry.entry_id,
            unit_id=data.unit_id,
            from_at=data.from_at,
            until_at=data.until_at or FOR_EVER,
        )
        number = (entry.account_id, data.member)
        holder = find_overlap(wanted, placed.get(number, ()))
        if holder is not None:
            return Taken(
                entry=entry, holder=holder, says=await _sentence(connection, changes, entry, wanted, holder)
            )
        placed.setdefault(number, []).append(wanted)
        number_of[entry.account_id, entry.entry_id] = number
    return None


async def _sentence(
    connection: Connection, changes: Sequence[Entry], entry: Entry, wanted: Placement, holder: Placement
) -> str:
    account_id = entry.account_id
    names = await directory.list_unit_names(
        connection, [(account_id, wanted.unit_id), (account_id, holder.unit_id)]
    )
    names |= {(change.account_id, change.entry_id): change.data.name for change in changes if change.kind == "unit"}
    until = "on" if holder.until_at == FOR_EVER else f"until {holder.until_at.isoformat()}"
    wanted_unit = _named(names.get((account_id, wanted.unit_id)), wanted)
    holding_unit = _named(names.get((account_id, holder.unit_id)), holder)
    return (
        f"number {entry.data.member} cannot be in unit {wanted_unit} from {wanted.from_at.isoformat()}: it is in "
        f"unit {holding_unit} from {holder.from_at.isoformat()} {until}; release it there first"
    )


def _named(name: str | None, placement: Placement) -> str:
    return placement.unit_id if name is None else f"{name!r} ({placement.unit_id})"


async def _find_foreign_unit(connection: Connection, changes: Sequence[Entry]) -> Entry | None:
    """The first unit, in order, whose id another account has: they would write to one topic.

    The database's constraint remains the judge between batches that do not see each other.
    """
    units = [entry for entry in changes if entry.kind == "unit"]
    if not units:
        return None
    accounts = await directory.list_unit_accounts(connection, {entry.entry_id for entry in units})
    for entry in units:
        if accounts.setdefault(entry.entry_id, entry.account_id) != entry.account_id:
            return entry
    return None


async def find_fixed_currency(connection: Connection, changes: Sequence[Entry]) -> tuple[Entry, str] | None:
    """The first account that would change its currency although it has charges, with that currency."""
    accounts = [entry for entry in changes if entry.kind == "account"]
    if not accounts:
        return None
    fixed = await directory.list_fixed_currencies(connection, {entry.account_id for entry in accounts})
    for entry in accounts:
        if fixed.get(entry.account_id, entry.data.currency) != entry.data.currency:
            return entry, fixed[entry.account_id]
    return None
