"""Recordings, analyses and detections: what they cost, and the laws their increments keep."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.money import Rounding
from services.usage_rating.domain.amounts import amount_of, billed_seconds
from services.usage_rating.domain.minutes import MinutePrice
from services.usage_rating.domain.rating_uses import NoPrice, NoPriceReason, RatedUse, rate_use
from tests.support.builders import a_price
from tests.support.uses import a_detection, a_recording, a_use_plan

DURATIONS_MS = st.integers(1, 40_000_000)
INCREMENTS_S = st.integers(1, 90)
PRICES = st.decimals("0", "99", places=6)
BY_THE_MINUTE = MinutePrice(per_minute=Decimal("0.002"), increment_s=60, initial_increment_s=60)


@given(DURATIONS_MS, INCREMENTS_S, INCREMENTS_S, st.integers(0, 100), PRICES, st.sampled_from(Rounding))
def test_a_minute_costs_as_a_minute_of_a_call(
    duration_ms: int, initial_s: int, increment_s: int, minimum_s: int, per_minute: Decimal, rounding: Rounding
) -> None:
    price = MinutePrice(
        per_minute=per_minute, increment_s=increment_s, initial_increment_s=initial_s, minimum_s=minimum_s
    )
    of_calls = a_price(str(per_minute), initial_s=initial_s, increment_s=increment_s, minimum_s=minimum_s)
    plan = a_use_plan(recording=price, rounding=rounding)
    rated = rate_use(plan, a_recording(seconds=str(Decimal(duration_ms) / 1000)))
    assert isinstance(rated, RatedUse)
    assert rated.billed_s == billed_seconds(of_calls, duration_ms)
    assert (rated.exact, rated.amount) == amount_of(of_calls, rated.billed_s, scale=6, rounding=rounding)


@given(DURATIONS_MS, DURATIONS_MS, INCREMENTS_S)
def test_what_lasts_longer_never_costs_less(one: int, other: int, increment_s: int) -> None:
    price = MinutePrice(per_minute=Decimal("0.01"), increment_s=increment_s)
    short, long = sorted((one, other))
    assert price.billed_seconds(short) <= price.billed_seconds(long)


def test_nothing_recorded_costs_nothing() -> None:
    rated = rate_use(a_use_plan(recording=BY_THE_MINUTE), a_recording(seconds="0"))
    assert isinstance(rated, RatedUse)
    assert (rated.billed_s, rated.amount) == (0, Decimal("0.000000"))


def test_recording_and_analysis_have_a_price_each() -> None:
    plan = a_use_plan(recording=BY_THE_MINUTE, analytics=MinutePrice(per_minute=Decimal("0.06")))
    recording, analysis = rate_use(plan, a_recording()), rate_use(plan, a_recording(kind="analytics"))
    assert isinstance(recording, RatedUse) and isinstance(analysis, RatedUse)
    assert (recording.billed_s, recording.amount) == (120, Decimal("0.004000"))
    assert (analysis.billed_s, analysis.amount) == (62, Decimal("0.062000"))


@pytest.mark.parametrize(("count", "amount"), [(None, "0.005"), (1, "0.005"), (3, "0.015")])
def test_a_detection_costs_each_time(count: int | None, amount: str) -> None:
    rated = rate_use(a_use_plan(detection="0.005"), a_detection(count=count))
    assert isinstance(rated, RatedUse)
    assert rated.amount == Decimal(amount)


def test_what_has_no_price_says_so() -> None:
    plan = a_use_plan()
    assert rate_use(plan, a_detection()) == NoPrice(NoPriceReason.NO_DETECTION_PRICE)
    assert rate_use(plan, a_recording()) == NoPrice(NoPriceReason.NO_RECORDING_PRICE)
    assert rate_use(plan, a_recording(kind="analytics")) == NoPrice(NoPriceReason.NO_ANALYTICS_PRICE)


def test_increments_are_at_least_a_second() -> None:
    with pytest.raises(ValueError, match="at least one second"):
        MinutePrice(per_minute=Decimal(1), increment_s=0)
