"""Moves a use's charges to where the directory puts it now: zero-sum pairs, the price unchanged."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.values import money
from services.billing_units.domain.allocation import Allocation
from services.billing_units.domain.shares import Share, added, shares_of, taken_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The mirrors of the shares that were live, and the shares that are live instead; they sum to zero."""

    taken: tuple[Share, ...]
    given: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """An amount that goes from one unit to another; None: *Unassigned*."""

    from_unit: str | None
    to_unit: str | None
    amount: Decimal


def move(
    live: Sequence[Share], allocation: Allocation, *, usage_id: str, rating_revision: int, directory_revision: int
) -> Move | None:
    """What puts a rating's live shares right; None when the same units owe the same already.

    What was not shared otherwise stays as it was decided, also where another rule would lead to the same unit
    now: a pair that moves nothing tells nobody anything.
    """
    given = shares_of(
        added(live),
        allocation,
        usage_id=usage_id,
        rating_revision=rating_revision,
        allocation_revision=live[0].allocation_revision + 1,
        directory_revision=directory_revision,
    )
    if _owing(given) == _owing(live):
        return None
    return Move(taken=taken_back(live, usage_id=usage_id, rating_revision=rating_revision), given=given)


def flows(moved: Move) -> list[Flow]:
    """Who gives how much to whom, each unit's difference once: givers and takers in order of their ids."""
    balance: dict[str, Decimal] = {}
    for share in (*moved.taken, *moved.given):
        unit = share.unit_id or ""
        balance[unit] = money.total_amount([balance.get(unit, Decimal(0)), share.quantities.amount])
    units = [unit for unit in sorted(balance) if balance[unit]]
    found = []
    for giver in [unit for unit in units if balance[unit] < 0]:
        for taker in [unit for unit in units if balance[unit] > 0]:
            amount = min(-balance[giver], balance[taker])
            if amount:
                found.append(Flow(from_unit=giver or None, to_unit=taker or None, amount=amount))
                balance[giver] += amount
                balance[taker] -= amount
    return found


def _owing(shares: Sequence[Share]) -> list[tuple[str, object]]:
    return sorted(((share.unit_id or "", share.quantities) for share in shares), key=lambda owing: owing[0])
