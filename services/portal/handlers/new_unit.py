"""Saves a unit that was put together on the page: the unit first, then each of its members."""

from dataclasses import dataclass

from services.portal.clients.units import BillingUnits, Refused
from services.portal.domain.unit_draft import KINDS, UnitDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of it. left_out: members that could not be assigned, each with the reason."""

    unit_id: str
    assigned: int
    left_out: tuple[str, ...]


async def save_unit(units: BillingUnits, draft: UnitDraft) -> Saved | Refused:
    """Make the unit and assign its members from now on; what is refused of them is told, the rest stands."""
    unit_id = await units.create_unit(draft.name)
    if isinstance(unit_id, Refused):
        return unit_id
    assigned, left_out = 0, []
    for kind in KINDS:
        for member in draft.of(kind):
            refusal = await units.assign(unit_id, kind, member)
            if refusal is None:
                assigned += 1
            else:
                left_out.append(f"{member}: {refusal.says}")
    return Saved(unit_id=unit_id, assigned=assigned, left_out=tuple(left_out))
