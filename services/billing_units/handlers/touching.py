"""Finds, in the transaction of a change, which charges it touches, and leaves them for the job to put right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.database import Connection
from contracts.events.fields import EARLIEST, LATEST
from contracts.values.ids import IdKind, derived_text
from services.billing_units.domain.directory_view import PolicyChange
from services.billing_units.domain.touched import (
    Held,
    Part,
    PartKind,
    Subject,
    Touched,
    merged,
    touched,
    touched_by_policy,
)
from services.billing_units.store import reattribution
from services.billing_units.store.directory import Entry

ALL_TIME = (EARLIEST, LATEST)
_PART_OF: Mapping[str, PartKind] = {"number": "number", "user": "user"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Touching:
    """What the changes of one account touch."""

    account_id: str
    found: Sequence[Touched]


async def find_touched(connection: Connection, changes: Sequence[Entry]) -> list[Touching]:
    """Compare changes with what stands, before they are written; accounts without a charge touch nothing.

    The caller holds the accounts' stripes exclusively, so no charge can be decided meanwhile.
    """
    accounts = {entry.account_id for entry in changes}
    charged = await reattribution.list_accounts_with_charges(connection, accounts)
    return [
        Touching(
            account_id=account_id,
            found=await _touched_of(
                connection, account_id, [entry for entry in changes if entry.account_id == account_id]
            ),
        )
        for account_id in sorted(charged)
    ]


async def leave_for_the_job(
    connection: Connection, touching: Touching, directory_revision: int, author: str, recorded_at: datetime
) -> None:
    """Write down what is to be looked at, after the changes are written; the change is the charges' cause."""
    parts = await _parts(connection, touching)
    if not parts:
        return
    cause_id = derived_text(IdKind.CAUSE, touching.account_id, "reattribution", str(directory_revision))
    await reattribution.insert_reattribution(
        connection, touching.account_id, cause_id, directory_revision, author, parts, recorded_at
    )


async def _touched_of(connection: Connection, account_id: str, changes: Sequence[Entry]) -> list[Touched]:
    found: list[Touched] = []
    for kind in reattribution.FORMER:
        entries = [entry for entry in changes if entry.kind == kind]
        if not entries:
            continue
        former = await reattribution.list_former(connection, kind, entries)
        for entry in entries:
            row = former.get(entry.entry_id)
            before = None if row is None else _held(kind, entry.entry_id, row.__getitem__)
            found += touched(before, _held(kind, entry.entry_id, lambda name, data=entry.data: getattr(data, name)))
    for entry in changes:
        if entry.kind == "account":
            before_policy = await reattribution.find_former_policy(connection, account_id) or ("equal", ())
            later = tuple(
                PolicyChange(from_at=change.from_at, policy=change.policy) for change in entry.data.split_changes
            )
            found += touched_by_policy(before_policy, (entry.data.split_policy, later), ALL_TIME)
    return found


def _held(kind: str, entry_id: str, field: Any) -> Held | None:
    """What an entry says, read by `field`; None when it says that nothing holds."""
    if field("deleted"):
        return None
    subjects: tuple[tuple[Subject, str], ...]
    says: tuple[object, ...] = ()
    if kind == "unit":
        return Held(
            span=(ALL_TIME[0], field("archived_at") or ALL_TIME[1]), says=(), subjects=(("unit", entry_id),)
        )
    if kind == "number":
        subjects = (("number", entry_id),)
    elif kind == "membership":
        subjects, says = (("user", field("user_id")),), (field("team_id"),)
    else:
        subjects = ((field("member_kind"), field("member")),)
        says = (field("unit_id"), field("weight"), field("primary"))
    return Held(span=(field("from_at"), field("until_at") or ALL_TIME[1]), says=says, subjects=subjects)


async def _parts(connection: Connection, touching: Touching) -> list[Part]:
    """The numbers and users that teams, units and policies stand for; a unit also for the calls that name it."""
    account_id, found = touching.account_id, list(touching.found)
    units = {each.id for each in found if each.subject == "unit"}
    if units:
        assigned = await reattribution.list_unit_subjects(connection, account_id, units)
        found += _standing_for(found, "unit", [(unit, kind, member) for unit, kind, member in assigned])
    teams = {each.id for each in found if each.subject == "team"}
    if teams:
        people = await reattribution.list_team_users(connection, account_id, teams)
        found += _standing_for(found, "team", [(team, "user", user) for team, user in people])
    if any(each.subject == "policy" for each in found):
        shared = await reattribution.list_shared_users(connection, account_id)
        found += _standing_for(found, "policy", [("", "user", user) for user in shared])
    parts = [
        Part(
            kind="override" if each.subject == "unit" else _PART_OF[each.subject],
            member=each.id,
            from_at=each.from_at,
            until_at=each.until_at,
        )
        for each in found
        if each.subject in ("number", "user", "unit")
    ]
    return merged(parts)


def _standing_for(found: Sequence[Touched], subject: str, members: Sequence[tuple[str, Any, str]]) -> list[Touched]:
    by_id: dict[str, list[Touched]] = {}
    for each in found:
        if each.subject == subject:
            by_id.setdefault(each.id, []).append(each)
    return [
        Touched(subject=kind, id=member, from_at=each.from_at, until_at=each.until_at)
        for owner, kind, member in members
        for each in by_id.get(owner, ())
    ]
