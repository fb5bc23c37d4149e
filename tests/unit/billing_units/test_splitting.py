"""Split policies: which of a user's units owe a use, with what weights, from which instant on."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.billing_units.domain.directory_view import FOR_EVER, PolicyChange, Tenure
from services.billing_units.domain.shares import Quantities, negated, split_by_weights
from services.billing_units.domain.splitting import policy_at, split_at

NOON = datetime(2026, 6, 2, 12, tzinfo=UTC)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
UNITS = ("unit-a", "unit-b", "unit-c")

tenures = st.builds(
    Tenure,
    unit_id=st.sampled_from(UNITS),
    from_at=st.sampled_from([BEGINNING, NOON - timedelta(hours=1), NOON + timedelta(hours=1)]),
    until_at=st.just(FOR_EVER),
    direct=st.booleans(),
    weight=st.integers(1, 9),
    primary=st.booleans(),
)
policies = st.sampled_from(["equal", "weighted", "primary"])
quantities = st.builds(
    lambda micros, calls, duration, billed: Quantities(Decimal(micros).scaleb(-6), calls, duration, billed),
    st.integers(-(10**12), 10**12),
    st.sampled_from([1, -1]),
    st.integers(0, 10**8),
    st.integers(0, 10**5),
)
weights = st.dictionaries(st.uuids().map(str), st.integers(1, 1_000_000), min_size=1, max_size=12)


def a_tenure(unit: str, *, weight: int = 1, primary: bool = False, direct: bool = True, hours: int = 0) -> Tenure:
    """hours: how long after the beginning it begins."""
    since = BEGINNING + timedelta(hours=hours)
    return Tenure(unit_id=unit, from_at=since, weight=weight, primary=primary, direct=direct)


@given(quantities, weights)
def test_weighted_parts_sum_exactly_and_mirror(total: Quantities, by_unit: dict[str, int]) -> None:
    parts = split_by_weights(total, by_unit)
    mirrored = split_by_weights(negated(total), by_unit)
    assert mirrored == tuple(negated(part) for part in parts)
    for name in ("amount", "calls", "duration_ms", "billed_s"):
        assert sum(getattr(part, name) for part in parts) == getattr(total, name)


@given(quantities, weights, st.integers(2, 9))
def test_each_part_is_within_one_smallest_part_of_its_weight(
    total: Quantities, by_unit: dict[str, int], times: int
) -> None:
    whole = sum(by_unit.values())
    parts = split_by_weights(total, by_unit)
    micros = int(total.amount.scaleb(6))
    for part, weight in zip(parts, by_unit.values(), strict=True):
        assert abs(int(part.amount.scaleb(6)) * whole - micros * weight) < whole
    assert split_by_weights(total, {unit: weight * times for unit, weight in by_unit.items()}) == parts


@given(quantities, weights, st.integers(0, 2**32))
def test_parts_do_not_depend_on_the_order_of_units(total: Quantities, by_unit: dict[str, int], seed: int) -> None:
    shuffled = list(by_unit.items())
    random.Random(seed).shuffle(shuffled)
    parts = dict(zip(by_unit, split_by_weights(total, by_unit), strict=True))
    assert dict(zip(dict(shuffled), split_by_weights(total, dict(shuffled)), strict=True)) == parts


@given(policies, st.lists(tenures, max_size=6), st.integers(0, 2**32))
def test_a_split_names_units_that_hold_each_once_in_any_order(policy: str, found: list[Tenure], seed: int) -> None:
    shuffled = list(found)
    random.Random(seed).shuffle(shuffled)
    split = split_at(policy, found, NOON)  # type: ignore[arg-type]
    assert split_at(policy, shuffled, NOON) == split  # type: ignore[arg-type]
    holding = {tenure.unit_id for tenure in found if tenure.from_at <= NOON}
    assert set(split.unit_ids) <= holding
    assert list(split.unit_ids) == sorted(set(split.unit_ids))
    assert bool(split.unit_ids) == bool(holding)
    assert len(split.weights) in (0, len(split.unit_ids))
    assert (split.policy is None) == (len(holding) < 2)


def test_a_user_s_own_assignment_outweighs_a_team_s_and_of_teams_the_highest_counts() -> None:
    found = [
        a_tenure("unit-a", weight=2),
        a_tenure("unit-a", weight=9, direct=False),
        a_tenure("unit-b", weight=3, direct=False),
        a_tenure("unit-b", weight=5, direct=False),
    ]
    split = split_at("weighted", found, NOON)
    assert dict(zip(split.unit_ids, split.weights, strict=True)) == {"unit-a": 2, "unit-b": 5}
    [three, seven] = split_by_weights(Quantities(Decimal("0.70"), 1, 700, 70), {"unit-a": 2, "unit-b": 5})
    assert (three.amount, seven.amount) == (Decimal("0.20"), Decimal("0.50"))


def test_all_goes_to_the_primary_unit_the_user_s_own_before_a_team_s_the_earlier_before_the_later() -> None:
    team = a_tenure("unit-a", primary=True, direct=False)
    later, earlier = a_tenure("unit-b", primary=True, hours=2), a_tenure("unit-c", primary=True, hours=1)
    for found, unit in (
        ([team, a_tenure("unit-b")], "unit-a"),
        ([team, later], "unit-b"),
        ([team, later, earlier], "unit-c"),
    ):
        split = split_at("primary", found, NOON)
        assert (split.unit_ids, split.policy, split.lack) == ((unit,), "primary", None)


def test_without_a_primary_unit_the_units_share_equally_and_it_is_said() -> None:
    split = split_at("primary", [a_tenure("unit-a", weight=4), a_tenure("unit-b")], NOON)
    assert (split.unit_ids, split.weights, split.lack) == (("unit-a", "unit-b"), (), "no_primary_unit")


def test_a_policy_counts_from_its_instant_on() -> None:
    changes = [
        PolicyChange(from_at=NOON, policy="weighted"),
        PolicyChange(from_at=NOON + timedelta(days=1), policy="primary"),
    ]
    at = [NOON - timedelta(microseconds=1), NOON, NOON + timedelta(hours=23), NOON + timedelta(days=1)]
    assert [policy_at("equal", changes, instant) for instant in at] == ["equal", "weighted", "weighted", "primary"]
