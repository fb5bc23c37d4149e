"""Increments laid once from the answer, against a second laying that counts every one of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from services.usage_rating.domain.laying import NoWindow, Step, lay, lay_timed
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.prices import Band, Price, TimedPrice
from services.usage_rating.domain.rating import Rated, Unrateable, UnrateableReason, rate_call
from services.usage_rating.domain.windows import WEEKDAYS, Span, Window
from tests.support.builders import a_call, a_plan, a_price, a_rate, an_instant

money = st.decimals(min_value=0, max_value=9, places=4)
increments = st.sampled_from([1, 6, 7, 30, 60])
prices = st.builds(
    lambda first, initial_s, increment_s, minimum_s, bands: Price(
        per_minute=first,
        initial_increment_s=initial_s,
        increment_s=increment_s,
        minimum_s=minimum_s,
        later_bands=tuple(
            Band(from_s=from_s, per_minute=per_minute, increment_s=step)
            for from_s, (per_minute, step) in sorted(bands.items())
        ),
    ),
    money,
    increments,
    increments,
    st.sampled_from([0, 0, 20]),
    st.dictionaries(st.integers(1, 400), st.tuples(money, increments), max_size=3),
)
EARLY = Window(name="early", weight=0, spans=(Span(days=frozenset(WEEKDAYS), from_minute=0, until_minute=601),))
NOON = Window(name="noon", weight=1, spans=(Span(days=frozenset(WEEKDAYS), from_minute=600, until_minute=603),))
answers = st.builds(
    lambda ms: an_instant("2026-03-02T09:57:00Z") + timedelta(milliseconds=ms), st.integers(0, 400_000)
)


def timed_plan(timed: TimedPrice) -> RatePlan:
    return a_plan(a_rate("49", timed))


def counted(timed: TimedPrice, answered_at: datetime, duration_ms: int) -> tuple[Fraction, int]:
    """(cost of the use, seconds billed), one increment after the other by the wall clock of UTC."""

    def price_at(position: int) -> tuple[Price, Decimal, int]:
        instant = answered_at + timedelta(seconds=position)
        minute = instant.hour * 60 + instant.minute
        chosen = timed.otherwise
        for window, price in sorted(timed.windows, key=lambda one: one[0].weight):
            if window.spans[0].from_minute <= minute < window.spans[0].until_minute:
                chosen = price
        assert chosen is not None
        per_minute, increment_s = chosen.per_minute, chosen.increment_s
        for band in chosen.later_bands:
            if band.from_s <= position:
                per_minute, increment_s = band.per_minute, band.increment_s
        return chosen, per_minute, increment_s

    first, per_minute, _ = price_at(0)
    needed_ms = max(duration_ms, first.minimum_s * 1000)
    cost, position = Fraction(per_minute) * first.initial_increment_s / 60, first.initial_increment_s
    while position * 1000 < needed_ms:
        _, per_minute, increment_s = price_at(position)
        cost += Fraction(per_minute) * increment_s / 60
        position += increment_s
    return cost, position


def cost_of_steps(steps: Sequence[Step]) -> Fraction:
    return sum((Fraction(step.band.per_minute) * step.seconds / 60 for step in steps), Fraction(0))


@given(early=prices, noon=prices, otherwise=prices, answered_at=answers, duration_ms=st.integers(1, 700_000))
def test_each_increment_costs_what_counts_at_its_start(
    early: Price, noon: Price, otherwise: Price, answered_at: datetime, duration_ms: int
) -> None:
    timed = TimedPrice(windows=((EARLY, early), (NOON, noon)), otherwise=otherwise)
    laid = lay_timed(timed, timed_plan(timed).timetable_of(timed), answered_at, duration_ms)
    assert not isinstance(laid, NoWindow)
    assert (cost_of_steps(laid.steps), laid.billed_s) == counted(timed, answered_at, duration_ms)
    assert sum(step.seconds for step in laid.steps) == laid.billed_s
    assert Fraction(laid.use_sixtieths, 60 * 10**12) == cost_of_steps(laid.steps)
    ends = [step.from_s + step.seconds for step in laid.steps]
    assert [step.from_s for step in laid.steps] == [0, *ends[:-1]]


@given(price=prices, shorter_ms=st.integers(1, 600_000), more_ms=st.integers(0, 200_000))
def test_a_longer_call_never_costs_less_within_its_bands(price: Price, shorter_ms: int, more_ms: int) -> None:
    short, long = lay(price, shorter_ms), lay(price, shorter_ms + more_ms)
    assert cost_of_steps(short.steps) <= cost_of_steps(long.steps)


@given(price=prices, duration_ms=st.integers(1, 600_000), cut=st.integers(0, 50))
def test_cutting_at_an_increment_boundary_never_changes_the_sum(price: Price, duration_ms: int, cut: int) -> None:
    """What a call costs up to a boundary and what it costs from there on is what it costs at once."""
    whole = lay(price, duration_ms)
    boundaries = sorted({lay(price, second * 1000).billed_s for second in range(1, whole.billed_s + 1)})
    at = boundaries[cut % len(boundaries)]
    until = lay(price, at * 1000)
    after = [
        (max(step.from_s, at), step.from_s + step.seconds, step.band.per_minute)
        for step in whole.steps
        if step.from_s + step.seconds > at
    ]
    rest = sum((Fraction(per_minute) * (end - start) / 60 for start, end, per_minute in after), Fraction(0))
    assert cost_of_steps(until.steps) + rest == cost_of_steps(whole.steps)


def test_an_increment_that_begins_before_a_boundary_belongs_before_it() -> None:
    """Answered at 09:59:59.5: the increments of seconds 0 and 1 begin before and after ten o'clock."""
    noon = Window(name="ten", weight=0, spans=(Span(days=frozenset(WEEKDAYS), from_minute=600, until_minute=660),))
    timed = TimedPrice(windows=((noon, a_price("60")),), otherwise=a_price("6"))
    rated = rate_call(timed_plan(timed), a_call(seconds=3, answered="2026-03-02T09:59:59.500Z"))
    assert isinstance(rated, Rated)
    assert [(step.from_s, step.seconds, step.window) for step in rated.steps] == [(0, 1, None), (1, 2, "ten")]
    assert rated.amount == Decimal("2.1")


def test_a_call_into_an_hour_without_a_window_waits() -> None:
    morning = Window(name="am", weight=0, spans=(Span(days=frozenset(WEEKDAYS), from_minute=0, until_minute=601),))
    plan = timed_plan(TimedPrice(windows=((morning, a_price()),)))
    assert isinstance(rate_call(plan, a_call(seconds=60)), Rated)
    assert rate_call(plan, a_call(seconds=61)) == Unrateable(reason=UnrateableReason.NO_WINDOW)
