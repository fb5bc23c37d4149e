"""Real decks: a large clean one is loaded and searched, a dirty one is stopped. Needs RINGLEDGER_REAL_DATA."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from services.usage_rating.domain.deck import DeckTerms, read_deck
from services.usage_rating.domain.document import canonical_text, parse_document, to_document
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.problems import Problems
from services.usage_rating.domain.rating import Rated, rate_call
from tests.support.builders import a_call, an_instant

TERMS = DeckTerms(plan_id="deck", name="Deck", currency="EUR", effective_from=an_instant("2018-11-01"))


@pytest.fixture(scope="module")
def az_36k(real_data: Path) -> RatePlan:
    plan = read_deck((real_data / "decks" / "az-36k.csv").read_text(encoding="utf-8"), TERMS)
    assert isinstance(plan, RatePlan)
    return plan


def test_the_longest_prefix_of_412_numbers(az_36k: RatePlan, real_data: Path) -> None:
    with (real_data / "cases" / "longest-prefix-az-36k.csv").open(encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    assert len(expected) == 412
    for case in expected:
        rated = rate_call(az_36k, a_call(to=case["e164"], seconds=60))
        if not case["expected_prefix"]:
            assert not isinstance(rated, Rated), case
            continue
        assert isinstance(rated, Rated), case
        assert rated.rate is not None
        found = (rated.rate.prefix, rated.price.per_minute, rated.amount)
        per_minute = Decimal(case["expected_rate_per_minute"])
        assert found == (case["expected_prefix"], per_minute, per_minute), case


def test_a_deck_of_36205_prefixes_is_loaded_whole_and_survives_its_document(az_36k: RatePlan) -> None:
    assert len(az_36k.rates) == 36_205
    again = parse_document(to_document(az_36k))
    assert isinstance(again, RatePlan)
    assert canonical_text(again) == canonical_text(az_36k)


def test_310_prices_without_their_decimal_point_stop_a_deck_and_are_shown(real_data: Path) -> None:
    text = (real_data / "decks" / "az-dirty-4k.csv").read_text(encoding="utf-8")
    found = read_deck(text, TERMS)
    assert isinstance(found, Problems)
    rows = list(csv.reader(text.splitlines()))
    dear = [number for number, row in enumerate(rows, start=1) if number > 1 and Decimal(row[2]) >= 20]
    assert [problem.row for problem in found.items] == dear
    assert len(dear) == 310
