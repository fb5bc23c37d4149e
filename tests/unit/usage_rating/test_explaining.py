"""The way from a call to its amount in words, as a billing clerk reads it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from contracts.events.envelope import to_json
from contracts.values.money import Rounding
from services.usage_rating.domain.certificate import certificate_of_rated, certificate_of_zero
from services.usage_rating.domain.explaining import WAITS, seconds_in_words
from services.usage_rating.domain.explaining_uses import explain
from services.usage_rating.domain.plan import CallersPrices, InboundPrices, RatePlan
from services.usage_rating.domain.prices import Band, CostCap, Price
from services.usage_rating.domain.rating import Numbers, Rated, Unrateable, UnrateableReason, rate_call
from services.usage_rating.domain.rating_uses import NoPriceReason
from tests.support.builders import a_call, a_plan, a_price, a_rate
from tests.unit.usage_rating.worked_cases import PLAN_A, PLAN_D

BERLIN = ZoneInfo("Europe/Berlin")


def told(plan: RatePlan, numbers: Numbers | None = None, **call: Any) -> list[tuple[str, str, str | None]]:
    """The steps of a call under a plan, as published and read again."""
    record = a_call(**call)
    outcome = rate_call(plan, record, numbers or Numbers())
    assert not isinstance(outcome, Unrateable)
    rated = isinstance(outcome, Rated)
    certificate = certificate_of_rated(plan, outcome) if rated else certificate_of_zero(outcome)
    data = {
        "category": "call",
        "direction": record.direction,
        "channel": record.channel,
        "occurred_at": (record.answered_at or record.started_at).isoformat(),
        "duration_ms": outcome.duration_ms,
        "currency": plan.currency,
        "amount": format(outcome.amount, "f") if rated else "0.000000",
        "certificate": certificate,
    }
    return [tuple(step) for step in explain(orjson.loads(to_json(data)), BERLIN)]


def test_a_call_with_a_fee_and_two_bands_is_told_to_its_last_digit() -> None:
    assert told(PLAN_A, seconds=Decimal("84.25")) == [
        (
            "call",
            "Outbound call, dialled by hand, answered on 02 March 2026 at 11:00:00 (Europe/Berlin), "
            "1 min 25 s (from 84,250 ms, begun seconds count whole) to be charged.",
            None,
        ),
        ("plan", "Priced by plan plan, version 1.", None),
        (
            "price",
            "The number called begins with 49 (destination 49), the longest prefix that fits: 0.20 EUR a minute.",
            None,
        ),
        ("increments", "Billed the first 60 s whole, then every begun second: 1 min 25 s.", None),
        ("use", "1 min at 0.20 EUR a minute.", "0.20 EUR"),
        ("use", "25 s from 1 min on at 0.10 EUR a minute.", "0.041666666667… EUR"),
        ("fee", "The connection fee is added, once a call.", "0.40 EUR"),
        ("amount", "Together 0.641666666667… EUR, rounded up once, at 4 decimals.", "0.6417 EUR"),
    ]


def test_windows_are_named_where_a_call_crosses_their_boundary() -> None:
    steps = told(PLAN_D, seconds=3600, answered="2012-02-02T17:30:00Z")
    assert ("use", "30 min in 'daytime' at 60 EUR a minute.", "1800 EUR") in steps
    assert ("use", "30 min from 30 min on in 'evening' at 30 EUR a minute.", "900 EUR") in steps
    assert steps[-1][2] == "2701.000000 EUR"


def test_an_inbound_call_tells_the_number_s_type_and_the_caller() -> None:
    inbound = InboundPrices(
        usual=CallersPrices(price=a_price("0.06")),
        by_number_type=(("toll_free", CallersPrices(by_caller=(a_rate("33", a_price("0.60")),))),),
    )
    steps = told(
        a_plan(inbound=inbound), Numbers(own_kind="toll_free"), to="+33123456789", direction="inbound", seconds=7
    )
    assert steps[2][1] == (
        "The caller's number begins with 33 (destination 33); the number dialled is a toll-free number: "
        "0.60 EUR a minute."
    )


@pytest.mark.parametrize(
    ("price", "step"),
    [
        (a_price("0", minimum_charge="0.05"), ("minimum", "A call costs at least the minimum charge.", "0.05 EUR")),
        (
            Price(per_minute=Decimal(6), cost_cap=CostCap(amount=Decimal("0.62"))),
            ("cap", "A call costs at most the cap of its price: beyond it, it went on for nothing.", "0.62 EUR"),
        ),
        (
            Price(per_minute=Decimal(6), connection_fee=Decimal("0.01"), fee_as="minimum_cost"),
            ("fee", "The connection fee is the least that the use costs.", "0.01 EUR"),
        ),
    ],
    ids=["minimum", "cap", "fee as minimum"],
)
def test_what_decides_beside_the_use_is_told(price: Price, step: tuple[str, str, str]) -> None:
    assert step in told(a_plan(a_rate("49", price)), seconds=60)


def test_what_costs_nothing_says_why() -> None:
    assert told(a_plan(), answered=None)[-1] == (
        "free",
        "A call that nobody answered costs nothing.",
        "0.000000 EUR",
    )
    internal = told(a_plan(), to="internal:17", direction="internal")[-1]
    assert internal[1].startswith("A call between own extensions costs nothing")
    assert told(a_plan(), seconds=0)[-1][1] == "A call of no duration costs nothing."


def test_the_price_of_internal_calls_is_told() -> None:
    steps = told(a_plan(internal=a_price("0.06")), to="internal:17", direction="internal")
    assert steps[2][1] == "Calls between own numbers have a price of their own: 0.06 EUR a minute."


def test_the_sum_of_what_is_told_is_the_exact_value() -> None:
    """The steps' amounts and the fee add up to what is rounded."""
    price = replace(a_price("0.30", fee="0.07"), later_bands=(Band(from_s=20, per_minute=Decimal("0.90")),))
    steps = told(a_plan(a_rate("49", price), rounding=Rounding.HALF_EVEN), seconds=40)
    parts = [Decimal(value.split()[0]) for name, _, value in steps if name in {"use", "fee"} and value]
    assert sum(parts) == Decimal("0.47") == Decimal(str(steps[-1][2]).split()[0])


def test_every_reason_to_wait_is_said_with_what_to_do() -> None:
    reasons = {reason.value for reason in (*UnrateableReason, *NoPriceReason)}
    assert reasons <= {str(reason) for reason in WAITS}


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 s"), (60, "1 min"), (3661, "1 h 1 min 1 s")])
def test_seconds_are_told_without_what_is_zero(seconds: int, words: str) -> None:
    assert seconds_in_words(seconds) == words
