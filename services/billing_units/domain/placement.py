"""A number is in at most one unit at any instant: finds the placement that another would overlap."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.billing_units.domain.directory_view import FOR_EVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """An assignment of a number to a unit in [from_at, until_at)."""

    assignment_id: str
    unit_id: str
    from_at: datetime
    until_at: datetime = FOR_EVER

    def overlaps(self, other: "Placement") -> bool:
        """Whether they share an instant; a placement that ends when it begins shares none."""
        return max(self.from_at, other.from_at) < min(self.until_at, other.until_at)


def find_overlap(wanted: Placement, others: Iterable[Placement]) -> Placement | None:
    """The earliest placement of the same number that `wanted` would overlap; its own former version counts not."""
    overlapping = [
        other for other in others if other.assignment_id != wanted.assignment_id and wanted.overlaps(other)
    ]
    return min(overlapping, key=lambda other: (other.from_at, other.assignment_id), default=None)
