"""Who owes a use: override, then the account's own number, then the user, then nobody (DESIGN §7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.values.phone import is_e164
from services.billing_units.domain.directory_view import DirectoryView, units_at

Rule = Literal["override", "number", "user", "unassigned"]
Flag = Literal["number_not_held", "override_ignored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The units that share a use equally, in order of their ids; none: *Unassigned*.

    matched: the unit, number or user id that led to them. flags: what the administrator should look at.
    """

    rule: Rule
    unit_ids: tuple[str, ...] = ()
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
        unit_ids = units_at(view.users[user_id], occurred_at)
        if unit_ids:
            return Allocation(rule="user", unit_ids=unit_ids, matched=user_id, flags=flags)
    return Allocation(rule="unassigned", flags=flags)
