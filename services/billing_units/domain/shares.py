"""How a use is shared over units: exact in every quantity, and taken back share by share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from contracts.values import money
from contracts.values.ids import IdKind, derived_text
from services.billing_units.domain.allocation import Allocation, Flag, Rule
from services.billing_units.domain.directory_view import SplitPolicy

UNASSIGNED = "unassigned"
"""Stands for the unit in the id of a charge that no unit owes."""


@dataclass(frozen=True, slots=True)
class Quantities:
    """What is shared: money at 6 decimals, calls, charged milliseconds, billed seconds."""

    amount: Decimal
    calls: int
    duration_ms: int
    billed_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One unit's part of a use, as a charge carries it; no unit: *Unassigned*.

    units: how many units share the use. weight of weights: this unit's weight and their sum, where `split`, the
    policy, chose among several. directory_revision: the directory it was decided from. reverses: the charge that
    this one takes back.
    """

    charge_id: str
    unit_id: str | None
    quantities: Quantities
    rule: Rule
    matched: str | None
    flags: tuple[Flag, ...]
    units: int
    directory_revision: int
    allocation_revision: int
    split: SplitPolicy | None = None
    weight: int | None = None
    weights: int | None = None
    reverses: str | None = None


def shares_of(
    total: Quantities,
    allocation: Allocation,
    *,
    usage_id: str,
    rating_revision: int,
    allocation_revision: int,
    directory_revision: int,
) -> tuple[Share, ...]:
    """The shares of a use by an allocation, in order of their units."""
    unit_ids, split = allocation.unit_ids, allocation.split
    by_unit = dict(zip(unit_ids, allocation.weights or (1,) * len(unit_ids), strict=True))
    parts = split_by_weights(total, by_unit) if len(unit_ids) > 1 else (total,)
    weights = sum(by_unit.values())
    return tuple(
        [
            Share(
                charge_id=_charge_id(usage_id, rating_revision, allocation_revision, unit_id, "+"),
                unit_id=unit_id,
                quantities=quantities,
                rule=allocation.rule,
                matched=allocation.matched,
                flags=allocation.flags,
                units=len(unit_ids),
                directory_revision=directory_revision,
                allocation_revision=allocation_revision,
                split=split,
                weight=None if split is None or unit_id is None else by_unit[unit_id],
                weights=None if split is None else weights,
            )
            for unit_id, quantities in zip(unit_ids or (None,), parts, strict=True)
        ]
    )


def taken_back(shares: Sequence[Share], *, usage_id: str, rating_revision: int) -> tuple[Share, ...]:
    """The mirror of each share: same unit, everything negated."""
    return tuple(
        replace(
            share,
            charge_id=_charge_id(usage_id, rating_revision, share.allocation_revision, share.unit_id, "-"),
            quantities=negated(share.quantities),
            reverses=share.charge_id,
        )
        for share in shares
    )


def split_by_weights(total: Quantities, weights: Mapping[str, int]) -> tuple[Quantities, ...]:
    """Parts by largest remainder, ties by unit id, each quantity by itself; in the order of `weights`."""
    amounts = money.split_amount(total.amount, weights)
    calls = money.split_units(total.calls, weights)
    durations = money.split_units(total.duration_ms, weights)
    billed = money.split_units(total.billed_s, weights)
    return tuple(
        Quantities(amounts[unit_id], calls[unit_id], durations[unit_id], billed[unit_id]) for unit_id in weights
    )


def negated(quantities: Quantities) -> Quantities:
    """The same taken back."""
    return Quantities(
        money.negated(quantities.amount), -quantities.calls, -quantities.duration_ms, -quantities.billed_s
    )


def added(shares: Sequence[Share]) -> Quantities:
    """The exact sum of shares."""
    parts = [share.quantities for share in shares]
    return Quantities(
        money.total_amount([part.amount for part in parts]),
        sum(part.calls for part in parts),
        sum(part.duration_ms for part in parts),
        sum(part.billed_s for part in parts),
    )


def _charge_id(
    usage_id: str, rating_revision: int, allocation_revision: int, unit_id: str | None, sign: str
) -> str:
    return derived_text(
        IdKind.CHARGE, usage_id, str(rating_revision), str(allocation_revision), unit_id or UNASSIGNED, sign
    )
