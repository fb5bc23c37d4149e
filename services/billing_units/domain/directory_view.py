"""What an account's numbers, users and units mean over time: the view that allocation decides from."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

FOR_EVER = datetime.max.replace(tzinfo=UTC)
"""Stands for an end that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """A unit's hold on a number or user in [from_at, until_at)."""

    unit_id: str
    from_at: datetime
    until_at: datetime = FOR_EVER


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberHistory:
    """When the account holds a number, and the units it is in while held; at most one at any instant."""

    from_at: datetime
    until_at: datetime
    tenures: tuple[Tenure, ...] = ()


@dataclass(slots=True, kw_only=True)
class DirectoryView:
    """One account's directory at one revision, as far as it has been asked for.

    numbers: None for a number the account never holds. users: a user's units directly and through teams.
    units: when a unit ends (FOR_EVER while it is not archived), None for one that does not exist.
    """

    revision: int
    numbers: dict[str, NumberHistory | None] = field(default_factory=dict)
    users: dict[str, tuple[Tenure, ...]] = field(default_factory=dict)
    units: dict[str, datetime | None] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many answers it keeps."""
        return len(self.numbers) + len(self.users) + len(self.units)


def units_at(tenures: Iterable[Tenure], instant: datetime) -> tuple[str, ...]:
    """The units that hold at an instant, each once, in order of their ids."""
    found = [tenure.unit_id for tenure in tenures if tenure.from_at <= instant < tenure.until_at]
    return tuple(found) if len(found) < 2 else tuple(sorted(set(found)))
