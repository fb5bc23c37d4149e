"""The demo's price list: a valid deck over real prefixes, the same every time, with a price for every call."""

import csv
import re

import phonenumbers
import pytest
from phonenumbers import PhoneMetadata

from cli.demo.centre import contact_centre
from cli.demo.leading_digits import PatternError, exclusive_prefixes, leading_digits
from cli.demo.month import month_of_calls
from cli.demo.prices import COLUMNS, PLAN_NAME, deck_csv, prices


@pytest.mark.parametrize(
    ("pattern", "count", "heads"),
    [
        ("15\\d{9}|1(?:6[023]|7\\d)\\d{7,8}", 2, {"15", "16", "17"}),
        ("[2-4]0?\\d{3}", 2, {*(f"{a}{b}" for a in "234" for b in range(10))}),
        ("(?:8|90{2})1", 3, {"900"}),
        ("1{2,3}5", 3, {"111", "115"}),
        ("0[13]|\\d[08-9]", 2, {"01", "03", *(f"{a}{b}" for a in range(10) for b in "089")}),
    ],
)
def test_leading_digits_are_those_the_pattern_allows(pattern: str, count: int, heads: set[str]) -> None:
    assert leading_digits(pattern, count) == heads


@pytest.mark.parametrize("region", ["DE", "GB", "IT", "CA", "BR", "KZ", "FI"])
def test_example_numbers_begin_with_leading_digits_of_their_own_pattern(region: str) -> None:
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    for kind in (metadata.fixed_line, metadata.mobile):
        assert kind is not None
        assert kind.example_number is not None
        assert kind.national_number_pattern is not None
        for count in (1, 2, 3):
            heads = leading_digits(kind.national_number_pattern, count)
            assert kind.example_number[:count] in heads


def test_a_pattern_that_is_not_understood_is_refused() -> None:
    with pytest.raises(PatternError):
        leading_digits("1.*", 2)


def test_exclusive_prefixes_leave_out_what_others_have_too() -> None:
    assert exclusive_prefixes(["[1-3]\\d"], ["2[0-4]|3\\d"], longest=2) == ("1", "25", "26", "27", "28", "29")


def test_the_deck_is_the_generic_one_and_says_its_prices_are_invented() -> None:
    rows = list(csv.DictReader(deck_csv().splitlines()))
    assert tuple(rows[0]) == COLUMNS
    assert "invented" in PLAN_NAME
    assert len({row["prefix"] for row in rows}) == len(rows) > 300
    for row in rows:
        assert re.fullmatch("[1-9][0-9]{0,14}", row["prefix"])
        assert re.fullmatch("[0-9]\\.[0-9]{4}", row["rate_per_minute"])
        assert re.fullmatch("[A-Z]{2}", row["country"])
        assert row["currency"] == "EUR"
    assert deck_csv() == deck_csv()


@pytest.mark.parametrize(
    ("prefix", "destination"),
    [
        ("49", "Germany"),
        ("4915", "Germany mobile"),
        ("1", "United States"),
        ("1416", "Canada"),
        ("1242", "Bahamas"),
        ("77", "Kazakhstan"),
        ("441534", "Jersey"),
    ],
)
def test_prefixes_are_real_ones(prefix: str, destination: str) -> None:
    assert {price.prefix: price.destination for price in prices()}[prefix] == destination


def test_every_country_that_can_be_called_has_a_price() -> None:
    codes = {str(code) for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items() if regions[0] != "001"}
    assert codes <= {price.prefix for price in prices()}


def test_every_outbound_call_of_the_demo_matches_a_prefix_of_its_own_country() -> None:
    by_prefix = {price.prefix: price for price in prices()}
    month = month_of_calls(centre=contact_centre(), seed=1, calls=2_000)
    numbers = {told.call.other_party for told in month.records if told.call.direction == "outbound"}
    for number in numbers:
        matches = [by_prefix[number[1:length]] for length in range(16, 1, -1) if number[1:length] in by_prefix]
        assert phonenumbers.region_code_for_number(phonenumbers.parse(number)) == matches[0].country
