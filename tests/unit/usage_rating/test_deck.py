"""Decks as CSV: what is read from them, and everything that stops one."""

from decimal import Decimal

import pytest

from services.usage_rating.domain.deck import DeckTerms, read_deck
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.problems import Problem, Problems
from tests.support.builders import a_price, an_instant

HEADER = "prefix,destination,rate_per_minute,connection_fee,initial_increment,increment"
ROW = "49,Germany,0.02,0,1,1"


def terms(
    *,
    currency: str | None = "EUR",
    effective: str | None = "2026-01-01",
    allow_price_up_to: str | None = None,
) -> DeckTerms:
    return DeckTerms(
        plan_id="deck",
        name="Deck",
        currency=currency,
        effective_from=an_instant(effective) if effective else None,
        allow_price_up_to=Decimal(allow_price_up_to) if allow_price_up_to else None,
    )


def loaded(text: str, given: DeckTerms | None = None) -> RatePlan:
    plan = read_deck(text, given or terms())
    assert isinstance(plan, RatePlan), plan
    return plan


def stopped(text: str, given: DeckTerms | None = None) -> tuple[Problem, ...]:
    found = read_deck(text, given or terms())
    assert isinstance(found, Problems)
    assert found.items
    return found.items


def a_deck(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def test_every_column_finds_its_place_in_any_order() -> None:
    text = a_deck(
        '6,30,0.10,DE,"Germany, mobile",0.2000,4915,2026-01-01,2026-06-01T00:00:00+02:00,12,0.05,EUR,2026-01-01',
        header="increment,initial_increment,connection_fee,country,destination,rate_per_minute,prefix,"
        "valid_from,valid_until,minimum_s,minimum_charge,currency,effective_from",
    )
    plan = loaded(text, terms(currency=None, effective=None))
    (rate,) = plan.rates
    assert (plan.currency, plan.effective_from) == ("EUR", an_instant("2026-01-01"))
    assert (rate.prefix, rate.destination, rate.country) == ("4915", "Germany, mobile", "DE")
    assert rate.price == a_price("0.2", fee="0.1", initial_s=30, increment_s=6, minimum_s=12, minimum_charge="0.05")
    assert (rate.valid_from, rate.valid_until) == (an_instant("2026-01-01"), an_instant("2026-05-31T22:00:00Z"))


def test_a_byte_order_mark_crlf_and_empty_lines_are_no_rows() -> None:
    assert len(loaded("\ufeff" + a_deck(ROW, "", "43,Austria,0.02,0,1,1").replace("\n", "\r\n")).rates) == 2


def test_equal_prices_and_names_are_one_object_in_memory() -> None:
    one, other = loaded(a_deck(ROW, "4930,Germany,0.02,0,1,1")).rates
    assert one.price is other.price


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        ("+49,Germany,0.02,0,1,1", "prefix", "+49"),
        ("٤٩,Germany,0.02,0,1,1", "prefix", "٤٩"),
        ("4930123456789012,Germany,0.02,0,1,1", "prefix", "4930123456789012"),
        (",Germany,0.02,0,1,1", "prefix", ""),
        ("49,,0.02,0,1,1", "destination", ""),
        ("49,Ger\tmany,0.02,0,1,1", "destination", "Ger\tmany"),
        ('49,Germany,"0,02",0,1,1', "rate_per_minute", "0,02"),
        ("49,Germany,-0.02,0,1,1", "rate_per_minute", "-0.02"),
        ("49,Germany,NaN,0,1,1", "rate_per_minute", "NaN"),
        ("49,Germany,1E+5,0,1,1", "rate_per_minute", "1E+5"),
        ("49,Germany,0.0000000000001,0,1,1", "rate_per_minute", "0.0000000000001"),
        ("49,Germany,,0,1,1", "rate_per_minute", ""),
        ("49,Germany,0.02, 0,1,1", "connection_fee", " 0"),
        ("49,Germany,0.02,0,0,1", "initial_increment", "0"),
        ("49,Germany,0.02,0,60/1,1", "initial_increment", "60/1"),
        ("49,Germany,0.02,0,1,86401", "increment", "86401"),
        ("49,Germany,0.02,0,1", "(row)", "49,Germany,0.02,0,1"),
        ("49,Germany,0.02,0,1,1,1", "(row)", "49,Germany,0.02,0,1,1,1"),
    ],
)
def test_a_bad_cell_is_named_by_row_and_column_and_nothing_is_loaded(row: str, field: str, value: str) -> None:
    (problem,) = stopped(a_deck("43,Austria,0.02,0,1,1", row, "44,United Kingdom,0.02,0,1,1"))
    assert (problem.row, problem.field, problem.value) == (3, field, value)
    assert problem.says


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("country", "Germany"),
        ("country", "de"),
        ("valid_from", "01/02/2026"),
        ("valid_from", "2026-02-30"),
        ("valid_from", "1543540774"),
        ("valid_until", "9999-12-31"),
        ("minimum_s", "1.5"),
        ("minimum_charge", "free"),
        ("currency", "euro"),
        ("effective_from", "tomorrow"),
    ],
)
def test_a_bad_cell_of_an_optional_column_is_named_too(column: str, value: str) -> None:
    (problem,) = stopped(a_deck(f"{ROW},{value}", header=f"{HEADER},{column}"))
    assert (problem.row, problem.field, problem.value) == (2, column, value)


