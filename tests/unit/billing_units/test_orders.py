"""What does not depend on the order of arrival: ratings and reversals, versions, placements."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.billing_units.domain.directory_view import FOR_EVER
from services.billing_units.domain.placement import Placement, find_overlap
from services.billing_units.domain.ratings import State, Step, next_step
from services.billing_units.domain.versions import Known, Standing, compare

DAY = datetime(2026, 6, 1, tzinfo=UTC)
CHARGES = {
    Step.CHARGE: 1,
    Step.CHARGE_AND_TAKE_BACK: 0,
    Step.TAKE_BACK: -1,
    Step.WAIT: 0,
    Step.AWAIT_CALL: 0,
    Step.CHARGE_NOBODY_AND_TAKE_BACK: 0,
    Step.REPEAT: 0,
}


@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_a_rating_and_its_reversal_end_alike_in_any_order(messages: list[bool]) -> None:
    ends = set()
    for order in itertools.permutations(messages):
        state: State | None = None
        live = 0
        for is_reversal in order:
            step, state = next_step(state, is_reversal=is_reversal)
            live += CHARGES[step]
        ends.add((state, live))
    [(state, live)] = ends
    assert live == (1 if state == "allocated" else 0)
    assert state == ("reversed" if len(set(messages)) == 2 else "reversal_waiting" if messages[0] else "allocated")


@given(st.lists(st.booleans(), min_size=1, max_size=6))
def test_what_follows_a_call_ends_alike_too(messages: list[bool]) -> None:
    ends = set()
    for order in itertools.permutations(messages):
        state: State | None = None
        for is_reversal in order:
            step, state = next_step(state, is_reversal=is_reversal, follows_call=True)
            assert CHARGES[step] == 0, "it is charged by the job, where its call is"
        ends.add(state)
    [state] = ends
    assert state == (
        "reversed" if len(set(messages)) == 2 else "reversal_waiting" if messages[0] else "call_awaited"
    )


@given(st.lists(st.tuples(st.integers(1, 5), st.binary(min_size=1, max_size=1)), min_size=1, max_size=8))
def test_the_highest_version_stands(statements: list[tuple[int, bytes]]) -> None:
    known: Known | None = None
    for version, content in statements:
        if compare(version, content, known) is Standing.NEWER:
            known = Known(version=version, content_hash=content)
    assert known is not None
    assert known.version == max(version for version, _ in statements)


def test_the_same_version_is_a_repeat_only_with_the_same_content() -> None:
    known = Known(version=2, content_hash=b"a")
    assert compare(2, b"a", known) is Standing.REPEAT
    assert compare(2, b"b", known) is Standing.CONTRADICTION
    assert compare(2, b"a", Known(version=2, content_hash=None)) is Standing.CONTRADICTION
    assert compare(1, b"a", known) is Standing.SUPERSEDED


def placed(unit: str, from_day: int, until_day: int | None = None) -> Placement:
    until = FOR_EVER if until_day is None else DAY + timedelta(days=until_day)
    return Placement(assignment_id=unit, unit_id=unit, from_at=DAY + timedelta(days=from_day), until_at=until)


def test_placements_are_half_open() -> None:
    assert find_overlap(placed("b", 5), [placed("a", 0, 5)]) is None
    assert find_overlap(placed("b", 4), [placed("a", 0, 5)]) == placed("a", 0, 5)
    assert find_overlap(placed("b", 3, 3), [placed("a", 0, 5)]) is None
    assert find_overlap(placed("a", 3), [placed("a", 0, 5)]) is None


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=6), st.tuples(st.integers(0, 20)))
def test_an_overlap_is_found_exactly_when_a_day_is_shared(spans: list[tuple[int, int]], day: tuple[int]) -> None:
    wanted = placed("wanted", day[0], day[0] + 1)
    others = [placed(f"unit-{n}", min(span), max(span)) for n, span in enumerate(spans)]
    shares = any(min(span) <= day[0] < max(span) for span in spans)
    assert (find_overlap(wanted, others) is not None) == shares
