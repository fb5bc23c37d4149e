"""Which calls are priced, which cost nothing by rule, and which wait in suspense: one example each."""

from dataclasses import replace
from decimal import Decimal

import pytest
from pydantic import TypeAdapter

from contracts.events.call import Direction
from contracts.events.envelope import to_json
from contracts.events.rated_usage import Certificate, RatedStep
from contracts.values.money import Rounding
from services.usage_rating.domain.certificate import certificate_of_rated, certificate_of_zero
from services.usage_rating.domain.plan import CallersPrices, InboundPrices, NumberKind, RatePlan
from services.usage_rating.domain.prices import Band, ChannelPrice, CostCap, Price
from services.usage_rating.domain.rating import (
    ChargedDuration,
    Numbers,
    Rated,
    Unrateable,
    UnrateableReason,
    ZeroRated,
    ZeroReason,
    charging_instant,
    rate_call,
    refusal_of,
    zero_rated,
)
from tests.support.builders import a_call, a_plan, a_price, a_rate, an_instant

CERTIFICATE = TypeAdapter(Certificate)


def amount(plan: RatePlan, **call: object) -> Decimal:
    outcome = rate_call(plan, a_call(**call))  # type: ignore[arg-type]
    assert isinstance(outcome, Rated)
    return outcome.amount


def test_outbound_is_priced_by_its_prefix_and_inbound_by_the_plans_inbound_price() -> None:
    plan = a_plan(a_rate("49", a_price("0.60")), inbound=a_price("0.06"))
    assert amount(plan, seconds=30) == Decimal("0.3")
    assert amount(plan, seconds=30, direction="inbound", to="withheld") == Decimal("0.03")
    assert amount(plan, seconds=30, direction="inbound", to="+4930123456") == Decimal("0.03")


def test_the_fee_is_added_once_and_the_minimum_charge_is_a_floor_under_both() -> None:
    assert amount(a_plan(a_rate("49", a_price("0.60", fee="0.10"))), seconds=30) == Decimal("0.4")
    floored = a_plan(a_rate("49", a_price("0.60", fee="0.10", minimum_charge="0.50")))
    assert amount(floored, seconds=30) == Decimal("0.5")
    assert amount(floored, seconds=60) == Decimal("0.7")


def test_a_minimum_duration_is_taken_before_increments_are_laid() -> None:
    plan = a_plan(a_rate("49", a_price("0.60", increment_s=6, initial_s=6, minimum_s=20)))
    assert amount(plan, seconds=3) == Decimal("0.24")


@pytest.mark.parametrize(
    ("billable_ms", "duration_ms", "charged"),
    [(None, 90_000, "answered_to_ended"), (61_001, 61_001, "billable_duration")],
)
def test_the_platforms_billable_duration_comes_first_and_the_result_says_which_was_charged(
    billable_ms: int | None, duration_ms: int, charged: ChargedDuration
) -> None:
    outcome = rate_call(a_plan(), a_call(seconds=90, billable_ms=billable_ms))
    assert isinstance(outcome, Rated)
    assert (outcome.duration_ms, outcome.charged_duration) == (duration_ms, charged)
    assert outcome.billed_s == -(-duration_ms // 1000)


@pytest.mark.parametrize(
    ("call", "zero"),
    [
        (
            a_call(answered=None, billable_ms=4000),
            ZeroRated(reason=ZeroReason.UNANSWERED, charged_duration="none", duration_ms=0),
        ),
        (
            a_call(seconds=90, billable_ms=0),
            ZeroRated(reason=ZeroReason.ZERO_DURATION, charged_duration="billable_duration", duration_ms=0),
        ),
        (
            a_call(seconds=0, to="withheld"),
            ZeroRated(reason=ZeroReason.ZERO_DURATION, charged_duration="answered_to_ended", duration_ms=0),
        ),
        (
            a_call(seconds=30, direction="internal", to="internal:204"),
            ZeroRated(reason=ZeroReason.INTERNAL, charged_duration="answered_to_ended", duration_ms=30_000),
        ),
    ],
)
def test_what_costs_nothing_by_rule_needs_neither_prefix_nor_plan(call: object, zero: ZeroRated) -> None:
    dear = a_price("9", fee="5", minimum_charge="7", minimum_s=60)
    later = a_plan(a_rate("1", dear), inbound=dear, effective="2030-01-01")
    assert rate_call(later, call) == zero_rated(call) == zero  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("direction", "to", "reason"),
    [
        ("outbound", "+33123456789", UnrateableReason.NO_PREFIX),
        ("outbound", "withheld", UnrateableReason.OTHER_PARTY_WITHHELD),
        ("outbound", "internal:204", UnrateableReason.OTHER_PARTY_INTERNAL),
        ("outbound", "internal", UnrateableReason.OTHER_PARTY_INTERNAL),
        ("inbound", "+4930123456", UnrateableReason.NO_INBOUND_PRICE),
    ],
)
def test_a_call_without_a_price_is_unrateable_and_says_why(
    direction: Direction, to: str, reason: UnrateableReason
) -> None:
    call = a_call(direction=direction, to=to)
    assert rate_call(a_plan(a_rate("49")), call) == Unrateable(reason=reason)
    assert zero_rated(call) is None


