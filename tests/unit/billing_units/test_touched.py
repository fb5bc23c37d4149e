"""What a change touches: every instant at which the two versions differ, and as little else as is simple."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.billing_units.domain.directory_view import PolicyChange, SplitPolicy
from services.billing_units.domain.splitting import policy_at
from services.billing_units.domain.touched import Held, Part, Touched, merged, touched, touched_by_policy

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
HOURS = st.integers(0, 12)
ENDS = (BEGINNING, BEGINNING + timedelta(hours=13))


def hour(number: int) -> datetime:
    return BEGINNING + timedelta(hours=number)


held = st.builds(
    lambda ends, unit: Held(
        span=(hour(min(ends)), hour(max(ends))), says=(unit,), subjects=(("number", "+442079460018"),)
    ),
    st.tuples(HOURS, HOURS),
    st.sampled_from(["unit-a", "unit-b"]),
)
Policies = tuple[SplitPolicy, tuple[PolicyChange, ...]]
policies = st.tuples(
    st.sampled_from(["equal", "weighted", "primary"]),
    st.lists(HOURS, max_size=4, unique=True).flatmap(
        lambda hours: st.tuples(
            *(
                st.builds(PolicyChange, from_at=st.just(hour(each)), policy=st.sampled_from(["equal", "weighted"]))
                for each in sorted(hours)
            )
        )
    ),
)


def says(version: Held | None, instant: datetime) -> tuple[object, ...] | None:
    return version.says if version is not None and version.span[0] <= instant < version.span[1] else None


def covers(found: list[Touched], instant: datetime) -> bool:
    return any(each.from_at <= instant < each.until_at for each in found)


@given(st.none() | held, st.none() | held)
def test_every_instant_that_differs_is_touched(before: Held | None, after: Held | None) -> None:
    found = touched(before, after)
    for number in range(13):
        if says(before, hour(number)) != says(after, hour(number)):
            assert covers(found, hour(number))
    if before == after:
        assert found == []


@given(held, HOURS)
def test_where_only_an_end_moves_only_what_lies_between_is_touched(before: Held, end: int) -> None:
    after = Held(span=(before.span[0], hour(end)), says=before.says, subjects=before.subjects)
    for number in range(13):
        between = min(before.span[1], hour(end)) <= hour(number) < max(before.span[1], hour(end))
        assert covers(touched(before, after), hour(number)) == between


@given(policies, policies)
def test_every_instant_at_which_policies_differ_is_touched(before: Policies, after: Policies) -> None:
    found = touched_by_policy(before, after, ENDS)
    instants = [hour(number) for number in range(13)]
    differing = [instant for instant in instants if policy_at(*before, instant) != policy_at(*after, instant)]
    assert all(covers(found, instant) for instant in differing)
    assert bool(found) == bool(differing)


def test_parts_of_one_member_become_one_and_empty_ones_go() -> None:
    def a_part(member: str, since: int, until: int) -> Part:
        return Part(kind="user", member=member, from_at=hour(since), until_at=hour(until))

    assert merged([a_part("b", 1, 2), a_part("a", 5, 6), a_part("b", 4, 5), a_part("c", 3, 3)]) == [
        a_part("a", 5, 6),
        a_part("b", 1, 5),
    ]
