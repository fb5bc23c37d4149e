"""Suggests the unit that an unassigned number or user most likely belongs to, and says why."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clues:
    """What is known of a group of unassigned calls.

    number_unit: the unit that the number was in nearest in time, until `number_until_at` or from
    `number_from_at`. user_unit: a unit that the user is in now. usual_unit: the unit that owed most of the
    user's other calls, `usual_calls` of them.
    """

    number_unit: str | None
    number_from_at: datetime | None
    number_until_at: datetime | None
    first_at: datetime
    user_unit: str | None
    usual_unit: str | None
    usual_calls: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A unit, and why."""

    unit_id: str
    why: str


def suggest(clues: Clues) -> Suggestion | None:
    """The number's own unit before or after, then the user's unit now, then where the user's calls mostly go."""
    if clues.number_unit is not None and clues.number_from_at is not None:
        if clues.number_until_at is not None and clues.number_until_at <= clues.first_at:
            why = f"the number was in this unit until {clues.number_until_at.isoformat()}"
        else:
            why = f"the number is in this unit from {clues.number_from_at.isoformat()} on"
        return Suggestion(unit_id=clues.number_unit, why=why)
    if clues.user_unit is not None:
        return Suggestion(unit_id=clues.user_unit, why="the user is in this unit now")
    if clues.usual_unit is not None:
        return Suggestion(
            unit_id=clues.usual_unit, why=f"this unit owes most of the user's other calls ({clues.usual_calls})"
        )
    return None