def test_a_plan_prices_nothing_before_it_is_effective() -> None:
    plan = a_plan(effective="2026-03-02T10:00:00Z")
    assert isinstance(rate_call(plan, a_call(answered="2026-03-02T10:00:00Z")), Rated)
    before = a_call(answered="2026-03-02T09:59:59.999Z")
    assert rate_call(plan, before) == Unrateable(reason=UnrateableReason.PLAN_NOT_EFFECTIVE)


def test_an_expired_longer_prefix_gives_way_to_the_next_shorter_one() -> None:
    plan = a_plan(
        a_rate("49", a_price("0.60")),
        a_rate("4930", a_price("1.20"), valid_until="2026-03-01"),
        a_rate("4930", a_price("2.40"), valid_from="2026-04-01"),
    )
    assert amount(plan, answered="2026-02-28T23:59:59.999Z") == Decimal("1.2")
    assert amount(plan, answered="2026-03-01T00:00:00Z") == Decimal("0.6")
    assert amount(plan, answered="2026-04-01T00:00:00Z") == Decimal("2.4")


def test_the_answer_decides_the_rate_and_not_the_end() -> None:
    plan = a_plan(a_rate("49", a_price("0.60"), valid_until="2026-03-01"), a_rate("4", a_price("60")))
    assert amount(plan, answered="2026-02-28T23:59:00Z", seconds=7200) == Decimal("72")


def test_the_charging_instant_is_the_answer_else_the_start() -> None:
    assert charging_instant(a_call(started="2026-03-02T09:59:00Z", answered="2026-03-02T10:00:00Z")) == an_instant(
        "2026-03-02T10:00:00Z"
    )
    assert charging_instant(a_call(answered=None, started="2026-03-02T09:59:00Z")) == an_instant(
        "2026-03-02T09:59:00Z"
    )


@pytest.mark.parametrize(
    ("started", "answered", "seconds", "says"),
    [
        ("2026-03-02T10:00:01Z", "2026-03-02T10:00:00Z", 10, "answered_at is before started_at"),
        ("2026-03-02T09:59:00Z", "2026-03-02T10:00:00Z", -1, "ended_at is before answered_at"),
        ("2026-03-02T10:00:00Z", None, -1, "ended_at is before started_at"),
        ("2026-03-02T09:59:00Z", "2026-03-02T10:00:00Z", 0, None),
    ],
)
def test_instants_that_cannot_be_true_are_named(
    started: str, answered: str | None, seconds: int, says: str | None
) -> None:
    assert refusal_of(a_call(started=started, answered=answered, seconds=seconds)) == says


def test_a_certificate_holds_what_is_needed_to_compute_the_amount_again() -> None:
    plan = a_plan(a_rate("4930", a_price("0.1", fee="0.02", initial_s=30, increment_s=6)))
    rated = rate_call(plan, a_call(seconds=31))
    assert isinstance(rated, Rated)
    certificate = CERTIFICATE.validate_json(to_json(certificate_of_rated(plan, rated)))
    assert certificate == Certificate(
        charged_duration="answered_to_ended",
        billed_s=36,
        exact=Decimal("0.08"),
        rounding=Rounding.HALF_UP.value,
        scale=6,
        plan_id="plan",
        plan_version=1,
        prefix="4930",
        destination="destination 4930",
        per_minute=Decimal("0.1"),
        connection_fee=Decimal("0.02"),
        minimum_charge=Decimal(0),
        minimum_s=0,
        initial_increment_s=30,
        increment_s=6,
    )


def test_an_exact_value_that_does_not_terminate_is_shown_to_24_decimals() -> None:
    rated = rate_call(a_plan(a_rate("49", a_price("0.1"))), a_call(seconds=1))
    assert isinstance(rated, Rated)
    assert b'"0.001666666666666666666667"' in to_json(rated.exact)
    assert rated.amount == Decimal("0.001667")


def test_the_certificate_of_a_call_that_costs_nothing_names_no_plan() -> None:
    zero = zero_rated(a_call(answered=None))
    assert zero is not None
    certificate = CERTIFICATE.validate_json(to_json(certificate_of_zero(zero)))
    assert (certificate.plan_id, certificate.exact, certificate.charged_duration) == (None, Decimal(0), "none")


DEAR, CHEAP = a_price("6"), a_price("0.6")


