"""The difference of two versions, told by prefix and in words; and a plan's rates searched as rating would look."""

from dataclasses import replace
from decimal import Decimal

import pytest

from contracts.values.money import Rounding
from services.usage_rating.domain.comparing import compare
from services.usage_rating.domain.plan import Rate, RatePlan, inbound_at
from services.usage_rating.domain.price_words import price_words
from services.usage_rating.domain.prices import Band, ChannelPrice, CostCap, Price, TimedPrice
from services.usage_rating.domain.searching import rates_for, rates_named
from services.usage_rating.domain.windows import WEEKDAYS, Span, Window
from tests.support.builders import a_plan, a_price, a_rate, an_instant
from tests.unit.usage_rating.documents import a_whole_document, parsed


def changes(old: RatePlan, new: RatePlan) -> list[tuple[str, str]]:
    return [(change.kind, change.prefix) for change in compare(old, new).rates]


def test_a_plan_does_not_differ_from_itself() -> None:
    whole = parsed(a_whole_document())
    assert compare(whole, whole).rates == compare(whole, whole).settings == ()


def test_rates_are_added_removed_dearer_cheaper_and_changed_in_the_order_of_prefixes() -> None:
    old = a_plan(*(a_rate(prefix, a_price("0.10")) for prefix in ("1", "2", "3", "4", "5")))
    refused = Rate(prefix="5", destination="destination 5", price=None)
    new = a_plan(
        a_rate("6"),
        a_rate("2", a_price("0.11")),
        a_rate("3", a_price("0.09")),
        replace(a_rate("4", a_price("0.10")), destination="Renamed"),
        refused,
    )
    assert changes(old, new) == [
        ("removed", "1"),
        ("dearer", "2"),
        ("cheaper", "3"),
        ("changed", "4"),
        ("changed", "5"),
        ("added", "6"),
    ]
    told = {change.prefix: (change.was, change.becomes) for change in compare(old, new).rates}
    assert told["2"] == ("0.10/min, 1/1 s", "0.11/min, 1/1 s")
    assert (told["1"][1], told["6"][0], told["5"][1]) == (None, None, "calls are refused")


def test_going_back_turns_every_change_round() -> None:
    old = a_plan(a_rate("1"), a_rate("2", a_price("0.2")))
    new = a_plan(a_rate("2", a_price("0.1")), a_rate("3"))
    turned = {"added": "removed", "removed": "added", "cheaper": "dearer", "dearer": "cheaper"}
    assert [(turned[kind], prefix) for kind, prefix in changes(old, new)] == changes(new, old)


def test_a_price_that_is_dearer_for_short_calls_and_cheaper_for_long_ones_is_neither() -> None:
    assert changes(a_plan(a_rate("1", a_price("0.10"))), a_plan(a_rate("1", a_price("0.09", fee="0.05")))) == [
        ("changed", "1")
    ]


def test_a_rate_that_only_begins_at_another_time_is_one_change() -> None:
    old, new = a_rate("1", valid_from="2026-01-01"), a_rate("1", valid_from="2026-02-01")
    (change,) = compare(a_plan(old), a_plan(new)).rates
    assert (change.kind, change.valid_from) == ("changed", an_instant("2026-02-01"))


def test_prices_in_two_currencies_are_not_called_dearer() -> None:
    new = replace(a_plan(a_rate("1")), currency="USD")
    difference = compare(a_plan(a_rate("1")), new)
    assert [change.kind for change in difference.rates] == ["changed"]
    assert [(one.setting, one.was, one.becomes) for one in difference.settings] == [("currency", "EUR", "USD")]


def test_everything_else_that_a_plan_says_is_a_setting() -> None:
    old, new = a_plan(), parsed(a_whole_document())
    assert {one.setting for one in compare(old, new).settings} == {
        *("name", "effective_from", "rounding", "time_zone", "holidays", "windows", "inbound", "internal")
    }
    only = replace(a_plan(), rounding=Rounding.UP, inbound=inbound_at(a_price("0.01")))
    told = {one.setting: (one.was, one.becomes) for one in compare(old, only).settings}
    assert told == {
        "rounding": ("half_up at 6 decimals", "up at 6 decimals"),
        "inbound": ("none", "usual: 0.01/min, 1/1 s"),
    }


WINDOW = Window(name="day", weight=0, spans=(Span(days=frozenset(WEEKDAYS), from_minute=0, until_minute=1440),))


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (None, "calls are refused"),
        (a_price("0.2", fee="0.1", initial_s=30, increment_s=6), "0.2/min, 30/6 s, 0.1 a call"),
        (
            replace(a_price("0.2"), later_bands=(Band(from_s=60, per_minute=Decimal("0.1"), increment_s=6),)),
            "0.2/min, 0.1/min from second 60 by 6 s, 1/1 s",
        ),
        (
            replace(a_price("0.2", fee="1"), fee_as="minimum_cost", cost_cap=CostCap(amount=Decimal(5))),
            "0.2/min, 1/1 s, use costs at least 1, at most 5 (free)",
        ),
        (a_price("0", minimum_s=12, minimum_charge="0.05"), "0/min, 1/1 s, at least 12 s, at least 0.05"),
        (TimedPrice(windows=((WINDOW, a_price("1")),)), "day: 1/min, 1/1 s"),
        (
            ChannelPrice(otherwise=a_price("1"), by_channel=(("dialer", a_price("2")),)),
            "dialer: 2/min, 1/1 s | otherwise: 1/min, 1/1 s",
        ),
    ],
)
def test_prices_in_words(price: Price | TimedPrice | ChannelPrice | None, words: str) -> None:
    assert price_words(price) == words


def test_a_number_finds_the_rate_that_prices_it_and_those_beneath_as_rating_does() -> None:
    over = a_rate("4930", valid_until="2026-01-01")
    plan = a_plan(a_rate("49"), over, a_rate("493"), a_rate("43"))
    at = an_instant("2026-06-01")
    assert [rate.prefix for rate in rates_for(plan, "+4930123456", at)] == ["493", "49"]
    assert rates_for(plan, "+4930123456", an_instant("2025-06-01"))[0] is over
    assert rates_for(plan, "+4930123456", at)[0] is plan.rate_for("+4930123456", at)
    assert rates_for(plan, "+3312345678", at) == []


def test_words_find_destinations_case_aside() -> None:
    named = {"49": "Germany", "4915": "GERMANY mobile"}
    plan = a_plan(*(replace(a_rate(prefix), destination=name) for prefix, name in named.items()))
    assert [rate.prefix for rate in rates_named(plan, "germany")] == ["49", "4915"]
    assert [rate.prefix for rate in rates_named(plan, "Mobile")] == ["4915"]
    assert len(rates_named(plan, "")) == 2
