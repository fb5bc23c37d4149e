"""Saves a unit that was put together on the page: the unit first, then its members, each kind all or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.portal.clients.asking import Refused
from services.portal.clients.units import BillingUnits, Members
from services.portal.domain.unit_draft import KINDS, Kind, UnitDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A kind of which no member was assigned, and every one that stands against it."""

    kind: Kind
    count: int
    says: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of it."""

    unit_id: str
    left_out: Sequence[LeftOut]


async def save_unit(units: BillingUnits, draft: UnitDraft) -> Saved | Refused:
    """Make the unit and assign its members from now on. What is refused of a kind leaves out that kind alone."""
    unit_id = await units.create_unit(draft.name)
    if isinstance(unit_id, Refused):
        return unit_id
    left_out = []
    for kind in KINDS:
        members = draft.of(kind)
        if not members:
            continue
        assigned = await units.assign(unit_id, Members(members={kind: members}))
        if isinstance(assigned, Refused):
            left_out.append(LeftOut(kind=kind, count=len(members), says=assigned.sentences()))
    return Saved(unit_id=unit_id, left_out=left_out)