def test_inbound_is_priced_by_the_own_number_s_type_then_by_the_caller() -> None:
    inbound = InboundPrices(
        usual=CallersPrices(price=a_price("0.06"), by_caller=(a_rate("33", CHEAP),)),
        by_number_type=(("toll_free", CallersPrices(price=DEAR, by_caller=(a_rate("4930", a_price("3")),))),),
    )
    plan = a_plan(inbound=inbound)

    def cost(caller: str, kind: NumberKind | None) -> tuple[Decimal, str | None]:
        rated = rate_call(plan, a_call(to=caller, direction="inbound"), Numbers(own_kind=kind))
        assert isinstance(rated, Rated)
        return rated.amount, None if rated.rate is None else rated.rate.prefix

    assert cost("+4930123456", "toll_free") == (Decimal(3), "4930")
    assert cost("+33123456789", "toll_free") == (Decimal(6), None)
    assert cost("+33123456789", "local") == (Decimal("0.6"), "33")
    assert cost("+33123456789", None) == (Decimal("0.6"), "33")
    assert cost("withheld", "mobile") == (Decimal("0.06"), None)


def test_a_type_without_a_price_is_priced_as_usual() -> None:
    usual = CallersPrices(price=CHEAP)
    plan = a_plan(inbound=InboundPrices(usual=usual, by_number_type=(("mobile", CallersPrices()),)))
    rated = rate_call(plan, a_call(direction="inbound"), Numbers(own_kind="mobile"))
    assert isinstance(rated, Rated)
    assert rated.amount == Decimal("0.6")
    certificate = CERTIFICATE.validate_json(to_json(certificate_of_rated(plan, rated)))
    assert certificate.number_type == "mobile"


def test_a_refused_destination_is_neither_free_nor_priced_by_a_shorter_prefix() -> None:
    refused = replace(a_rate("4930"), price=None)
    plan = a_plan(a_rate("49"), refused)
    assert rate_call(plan, a_call(to="+4930123456")) == Unrateable(reason=UnrateableReason.DESTINATION_REFUSED)
    assert isinstance(rate_call(plan, a_call(to="+4940123456")), Rated)


def test_each_channel_has_its_price_and_the_others_the_usual_one() -> None:
    price = ChannelPrice(otherwise=CHEAP, by_channel=(("dialer", DEAR), ("queue_callback", a_price("3"))))
    plan = a_plan(a_rate("49", price))
    amounts = {
        channel: amount(plan, channel=channel)
        for channel in ("manual", "click_to_call", "dialer", "queue_callback")
    }
    assert amounts == {
        "manual": Decimal("0.6"),
        "click_to_call": Decimal("0.6"),
        "dialer": Decimal(6),
        "queue_callback": Decimal(3),
    }


def test_calls_between_own_numbers_have_the_internal_price_or_none() -> None:
    priced, unpriced = a_plan(internal=CHEAP), a_plan()
    internal = a_call(to="internal:200", direction="internal")
    assert amount(priced, to="internal:200", direction="internal") == Decimal("0.6")
    zero = rate_call(unpriced, internal)
    assert isinstance(zero, ZeroRated)
    assert zero.reason is ZeroReason.INTERNAL
    to_own = Numbers(to_own=True)
    rated = rate_call(priced, a_call(), to_own)
    assert isinstance(rated, Rated)
    assert (rated.amount, rated.rate, rated.numbers) == (Decimal("0.6"), None, to_own)
    usual = rate_call(unpriced, a_call(), to_own)
    assert isinstance(usual, Rated)
    assert (usual.amount, usual.numbers) == (Decimal("0.06"), Numbers())


def test_a_cap_that_decides_is_told_and_covers_fee_and_minimum() -> None:
    price = replace(a_price("0.6", fee="1"), cost_cap=CostCap(amount=Decimal("1.20")))
    plan = a_plan(a_rate("49", price))
    below, above = rate_call(plan, a_call(seconds=20)), rate_call(plan, a_call(seconds=21))
    assert isinstance(below, Rated)
    assert isinstance(above, Rated)
    assert (below.amount, below.capped) == (Decimal("1.2"), False)
    assert (above.amount, above.capped) == (Decimal("1.2"), True)
    assert certificate_of_rated(plan, above).items() >= {"cost_cap": "1.20", "capped": True}.items()


def test_a_certificate_tells_the_steps_of_a_call_with_bands() -> None:
    price = Price(
        per_minute=Decimal("0.2"), initial_increment_s=60, later_bands=(Band(from_s=60, per_minute=Decimal("0.1")),)
    )
    plan = a_plan(a_rate("49", price))
    rated = rate_call(plan, a_call(seconds=85))
    assert isinstance(rated, Rated)
    certificate = CERTIFICATE.validate_json(to_json(certificate_of_rated(plan, rated)))
    assert certificate.steps == (
        RatedStep(from_s=0, seconds=60, per_minute=Decimal("0.2")),
        RatedStep(from_s=60, seconds=25, per_minute=Decimal("0.1")),
    )
    assert str(certificate.exact) == "0.241666666666666666666667"  # (0.2 × 60 + 0.1 × 25) / 60
