"""Who owes a use: override, then the account's own number, then the user, then nobody (DESIGN §7).

What follows a call is decided in `following.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.values.phone import is_e164
from services.billing_units.domain.directory_view import DirectoryView, SplitPolicy, Tenure
from services.billing_units.domain.splitting import policy_at, split_at

Rule = Literal["override", "number", "user", "call", "unassigned"]
Flag = Literal["number_not_held", "override_ignored", "no_primary_unit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The units that share a use, in order of their ids; none: *Unassigned*.

    weights: what each unit counts, none where all count alike. matched: the unit, number, user id or call leg that
    led to them. flags: what the administrator should look at. split: the policy that chose among several units;
    None where there was nothing to choose.
    """

    rule: Rule
    unit_ids: tuple[str, ...] = ()
    weights: tuple[int, ...] = ()
    split: SplitPolicy | None = None
    matched: str | None = None
    flags: tuple[Flag, ...] = ()


def allocate(
    view: DirectoryView,
    *,
    occurred_at: datetime,
    own_number: str | None,
    user_id: str | None,
    unit_override: str | None,
) -> Allocation:
    """Decide by the directory as it was at the charging instant.

    An override counts when it names a unit of the account that is live then. A number the account does not
    hold then is flagged and leads nowhere, whatever it is assigned to. `view` must have been asked for all
    that the use names.
    """
    flags: tuple[Flag, ...] = ()
    if unit_override is not None:
        ends_at = view.units[unit_override]
        if ends_at is not None and occurred_at < ends_at:
            return Allocation(rule="override", unit_ids=(unit_override,), matched=unit_override)
        flags = ("override_ignored",)
    if own_number is not None and is_e164(own_number):
        history = view.numbers[own_number]
        if history is None or not history.from_at <= occurred_at < history.until_at:
            flags = (*flags, "number_not_held")
        else:
            for tenure in history.tenures:
                if tenure.from_at <= occurred_at < tenure.until_at:
                    return Allocation(rule="number", unit_ids=(tenure.unit_id,), matched=own_number, flags=flags)
    if user_id is not None:
        tenures = view.users[user_id]
        if tenures:
            return _by_user(view, user_id, tenures, occurred_at, flags)
    return Allocation(rule="unassigned", flags=flags)


def _by_user(
    view: DirectoryView, user_id: str, tenures: Sequence[Tenure], occurred_at: datetime, flags: tuple[Flag, ...]
) -> Allocation:
    split = split_at(policy_at(view.policy, view.policy_changes, occurred_at), tenures, occurred_at)
    if not split.unit_ids:
        return Allocation(rule="unassigned", flags=flags)
    if split.lack is not None:
        flags = (*flags, split.lack)
    return Allocation(
        rule="user",
        unit_ids=split.unit_ids,
        weights=split.weights,
        split=split.policy,
        matched=user_id,
        flags=flags,
    )
