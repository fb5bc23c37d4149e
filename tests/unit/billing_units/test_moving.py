"""A move sums to zero in every quantity and leaves each unit with what it owes now."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.billing_units.domain.allocation import Allocation
from services.billing_units.domain.moving import flows, move
from services.billing_units.domain.shares import Quantities, Share, added, shares_of

USAGE = "0d2a1a52-6a0e-5a3c-9d55-3f0c7d1a0101"
NOTHING = Quantities(Decimal(0), 0, 0, 0)

allocations = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 9), max_size=5).map(
    lambda found: Allocation(
        rule="user" if found else "unassigned",
        unit_ids=tuple(sorted(found)),
        weights=tuple(found[unit] for unit in sorted(found)),
        split="weighted" if len(found) > 1 else None,
    )
)
quantities = st.builds(
    lambda micros, calls, duration, billed: Quantities(Decimal(micros).scaleb(-6), calls, duration, billed),
    st.integers(-(10**12), 10**12),
    st.sampled_from([1, -1]),
    st.integers(0, 10**8),
    st.integers(0, 10**5),
)


def shared(total: Quantities, allocation: Allocation, revision: int) -> tuple[Share, ...]:
    return shares_of(
        total,
        allocation,
        usage_id=USAGE,
        rating_revision=1,
        allocation_revision=revision,
        directory_revision=7,
    )


@given(quantities, allocations, allocations, st.integers(1, 9))
def test_a_move_sums_to_zero_and_ends_at_the_new_shares(
    total: Quantities, before: Allocation, after: Allocation, revision: int
) -> None:
    live, wanted = shared(total, before, revision), shared(total, after, revision + 1)
    found = move(live, after, usage_id=USAGE, rating_revision=1, directory_revision=7)
    same = {(share.unit_id, share.quantities) for share in live} == {
        (share.unit_id, share.quantities) for share in wanted
    }
    assert (found is None) == same
    if found is None:
        return
    assert added([*found.taken, *found.given]) == NOTHING
    assert added([*live, *found.taken]) == NOTHING
    assert [share.reverses for share in found.taken] == [share.charge_id for share in live]
    assert found.given == wanted
    everything = [share.charge_id for share in (*live, *found.taken, *found.given)]
    assert len(set(everything)) == len(everything)
    balance = {share.unit_id: Decimal(0) for share in (*found.taken, *found.given)}
    for share in (*found.taken, *found.given):
        balance[share.unit_id] += share.quantities.amount
    for flow in flows(found):
        assert flow.amount > 0
        balance[flow.from_unit] += flow.amount
        balance[flow.to_unit] -= flow.amount
    assert set(balance.values()) == {Decimal(0)}
