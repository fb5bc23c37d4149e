"""Messages and meters: worked case C5, how segments are counted, and what holds for every amount of them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.usage import Encoding
from contracts.values.money import EXACT, Rounding, negated
from services.usage_rating.domain.messages import segments_of
from services.usage_rating.domain.rating_uses import NoPrice, NoPriceReason, RatedUse, rate_use
from tests.support.uses import a_message, a_metered_use, a_use_plan, sms_prices

PLAN_C = a_use_plan({"sms": sms_prices({"1002": "0.10", "10": "0.20"})})
ANY_PRICE = st.decimals("0", "999999", places=12).map(str)
QUANTITIES = st.decimals("-99999999", "99999999", places=9).map(str)


def amount_of(outcome: object) -> Decimal:
    assert isinstance(outcome, RatedUse), outcome
    return outcome.amount


@pytest.mark.parametrize(
    ("case", "to", "amount"),
    [("C5/1002", "+10020001", "0.10"), ("C5/1003", "+10030001", "0.20"), ("C5/10020", "+10029999999", "0.10")],
)
def test_a_worked_case_comes_out(case: str, to: str, amount: str) -> None:
    assert amount_of(rate_use(PLAN_C, a_message(to=to))) == Decimal(amount), case


@pytest.mark.parametrize(
    ("characters", "encoding", "segments"),
    [
        (0, "gsm7", 1), (160, "gsm7", 1), (161, "gsm7", 2), (306, "gsm7", 2), (307, "gsm7", 3),
        (70, "ucs2", 1), (71, "ucs2", 2), (134, "ucs2", 2), (135, "ucs2", 3),
    ],
)  # fmt: skip
def test_segments_are_counted_by_what_one_holds(characters: int, encoding: Encoding, segments: int) -> None:
    assert segments_of(characters, encoding) == segments


def test_what_the_platform_counted_comes_first() -> None:
    said = a_message(to="+10020001", segments=3, characters=10, encoding="gsm7")
    outcome = rate_use(PLAN_C, said)
    assert isinstance(outcome, RatedUse)
    assert (outcome.segments, outcome.quantity, outcome.amount) == (3, 3, Decimal("0.30"))
    counted = rate_use(PLAN_C, a_message(to="+10030001", characters=171, encoding="gsm7"))
    assert (amount_of(counted), isinstance(counted, RatedUse) and counted.segments) == (Decimal("0.40"), 2)


@given(st.integers(0, 5000), st.integers(0, 5000), st.sampled_from(["gsm7", "ucs2"]))
def test_a_longer_text_never_has_fewer_segments(one: int, other: int, encoding: Encoding) -> None:
    few, many = sorted((one, other))
    assert 1 <= segments_of(few, encoding) <= segments_of(many, encoding)


def test_other_channels_cost_by_message() -> None:
    plan = a_use_plan({"whatsapp": sms_prices({"49": "0.05"}, otherwise="0.03", inbound="0.001")})
    assert amount_of(rate_use(plan, a_message(channel="whatsapp"))) == Decimal("0.05")
    assert amount_of(rate_use(plan, a_message(channel="whatsapp", to="+390612345678"))) == Decimal("0.03")
    assert amount_of(rate_use(plan, a_message(channel="whatsapp", to="withheld"))) == Decimal("0.03")
    assert amount_of(rate_use(plan, a_message(channel="whatsapp", direction="inbound"))) == Decimal("0.001")


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        (a_message(channel="viber"), NoPriceReason.NO_CHANNEL),
        (a_message(to="+390612345678"), NoPriceReason.NO_PREFIX),
        (a_message(to="internal:17"), NoPriceReason.NO_PREFIX),
        (a_message(direction="inbound"), NoPriceReason.NO_INBOUND_PRICE),
        (a_message(sent="2009-12-31T23:59:59Z"), NoPriceReason.PLAN_NOT_EFFECTIVE),
        (a_metered_use(meter="fax_pages"), NoPriceReason.NO_METER),
    ],
)
def test_what_has_no_price_says_why(use: Any, reason: NoPriceReason) -> None:
    assert rate_use(PLAN_C, use) == NoPrice(reason)


@given(ANY_PRICE, QUANTITIES, st.sampled_from(Rounding), st.integers(0, 6))
def test_a_refund_mirrors_its_use_exactly(price: str, quantity: str, rounding: Rounding, scale: int) -> None:
    plan = a_use_plan(metered={"storage": price}, rounding=rounding, scale=scale)
    used = rate_use(plan, a_metered_use(meter="storage", quantity=quantity))
    refunded = rate_use(plan, a_metered_use(meter="storage", quantity=str(negated(Decimal(quantity)))))
    assert isinstance(used, RatedUse) and isinstance(refunded, RatedUse)
    assert refunded.amount == negated(used.amount)
    assert refunded.exact == negated(used.exact)
    assert used.exact == EXACT.multiply(Decimal(price), Decimal(quantity))
    assert str(refunded.amount) == str(negated(used.amount)), "no zero has a sign"


def test_a_meter_costs_by_unit() -> None:
    plan = a_use_plan(metered={"recording_storage": "0.025"})
    assert amount_of(rate_use(plan, a_metered_use(quantity="104"))) == Decimal("2.600000")
    assert amount_of(rate_use(plan, a_metered_use(quantity="0.00002"))) == Decimal("0.000001")
