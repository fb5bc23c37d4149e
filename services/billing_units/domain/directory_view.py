"""What an account's numbers, users and units mean over time: the view that allocation decides from."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

SplitPolicy = Literal["equal", "weighted", "primary"]

FOR_EVER = datetime.max.replace(tzinfo=UTC)
"""Stands for an end that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """A unit's hold on a number or user in [from_at, until_at).

    direct: by an assignment of its own, not through a team. weight, primary: what the assignment says.
    """

    unit_id: str
    from_at: datetime
    until_at: datetime = FOR_EVER
    direct: bool = True
    weight: int = 1
    primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """From `from_at` on, uses of users in several units are split so."""

    from_at: datetime
    policy: SplitPolicy


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
    units: when a unit ends (FOR_EVER while it is not archived), None for one that does not exist. policy: how
    uses of several units are split, until the first of the changes, which are in order of time.
    """

    revision: int
    policy: SplitPolicy = "equal"
    policy_changes: tuple[PolicyChange, ...] = ()
    numbers: dict[str, NumberHistory | None] = field(default_factory=dict)
    users: dict[str, tuple[Tenure, ...]] = field(default_factory=dict)
    units: dict[str, datetime | None] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many answers it keeps."""
        return len(self.numbers) + len(self.users) + len(self.units)
