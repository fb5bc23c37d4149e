"""Who owes what follows a call: the units of the call leg's live charges, in the shares they have of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.billing_units.domain.allocation import Allocation
from services.billing_units.domain.shares import Share

WAIT_FOR_CALL = timedelta(hours=24)
"""How long what follows a call is charged to nobody while the call has no charge (DESIGN §7)."""

SOONEST = timedelta(milliseconds=500)
LATEST = timedelta(hours=1)
_LOOKS_PER_AGE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A call leg with the charges it has now, which are at least one."""

    usage_id: str
    shares: Sequence[Share]
    cause_id: str


def following(leg: Leg) -> Allocation:
    """The same units with the same weights; matched: the leg. A call that nobody owes leaves nobody to owe."""
    owing = [share for share in leg.shares if share.unit_id is not None]
    if not owing:
        return Allocation(rule="unassigned", matched=leg.usage_id)
    weights = tuple([share.weight or 1 for share in owing])
    return Allocation(
        rule="call",
        unit_ids=tuple([share.unit_id for share in owing if share.unit_id is not None]),
        weights=weights if len(weights) > 1 else (),
        split=owing[0].split,
        matched=leg.usage_id,
    )


def is_overdue(waits_since: datetime, now: datetime) -> bool:
    """Whether the wait for the call is over, so that nobody owes the use until the call comes."""
    return now - waits_since >= WAIT_FOR_CALL


def next_look(waits_since: datetime, now: datetime) -> datetime:
    """When to look for the call again: the longer it has been missing, the more seldom.

    So each use is looked at some hundred times in its first day and then hourly, and a call that comes late is
    noticed within an eighth of its delay. The end of the wait itself is not passed over.
    """
    age = now - waits_since
    again = now + min(max(age / _LOOKS_PER_AGE, SOONEST), LATEST)
    deadline = waits_since + WAIT_FOR_CALL
    return min(again, deadline) if now < deadline else again
