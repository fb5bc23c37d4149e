"""The Unassigned inbox as the page works it off: groups chosen, and the commands that would give them a unit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.portal.domain.unit_draft import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Use of one number and user that nobody owes, from its first call on. held: whether the number is ours."""

    own_number: str | None
    user_id: str | None
    held: bool
    first_at: datetime
    suggested: str | None

    @property
    def key(self) -> str:
        """How a form names it; neither part holds a space."""
        return f"{self.own_number or ''} {self.user_id or ''}"

    def member(self, *, users_first: bool) -> tuple[Kind, str] | None:
        """Who can be assigned for it: its number where it is held, or its user; None where there is neither."""
        number: tuple[Kind, str] | None = ("number", self.own_number) if self.own_number and self.held else None
        user: tuple[Kind, str] | None = ("user", self.user_id) if self.user_id else None
        return (user or number) if users_first else (number or user)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One member to be put into a unit, from the group's first call until somebody else has it."""

    unit_id: str
    kind: Kind
    member: str
    from_at: datetime
    until_at: datetime | None = None


def read_group(row: Mapping[str, Any]) -> Group:
    """A group as billing_units writes it."""
    suggestion = row["suggestion"]
    return Group(
        own_number=row["own_number"],
        user_id=row["user_id"],
        held=not row["number_not_held"],
        first_at=datetime.fromisoformat(row["first_at"]),
        suggested=None if suggestion is None else suggestion["unit_id"],
    )


def steps_for(groups: Iterable[Group], unit_id: str | None, *, users_first: bool) -> tuple[list[Step], list[Group]]:
    """What is to be done for the groups, each member once from its first call on; and groups without a way.

    unit_id: the unit for all, None for the one that is suggested for each.
    """
    steps: dict[tuple[Kind, str], Step] = {}
    left: list[Group] = []
    for group in groups:
        member, unit = group.member(users_first=users_first), unit_id or group.suggested
        if member is None or unit is None:
            left.append(group)
            continue
        earlier = steps.get(member)
        if earlier is None:
            steps[member] = Step(unit_id=unit, kind=member[0], member=member[1], from_at=group.first_at)
        elif group.first_at < earlier.from_at:
            steps[member] = Step(unit_id=earlier.unit_id, kind=member[0], member=member[1], from_at=group.first_at)
    return list(steps.values()), left


def gap_end(step: Step, assignments: Sequence[Mapping[str, Any]]) -> datetime | None:
    """When the next assignment begins that stands in the way; None where none does.

    A number is in one unit at a time; a user only cannot be twice in the same one.
    """
    rivals = [row for row in assignments if row["member_kind"] == step.kind]
    if step.kind != "number":
        rivals = [row for row in rivals if row["unit_id"] == step.unit_id]
    begins = [datetime.fromisoformat(row["from_at"]) for row in rivals]
    return min((begun for begun in begins if begun > step.from_at), default=None)
