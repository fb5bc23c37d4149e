"""The laws of rating, against exact fractions and brute force."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from hypothesis import given
from hypothesis import strategies as st

from contracts.values.money import Rounding, round_amount
from services.usage_rating.domain.amounts import EXACT_SCALE, amount_of, billed_seconds
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.prices import Price
from services.usage_rating.domain.rating import Outcome, Rated, ZeroRated, rate_call, zero_rated
from tests.support.builders import a_call, a_plan, a_price, a_rate, an_instant

money = st.decimals(min_value=0, max_value=Decimal("999999.999999999999"), places=12) | st.sampled_from(
    [Decimal(text) for text in ("0", "0.001", "0.005", "0.00003", "0.2", "1.98", "0.000001", "0.0000005")]
)
seconds = st.integers(1, 86_400)
durations_ms = st.integers(1, 31 * 86_400_000) | st.integers(1, 200_000)
prices = st.builds(
    Price,
    per_minute=money,
    connection_fee=money,
    minimum_charge=money,
    increment_s=seconds | st.sampled_from([1, 6, 30, 60]),
    initial_increment_s=seconds | st.sampled_from([1, 6, 30, 60]),
    minimum_s=st.integers(0, 86_400) | st.just(0),
)


def exact_value(price: Price, billed_s: int) -> Fraction:
    value = Fraction(price.per_minute) * billed_s / 60 + Fraction(price.connection_fee)
    return max(value, Fraction(price.minimum_charge))


def rounded(value: Fraction, scale: int, mode: Rounding) -> Fraction:
    """The rounding of a value ≥ 0, written down a second time and on fractions alone."""
    units = value * 10**scale
    match mode:
        case Rounding.UP:
            whole = ceil(units)
        case Rounding.DOWN:
            whole = floor(units)
        case Rounding.HALF_UP:
            whole = floor(units + Fraction(1, 2))
        case Rounding.HALF_EVEN:
            whole = round(units)
    return Fraction(whole, 10**scale)


@given(price=prices, duration_ms=durations_ms, scale=st.integers(0, 6), mode=st.sampled_from(Rounding))
def test_the_amount_is_the_exact_fraction_rounded_once(
    price: Price, duration_ms: int, scale: int, mode: Rounding
) -> None:
    billed_s = billed_seconds(price, duration_ms)
    value = exact_value(price, billed_s)
    exact, amount = amount_of(price, billed_s, scale=scale, rounding=mode)
    assert Fraction(amount) == rounded(value, scale, mode)
    assert abs(Fraction(exact) - value) <= Fraction(1, 2 * 10**EXACT_SCALE)
    assert -exact.as_tuple().exponent <= EXACT_SCALE  # type: ignore[operator]
    if value.denominator % 3:
        assert Fraction(exact) == value


@given(tie=st.integers(0, 10**9), mode=st.sampled_from(Rounding))
def test_a_tie_at_the_seventh_decimal_goes_where_the_mode_says(tie: int, mode: Rounding) -> None:
    price = a_price(fee=str(Decimal(tie * 10 + 5).scaleb(-7)), per_minute="0")
    exact, amount = amount_of(price, 60, scale=6, rounding=mode)
    assert Fraction(amount) == rounded(Fraction(tie * 10 + 5, 10**7), 6, mode)
    assert exact == price.connection_fee


@given(price=prices, duration_ms=durations_ms, mode=st.sampled_from(Rounding))
def test_a_reversal_mirrors_its_original(price: Price, duration_ms: int, mode: Rounding) -> None:
    exact, amount = amount_of(price, billed_seconds(price, duration_ms), scale=6, rounding=mode)
    assert round_amount(-exact, mode=mode) == -amount


@given(price=prices, shorter_ms=durations_ms, more_ms=st.integers(0, 600_000), mode=st.sampled_from(Rounding))
def test_a_longer_call_never_costs_less(price: Price, shorter_ms: int, more_ms: int, mode: Rounding) -> None:
    short, long = (
        amount_of(price, billed_seconds(price, duration), scale=6, rounding=mode)[1]
        for duration in (shorter_ms, shorter_ms + more_ms)
    )
    assert short <= long


@given(price=prices, duration_ms=durations_ms)
def test_increments_are_whole_cover_the_call_and_no_more(price: Price, duration_ms: int) -> None:
    billed_s = billed_seconds(price, duration_ms)
    needed_ms = max(duration_ms, price.minimum_s * 1000)
    after_initial = billed_s - price.initial_increment_s
    assert billed_s * 1000 >= needed_ms
    assert after_initial >= 0
    assert after_initial % price.increment_s == 0
    if after_initial:
        assert (billed_s - price.increment_s) * 1000 < needed_ms


digits = st.text("0123", min_size=1, max_size=6)


@given(prefixes=st.sets(digits, max_size=25), number=st.text("0123", min_size=7, max_size=15))
def test_the_longest_prefix_is_found(prefixes: set[str], number: str) -> None:
    plan = RatePlan(
        plan_id="plan",
        version=1,
        name="Plan",
        currency="EUR",
        effective_from=an_instant("2020-01-01"),
        rates=tuple(a_rate(prefix) for prefix in prefixes),
    )
    found = plan.rate_for(f"+{number}", an_instant("2026-01-01"))
    matching = [prefix for prefix in prefixes if number.startswith(prefix)]
    assert (found.prefix if found else None) == max(matching, key=len, default=None)


DAYS = [f"2026-01-{day:02}" for day in range(1, 21)]
windows = st.tuples(st.integers(0, 18), st.integers(1, 19)).filter(lambda pair: pair[0] < pair[1])


@given(
    windows=st.dictionaries(digits, windows, max_size=15),
    number=st.text("0123", min_size=7, max_size=10),
    day=st.integers(0, 19),
)
def test_a_prefix_matches_only_while_it_is_valid(
    windows: dict[str, tuple[int, int]], number: str, day: int
) -> None:
    rates = [
        a_rate(prefix, valid_from=DAYS[start], valid_until=DAYS[end]) for prefix, (start, end) in windows.items()
    ]
    found = a_plan(a_rate("9"), *rates).rate_for(f"+{number}", an_instant(DAYS[day]))
    valid = [prefix for prefix, (start, end) in windows.items() if number.startswith(prefix) and start <= day < end]
    assert (found.prefix if found else None) == max(valid, key=len, default=None)


@given(price=prices, duration_ms=durations_ms, inbound=st.booleans())
def test_what_rate_call_returns_is_the_law_applied(price: Price, duration_ms: int, inbound: bool) -> None:
    plan = a_plan(a_rate("49", price), inbound=price)
    call = a_call(direction="inbound" if inbound else "outbound", billable_ms=duration_ms)
    outcome = rate_call(plan, call)
    assert isinstance(outcome, Rated)
    assert outcome.price == price
    assert (outcome.rate is None) == inbound
    assert outcome.billed_s == billed_seconds(price, duration_ms)
    assert (outcome.exact, outcome.amount) == amount_of(
        price, outcome.billed_s, scale=plan.scale, rounding=plan.rounding
    )


def costs_nothing(outcome: Outcome | None) -> bool:
    return isinstance(outcome, ZeroRated)


@given(price=prices, rings_s=st.integers(0, 300), billable_ms=st.none() | st.integers(0, 10**6))
def test_a_leg_nobody_answered_costs_nothing_under_any_plan(
    price: Price, rings_s: int, billable_ms: int | None
) -> None:
    call = a_call(answered=None, seconds=rings_s, billable_ms=billable_ms)
    assert costs_nothing(rate_call(a_plan(a_rate("49", price)), call))
    assert costs_nothing(zero_rated(call))


@given(span_us=st.integers(0, 10**10))
def test_a_begun_millisecond_does_not_count_and_a_begun_second_does(span_us: int) -> None:
    call = a_call(seconds=0)
    outcome = rate_call(a_plan(), replace(call, ended_at=call.ended_at + timedelta(microseconds=span_us)))
    if span_us < 1000:
        assert costs_nothing(outcome)
    else:
        assert isinstance(outcome, Rated)
        assert outcome.duration_ms == span_us // 1000
        assert outcome.billed_s == ceil(Fraction(span_us // 1000, 1000))
