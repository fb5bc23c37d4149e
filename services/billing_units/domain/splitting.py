"""Which of a user's units owe a use, and with what weights: equal, fixed weights, or the primary unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.billing_units.domain.directory_view import PolicyChange, SplitPolicy, Tenure

Lack = Literal["no_primary_unit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Units in order of their ids with the weights they share by (none: all alike).

    policy: what chose; None where there was nothing to choose. lack: what the policy asked for in vain.
    """

    unit_ids: tuple[str, ...] = ()
    weights: tuple[int, ...] = ()
    policy: SplitPolicy | None = None
    lack: Lack | None = None


def policy_at(first: SplitPolicy, changes: Iterable[PolicyChange], instant: datetime) -> SplitPolicy:
    """The policy in force at an instant; `changes` are in order of time."""
    policy = first
    for change in changes:
        if change.from_at > instant:
            break
        policy = change.policy
    return policy


def split_at(policy: SplitPolicy, tenures: Sequence[Tenure], instant: datetime) -> Split:
    """How a use at an instant is shared over the units that hold its user then, each once.

    A unit's weight is that of the user's own assignment to it, else the highest of the user's teams. With the
    policy `primary` all goes to the unit marked so: the user's own mark before a team's, the earlier before the
    later, then by unit id; where nobody marked one, the units share equally and that is said.
    """
    holding = [tenure for tenure in tenures if tenure.from_at <= instant < tenure.until_at]
    if len(holding) < 2:
        return Split(unit_ids=tuple([tenure.unit_id for tenure in holding]))
    strongest: dict[str, Tenure] = {}
    for tenure in sorted(holding, key=lambda tenure: (tenure.direct, tenure.weight)):
        strongest[tenure.unit_id] = tenure
    unit_ids = tuple(sorted(strongest))
    if len(unit_ids) == 1:
        return Split(unit_ids=unit_ids)
    if policy == "primary":
        marked = [tenure for tenure in holding if tenure.primary]
        if marked:
            first = min(marked, key=lambda tenure: (not tenure.direct, tenure.from_at, tenure.unit_id))
            return Split(unit_ids=(first.unit_id,), policy=policy)
        return Split(unit_ids=unit_ids, policy="equal", lack="no_primary_unit")
    if policy == "equal":
        return Split(unit_ids=unit_ids, policy=policy)
    weights = tuple([strongest[unit_id].weight for unit_id in unit_ids])
    return Split(unit_ids=unit_ids, weights=weights, policy=policy)