def test_all_problems_are_shown_at_once_in_the_order_of_rows() -> None:
    problems = stopped(a_deck("x,Germany,0.02,0,1,1", ROW, "43,Austria,a,b,1,1", "49,Germany again,0.03,0,1,1"))
    assert [(problem.row, problem.field) for problem in problems] == [
        (2, "prefix"),
        (4, "rate_per_minute"),
        (4, "connection_fee"),
        (5, "prefix"),
    ]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        (HEADER.replace("increment,increment", "increment"), "increment"),
        (HEADER + ",rate", "rate"),
        (HEADER + ",prefix", "prefix"),
        (HEADER.replace(",", ";"), "prefix"),
    ],
)
def test_a_header_that_lacks_repeats_or_adds_a_column_is_refused(header: str, field: str) -> None:
    assert field in [problem.field for problem in stopped(a_deck(ROW, header=header))]


@pytest.mark.parametrize("text", ["", "\n", a_deck()])
def test_an_empty_deck_is_refused(text: str) -> None:
    stopped(text)


def test_broken_quoting_is_named_by_its_row() -> None:
    problems = stopped(a_deck(ROW, '43,"Austria"x,0.02,0,1,1'))
    assert [problem.row for problem in problems] == [3]


def test_one_prefix_may_have_one_price_after_the_other_but_not_two_at_once() -> None:
    header = HEADER + ",valid_from,valid_until"
    after = a_deck(f"{ROW},,2026-03-01", f"{ROW},2026-03-01,", header=header)
    assert len(loaded(after).rates) == 2
    (problem,) = stopped(a_deck(f"{ROW},,2026-03-02", f"{ROW},2026-03-01,", header=header))
    assert (problem.row, problem.field, problem.value) == (3, "prefix", "49")
    assert "row 2" in problem.says
    (never,) = stopped(a_deck(f"{ROW},2026-03-01,2026-03-01", header=header))
    assert never.field == "valid_until"


def test_currency_and_effective_from_come_from_the_file_or_beside_it_and_never_contradict() -> None:
    header = HEADER + ",currency,effective_from"
    both = a_deck(f"{ROW},EUR,2026-01-01", "43,Austria,0.02,0,1,1,,", header=header)
    assert loaded(both).currency == "EUR"
    assert [p.field for p in stopped(a_deck(ROW), terms(currency=None, effective=None))] == [
        "currency",
        "effective_from",
    ]
    against = stopped(both, terms(currency="USD", effective="2026-02-01"))
    assert [(p.row, p.field, p.value) for p in against] == [
        (2, "currency", "EUR"),
        (2, "effective_from", "2026-01-01T00:00:00Z"),
    ]
    two = a_deck(f"{ROW},EUR,", "43,Austria,0.02,0,1,1,USD,", header=header)
    assert [(p.row, p.value) for p in stopped(two, terms(currency=None))] == [(3, "USD")]
    assert [p.value for p in stopped(a_deck(ROW), terms(currency="XXX"))] == ["XXX"]


ORDINARY = [f"1{number:03},Ordinary,0.{number:03},0.01,1,1" for number in range(1, 151)]


@pytest.mark.parametrize("price", ["20", "20.00", "1200", "136500"])
def test_a_price_at_the_ceiling_is_stopped_whatever_the_deck(price: str) -> None:
    (problem,) = stopped(a_deck(f"49,Germany,{price},0,1,1"))
    assert (problem.row, problem.field, problem.value) == (2, "rate_per_minute", price)


def test_a_price_that_lost_its_point_is_stopped_below_the_ceiling_and_in_any_currency() -> None:
    deck = a_deck(*ORDINARY, "49,Germany,12,12,1,1")
    for currency in ("EUR", "JPY"):
        (problem,) = stopped(deck, terms(currency=currency))
        assert (problem.row, problem.field, problem.value) == (152, "rate_per_minute, connection_fee", "12")
    assert loaded(deck.replace("12,12,", "12.00,12.00,"))


def test_a_dear_price_in_a_deck_of_whole_numbers_is_no_mistake() -> None:
    yen = [f"1{number:03},Ordinary,{number},0,1,1" for number in range(1, 151)]
    assert loaded(a_deck(*yen, "881,Satellite,1500,0,1,1"), terms(currency="JPY"))


def test_prices_the_importer_allows_are_loaded_and_dearer_ones_still_stopped() -> None:
    deck = a_deck(*ORDINARY, "881,Satellite,25,0,1,1", "49,Germany,1200,0,1,1")
    (problem,) = stopped(deck, terms(allow_price_up_to="25"))
    assert problem.value == "1200"
