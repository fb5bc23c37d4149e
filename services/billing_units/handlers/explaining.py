"""Explains a charge: the rule that fired, the assignments that decided as they stood then, and their authors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.database import Connection
from services.billing_units.domain.explaining import sentences
from services.billing_units.domain.shares import Share
from services.billing_units.store import explanations, listing
from services.billing_units.store.charges import share_of
from services.billing_units.store.explanations import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What made a charge be: a rating of the call, or a change of the directory (its revision and author)."""

    kind: str
    cause_id: str
    recorded_at: datetime
    directory_revision: int | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a unit owes a charge. decided_by: assignments as they stood at the charge's directory revision.

    taken_back: what took the charge back; None while it is live.
    """

    charge_id: str
    usage_id: str
    unit_id: str | None
    unit_name: str | None
    rule: str
    matched: str | None
    split: str | None
    weight: int | None
    weights: int | None
    flags: Sequence[str]
    says: Sequence[str]
    directory_revision: int
    decided_by: Sequence[dict[str, Any]]
    cause: Cause
    taken_back: Cause | None


async def explain(connection: Connection, account_id: str, charge_id: str) -> Explanation | None:
    """The explanation of one charge, None when the account has no such charge."""
    row = await explanations.find_charge(connection, account_id, charge_id)
    if row is None:
        return None
    share = share_of(row)
    unit = None
    if share.unit_id is not None:
        unit = await listing.find_unit(connection, account_id, share.unit_id)
    name = share.unit_id or "Unassigned" if unit is None else str(unit["name"])
    mirror = await explanations.find_mirror(connection, row)
    return Explanation(
        charge_id=charge_id,
        usage_id=str(row["usage_id"]),
        unit_id=share.unit_id,
        unit_name=None if unit is None else name,
        rule=share.rule,
        matched=share.matched,
        split=share.split,
        weight=share.weight,
        weights=share.weights,
        flags=share.flags,
        says=sentences(
            share,
            unit=name,
            own_number=row["own_number"],
            user_id=row["user_id"],
            follows=row["follows"] is not None,
        ),
        directory_revision=share.directory_revision,
        decided_by=await _decided_by(connection, account_id, share, row["occurred_at"]),
        cause=await _cause(connection, account_id, row),
        taken_back=None if mirror is None else await _cause(connection, account_id, mirror),
    )


async def _decided_by(
    connection: Connection, account_id: str, share: Share, occurred_at: datetime
) -> list[dict[str, Any]]:
    if share.unit_id is None or share.matched is None or share.rule not in ("number", "user"):
        return []
    members = [(str(share.rule), share.matched)]
    if share.rule == "user":
        teams = await explanations.list_teams_of_user(connection, account_id, share.matched, occurred_at)
        members += [("team", team) for team in teams]
    rows = await explanations.list_deciding_assignments(
        connection, account_id, share.directory_revision, members, share.unit_id, occurred_at
    )
    return [dict(row) | {"assignment_id": str(row["assignment_id"])} for row in rows]


async def _cause(connection: Connection, account_id: str, row: Row) -> Cause:
    cause_id, recorded_at = str(row["cause_id"]), row["recorded_at"]
    change = await explanations.find_change(connection, account_id, cause_id)
    if change is None:
        return Cause(kind="rating", cause_id=cause_id, recorded_at=recorded_at)
    return Cause(
        kind="reattribution",
        cause_id=cause_id,
        recorded_at=recorded_at,
        directory_revision=change["directory_revision"],
        author=change["author"],
    )
