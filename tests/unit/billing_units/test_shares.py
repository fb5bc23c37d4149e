"""Shares sum to the use in every quantity, do not depend on order, and are mirrored exactly."""

import random
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from contracts.values.ids import IdKind, derived_id
from services.billing_units.domain.allocation import Allocation
from services.billing_units.domain.shares import Quantities, Share, added, negated, shares_of, taken_back

USAGE = "0d2a1a52-6a0e-5a3c-9d55-3f0c7d1a0101"

units = st.lists(st.uuids().map(str), max_size=12, unique=True)
quantities = st.builds(
    lambda micros, calls, duration, billed: Quantities(Decimal(micros).scaleb(-6), calls, duration, billed),
    st.integers(-(10**12), 10**12),
    st.sampled_from([1, -1]),
    st.integers(0, 10**8),
    st.integers(0, 10**5),
)


def shared(total: Quantities, unit_ids: tuple[str, ...], rating_revision: int = 1) -> tuple[Share, ...]:
    rule = Allocation(rule="user" if unit_ids else "unassigned", unit_ids=unit_ids, matched=None)
    return shares_of(
        total,
        rule,
        usage_id=USAGE,
        rating_revision=rating_revision,
        allocation_revision=1,
        directory_revision=7,
    )


@given(quantities, units)
def test_shares_sum_to_the_use_in_every_quantity(total: Quantities, unit_ids: list[str]) -> None:
    shares = shared(total, tuple(sorted(unit_ids)))
    assert added(shares) == total
    assert [share.unit_id for share in shares] == (sorted(unit_ids) or [None])


@given(quantities, units.filter(lambda found: len(found) > 1))
def test_no_two_shares_differ_by_more_than_the_smallest_part(total: Quantities, unit_ids: list[str]) -> None:
    amounts = [share.quantities.amount for share in shared(total, tuple(sorted(unit_ids)))]
    assert max(amounts) - min(amounts) <= Decimal("0.000001")


@given(quantities, units, st.integers(0, 2**32))
def test_the_order_of_units_does_not_matter(total: Quantities, unit_ids: list[str], seed: int) -> None:
    shuffled = list(unit_ids)
    random.Random(seed).shuffle(shuffled)
    by_unit = {share.unit_id: share for share in shared(total, tuple(sorted(unit_ids)))}
    assert {share.unit_id: share for share in shared(total, tuple(shuffled))} == by_unit


@given(quantities, units)
def test_what_is_taken_back_mirrors_each_share(total: Quantities, unit_ids: list[str]) -> None:
    shares = shared(total, tuple(sorted(unit_ids)))
    mirrored = taken_back(shares, usage_id=USAGE, rating_revision=1)
    assert added(mirrored) == negated(total)
    assert [(share.unit_id, share.reverses) for share in mirrored] == [
        (share.unit_id, share.charge_id) for share in shares
    ]
    assert added([*shares, *mirrored]) == Quantities(Decimal(0), 0, 0, 0)
    everything = [share.charge_id for share in (*shares, *mirrored)]
    assert len(set(everything)) == len(everything)


def test_a_split_use_is_exact_and_ties_go_by_unit() -> None:
    shares = shared(Quantities(Decimal("10.000000"), 1, 10, 61), ("a", "b", "c"))
    assert [str(share.quantities.amount) for share in shares] == ["3.333334", "3.333333", "3.333333"]
    assert [share.quantities.calls for share in shares] == [1, 0, 0]
    assert [share.quantities.billed_s for share in shares] == [21, 20, 20]


def test_the_id_of_a_charge_is_made_of_all_that_makes_it() -> None:
    [share] = shared(Quantities(Decimal(1), 1, 1, 1), ("a",), rating_revision=3)
    assert share.charge_id == str(derived_id(IdKind.CHARGE, USAGE, "3", "1", "a", "+"))
    [unassigned] = shared(Quantities(Decimal(1), 1, 1, 1), ())
    assert unassigned.charge_id == str(derived_id(IdKind.CHARGE, USAGE, "1", "1", "unassigned", "+"))
