"""Lint: warnings that stop a plan until they are accepted by name, and what is no reason for one."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from services.usage_rating.domain.linting import PlanWarning, WarningName, lint, not_accepted
from services.usage_rating.domain.plan import CallersPrices, InboundPrices, Rate, RatePlan
from services.usage_rating.domain.prices import Band, ChannelPrice, Price, TimedPrice
from services.usage_rating.domain.windows import HOLIDAY, WEEKDAYS, Holidays, Span, Window
from tests.support.builders import a_plan, a_price, a_rate, an_instant


def named(plan: RatePlan, in_force: RatePlan | None = None, *, percent: int = 50) -> list[tuple[str, str]]:
    """The warnings as (name, what they are about)."""
    return [(found.name, found.value) for found in lint(plan, in_force, jump_percent=percent)]


def banded(*bands: tuple[int, int], initial_s: int = 1, increment_s: int = 1) -> Price:
    """A price with bands (from_s, increment_s) after the first."""
    later = tuple(Band(from_s=from_s, per_minute=Decimal(0), increment_s=step) for from_s, step in bands)
    return replace(a_price(initial_s=initial_s, increment_s=increment_s), later_bands=later)


def test_an_ordinary_plan_has_no_warnings() -> None:
    assert lint(a_plan(a_rate("49", banded((60, 1)))), a_plan(a_rate("49", banded((60, 6))))) == []


@pytest.mark.parametrize(
    ("before", "after", "jumps"),
    [
        ("0.10", "0.15", False),
        ("0.10", "0.151", True),
        ("0.10", "0.05", False),
        ("0.10", "0.0499", True),
        ("0", "0.000000000001", True),
        ("0.10", "0", True),
        ("0", "0", False),
    ],
)
def test_a_price_jumps_when_it_changes_by_more_than_half_either_way(before: str, after: str, jumps: bool) -> None:
    found = named(a_plan(a_rate("49", a_price(after))), a_plan(a_rate("49", a_price(before))))
    assert found == ([("price-jumps", "49")] if jumps else [])


def test_the_measure_is_the_importer_s() -> None:
    new, old = a_plan(a_rate("49", a_price("0.12"))), a_plan(a_rate("49", a_price("0.10")))
    assert named(new, old, percent=20) == []
    assert named(new, old, percent=19) == [("price-jumps", "49")]


def test_a_new_prefix_is_compared_with_what_its_numbers_cost_so_far_and_a_gone_one_with_what_they_will() -> None:
    cheap, dear = a_price("0.02"), a_price("0.20")
    assert named(a_plan(a_rate("49", cheap), a_rate("4915", dear)), a_plan(a_rate("49", cheap))) == [
        ("price-jumps", "4915")
    ]
    assert named(a_plan(a_rate("49", cheap)), a_plan(a_rate("49", cheap), a_rate("4915", dear))) == [
        ("price-jumps", "4915")
    ]


def test_a_jump_tells_both_prices_and_the_greatest_comes_first() -> None:
    old = a_plan(*(a_rate(prefix, a_price("0.10")) for prefix in ("43", "49")))
    new = a_plan(a_rate("43", a_price("0.20")), a_rate("49", a_price("0.35", fee="0.05")))
    first, second = lint(new, old)
    assert (first.value, second.value) == ("49", "43")
    assert "changes by +300 %: a call of 1 minute cost 0.1 and will cost 0.4 EUR" in first.says


def test_a_fee_a_later_band_and_one_price_among_several_can_jump() -> None:
    old = a_plan(a_rate("49", a_price("0.10")))
    later = replace(a_price("0.10"), later_bands=(Band(from_s=60, per_minute=Decimal(1)),))
    dialled = ChannelPrice(otherwise=a_price("0.10"), by_channel=(("dialer", a_price("0.50")),))
    for price in (a_price("0.10", fee="0.06"), later, dialled):
        assert named(a_plan(a_rate("49", price)), old) == [("price-jumps", "49")], price


def test_plans_in_two_currencies_are_not_compared_by_price() -> None:
    old = replace(a_plan(a_rate("49", a_price("0.10"))), currency="JPY")
    assert named(a_plan(a_rate("49", a_price("9"))), old) == []


@pytest.mark.parametrize(
    ("price", "unreached"),
    [
        (banded((60, 1), initial_s=60), []),
        (banded((30, 1), initial_s=60), []),
        (banded((30, 1), (60, 1), initial_s=60), [30]),
        (banded((30, 1), (59, 1), (61, 1), initial_s=61), [30, 59]),
        (banded((65, 1), (110, 1), initial_s=60, increment_s=60), [65]),
        (banded((65, 60), (120, 1), initial_s=60, increment_s=1), []),
    ],
)
def test_a_band_in_which_no_increment_begins_is_unreachable(price: Price, unreached: list[int]) -> None:
    found = [value.split()[2] for name, value in named(a_plan(a_rate("49", price)))]
    assert found == [str(from_s) for from_s in unreached]


def a_window(name: str, *days: str, hours: tuple[int, int] = (0, 24), weight: int = 0) -> Window:
    start, end = hours
    span = Span(days=frozenset(days), from_minute=start * 60, until_minute=end * 60)
    return Window(name=name, weight=weight, spans=(span,))


def timed(*windows: Window) -> TimedPrice:
    return TimedPrice(windows=tuple((window, a_price()) for window in windows), otherwise=a_price())


def test_a_window_that_never_counts_is_named() -> None:
    whole, day = a_window("whole", *WEEKDAYS, weight=2), a_window("day", "mon", hours=(8, 18), weight=1)
    assert named(a_plan(a_rate("49", timed(whole, day)))) == [("unreachable-bands", "day")]
    assert named(a_plan(a_rate("49", timed(a_window("whole", *WEEKDAYS), day)))) == []


def test_a_holiday_window_needs_a_holiday_on_which_it_outweighs_the_day() -> None:
    feast = a_window("feast", HOLIDAY, weight=1)
    sundays = a_window("sundays", "sun", weight=2)
    price = timed(feast, sundays)
    assert named(a_plan(a_rate("49", price))) == [("unreachable-bands", "feast")]
    sunday, monday = date(2026, 11, 22), date(2026, 11, 23)
    for day, found in ((sunday, [("unreachable-bands", "feast")]), (monday, [])):
        assert named(a_plan(a_rate("49", price), holidays=Holidays(dates=frozenset({day})))) == found
    assert named(a_plan(a_rate("49", price), holidays=Holidays(yearly=frozenset({(12, 25)})))) == []


def test_windows_that_lay_alike_reach_no_more_than_each_alone_and_those_that_differ_may() -> None:
    night, covered = a_window("night", "mon", hours=(0, 6)), banded((65, 1), (110, 1), initial_s=60, increment_s=60)
    alike = TimedPrice(windows=((night, covered),), otherwise=replace(covered, per_minute=Decimal(9)))
    assert [name for name, _ in named(a_plan(a_rate("49", alike)))] == ["unreachable-bands"]
    differing = TimedPrice(windows=((night, covered),), otherwise=a_price())
    assert named(a_plan(a_rate("49", differing))) == []


def test_a_country_that_would_lose_its_price_is_named_once_and_one_under_a_shorter_prefix_is_not() -> None:
    old = a_plan(*(a_rate(prefix) for prefix in ("4930", "4989", "355", "1", "7")))
    assert named(a_plan(a_rate("1"), a_rate("7")), old) == [
        ("missing-countries", "+355"),
        ("missing-countries", "+49"),
    ]
    assert named(a_plan(a_rate("4930"), a_rate("35"), a_rate("1212"), a_rate("7")), old) == []


def test_countries_that_share_a_code_are_told_apart_where_both_versions_say_them() -> None:
    us, canada = replace(a_rate("1"), country="US"), replace(a_rate("1204"), country="CA")
    assert named(a_plan(us), a_plan(us, canada)) == [("missing-countries", "CA")]
    assert named(a_plan(a_rate("1")), a_plan(us, canada)) == []


def test_a_refused_destination_is_not_missing() -> None:
    refused = Rate(prefix="355", destination="Albania", price=None)
    assert named(a_plan(refused), a_plan(a_rate("355"))) == []


def test_prefixes_no_number_can_meet_are_named_callers_too() -> None:
    over = a_rate("43", valid_until="2026-01-01")
    dead = (a_rate("030"), a_rate("121255512345"), over)
    callers = InboundPrices(usual=CallersPrices(price=a_price(), by_caller=(a_rate("0043"),)))
    plan = a_plan(*dead, a_rate("12125551234"), inbound=callers, effective="2026-01-01")
    assert named(plan) == [("dead-prefixes", prefix) for prefix in ("030", "121255512345", "43", "0043")]
    earlier = replace(plan, effective_from=an_instant("2025-12-31"))
    assert ("dead-prefixes", "43") not in named(earlier)


def test_only_what_was_accepted_by_its_name_no_longer_stops() -> None:
    found = [
        PlanWarning(name=WarningName.DEAD_PREFIXES, field="prefix", value="0", says=""),
        PlanWarning(name=WarningName.PRICE_JUMPS, field="prefix", value="49", says=""),
    ]
    assert [one.name for one in not_accepted(found, {"price-jumps"})] == ["dead-prefixes"]
    assert not_accepted(found, ("dead-prefixes", "price-jumps")) == []
