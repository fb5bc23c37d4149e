"""What a re-rating goes by and into which parts it falls: laws first."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.values.call_times import LONGEST_CALL
from services.usage_rating.domain.activation import Activation, Activations
from services.usage_rating.domain.rerating import SLICES, Asked, course_of, months_of, prices_alike, slice_ids

DAY_0 = datetime(2026, 3, 1, tzinfo=UTC)
days = st.integers(0, 60)


def day(place: int) -> datetime:
    return DAY_0 + timedelta(days=place)


@st.composite
def activations(draw: st.DrawFn, first: int = 0) -> list[Activation]:
    """Of the account itself, of everybody and of another account; ids count from `first`."""
    owners = st.sampled_from(["acme", None, "other"])
    return [
        Activation(
            activation_id=f"{place:04d}",
            plan_id=f"plan-{owner}",
            plan_version=version,
            effective_at=day(effective),
            account_id=owner,
        )
        for place, (owner, version, effective) in enumerate(
            draw(st.lists(st.tuples(owners, st.integers(1, 3), days), max_size=12)), start=first
        )
    ]


spans = st.tuples(days, st.integers(1, 30)).map(
    lambda span: Asked(account_id="acme", from_at=day(span[0]), to_at=day(span[0] + span[1]))
)


@given(standing=activations(), asked=spans, hours=st.integers(0, 30 * 24))
def test_a_course_prices_what_is_asked_as_all_activations_do(
    standing: list[Activation], asked: Asked, hours: int
) -> None:
    instant = min(asked.from_at + timedelta(hours=hours), asked.to_at - timedelta(microseconds=1))
    course = course_of(standing, asked)
    assert Activations(course).at("acme", instant) == Activations(standing).at("acme", instant)


@given(standing=activations(), added=activations(first=100), asked=spans)
def test_courses_are_alike_only_when_every_instant_has_the_same_plan(
    standing: list[Activation], added: list[Activation], asked: Asked
) -> None:
    before, after = course_of(standing, asked), course_of([*standing, *added], asked)
    instants = [asked.from_at, *(day(place) for place in range(61) if asked.from_at < day(place) < asked.to_at)]

    def named(listed: list[Activation]) -> list[tuple[str | None, str, int] | None]:
        found = [Activations(listed).at("acme", instant) for instant in instants]
        return [one and (one.account_id, one.plan_id, one.plan_version) for one in found]

    same = named(standing) == named([*standing, *added])
    assert prices_alike(before, before, asked.from_at)
    if prices_alike(before, after, asked.from_at):
        assert same


@given(asked=spans, into=st.floats(0, 1, exclude_max=True), length=st.floats(0, 1), hours=st.integers(-14, 14))
def test_every_call_that_is_asked_for_is_in_a_month_that_is_looked_at(
    asked: Asked, into: float, length: float, hours: int
) -> None:
    began_at = asked.from_at + (asked.to_at - asked.from_at) * into
    ended_at = began_at + LONGEST_CALL * length + timedelta(hours=hours)
    assert ended_at.date().replace(day=1) in months_of(asked)


def test_slices_hold_every_id_once() -> None:
    bounds = [slice_ids(place) for place in range(SLICES)]
    assert bounds[0][0] == str(UUID(int=0)) and bounds[-1][1] == str(UUID(int=2**128 - 1))
    for (_, last), (before, _) in pairwise(bounds):
        assert last == before
