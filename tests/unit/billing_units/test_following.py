"""Who owes what follows a call, and when its call is looked for again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.billing_units.domain.allocation import Allocation
from services.billing_units.domain.following import (
    SOONEST,
    WAIT_FOR_CALL,
    Leg,
    following,
    is_overdue,
    next_look,
)
from services.billing_units.domain.shares import Quantities, shares_of

BEGAN_AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
CALL = Quantities(Decimal("0.100000"), 1, 60_000, 60)
RECORDING = Quantities(Decimal("0.070001"), 1, 59_001, 60)


def shares(allocation: Allocation, total: Quantities) -> tuple[object, ...]:
    given = shares_of(
        total, allocation, usage_id="use", rating_revision=1, allocation_revision=1, directory_revision=7
    )
    return tuple((share.unit_id, share.quantities, share.weight, share.weights, share.split) for share in given)


def a_leg(allocation: Allocation) -> Leg:
    given = shares_of(
        CALL, allocation, usage_id="leg", rating_revision=1, allocation_revision=1, directory_revision=7
    )
    return Leg(usage_id="leg", shares=given, cause_id="cause")


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 9), min_size=1))
def test_it_is_shared_exactly_as_its_call_is(weights: dict[str, int]) -> None:
    units = tuple(sorted(weights))
    several = len(units) > 1
    of_call = Allocation(
        rule="user",
        unit_ids=units,
        weights=tuple(weights[unit] for unit in units) if several else (),
        split="weighted" if several else None,
        matched="agent-17",
    )
    followed = following(a_leg(of_call))
    assert (followed.rule, followed.matched) == ("call", "leg")
    assert shares(followed, RECORDING) == shares(of_call, RECORDING)


def test_of_a_call_that_nobody_owes_nobody_owes_it() -> None:
    assert following(a_leg(Allocation(rule="unassigned"))) == Allocation(rule="unassigned", matched="leg")


def test_the_wait_is_over_after_a_day_and_not_before() -> None:
    assert not is_overdue(BEGAN_AT, BEGAN_AT + WAIT_FOR_CALL - timedelta(microseconds=1))
    assert is_overdue(BEGAN_AT, BEGAN_AT + WAIT_FOR_CALL)


def test_it_is_looked_for_soon_then_seldom_and_at_the_end_of_the_wait() -> None:
    now, looks = BEGAN_AT, []
    while now < BEGAN_AT + timedelta(days=3):
        now = next_look(BEGAN_AT, now)
        looks.append(now)
    assert looks[0] == BEGAN_AT + SOONEST
    assert BEGAN_AT + WAIT_FOR_CALL in looks
    assert len(looks) < 200


@given(st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_late_call_is_noticed_within_an_eighth_of_its_delay(age: timedelta) -> None:
    now = BEGAN_AT + age
    assert now < next_look(BEGAN_AT, now) <= now + max(age / 8, SOONEST)
