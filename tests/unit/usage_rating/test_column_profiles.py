"""Column profiles: vendors' layouts become plans, and what cannot be read is told by row and column."""

from decimal import Decimal
from pathlib import Path

import pytest

from cli.commands.deck_options import DeckOptions
from cli.decks.cells import Unreadable, read_date, read_decimal, read_increments, read_prefixes
from cli.decks.profile import Profile, UnknownProfile, load_profile, shipped_profiles
from cli.plan_files import ReadPlan, read_plan
from services.usage_rating.domain.plan import Rate, RatePlan
from services.usage_rating.domain.prices import Band, Price
from services.usage_rating.domain.problems import Problem, Problems
from tests.support.builders import a_price, an_instant


def read(folder: Path, profile: str, text: str, *, origination: str | None = None) -> ReadPlan:
    file = folder / "deck.csv"
    file.write_text(text, encoding="utf-8")
    options = DeckOptions(currency="EUR", effective_from="2026-01-01", profile=profile, origination=origination)
    return read_plan(file, options)


def loaded(folder: Path, profile: str, text: str, *, origination: str | None = None) -> dict[str, Rate]:
    """The rates of a deck by prefix; of a prefix with several, the last."""
    plan = read(folder, profile, text, origination=origination).plan
    assert isinstance(plan, RatePlan), plan
    return {rate.prefix: rate for rate in plan.rates}


def stopped(folder: Path, profile: str, text: str) -> list[tuple[int | None, str, str]]:
    plan = read(folder, profile, text).plan
    assert isinstance(plan, Problems), plan
    assert all(problem.says for problem in plan.items)
    return [(problem.row, problem.field, problem.value) for problem in plan.items]


TWILIO = "ISO,Country,Description,Price / min,Origination Prefixes,Destination Prefixes\n"


def test_twilio_many_prefixes_in_a_cell_billed_by_the_minute(tmp_path: Path) -> None:
    rates = loaded(
        tmp_path,
        "twilio",
        TWILIO + 'AF,Afghanistan,Afghanistan,0.3655,ALL,93\nAF,Afghanistan,Mobile,0.4,,"9370, 9371,9372"\n',
    )
    assert sorted(rates) == ["93", "9370", "9371", "9372"]
    price = a_price("0.4", initial_s=60, increment_s=60)
    assert (rates["9371"].destination, rates["9371"].country, rates["9371"].price) == (
        "Afghanistan Mobile",
        "AF",
        price,
    )


ORIGINATION = (
    TWILIO + "DE,Germany,Mobile,0.04,44,4915\nDE,Germany,Mobile,0.03,4420,4915\nDE,Germany,Mobile,0.09,ROW,4915\n"
)


def test_prices_by_caller_are_refused_until_the_callers_are_chosen(tmp_path: Path) -> None:
    assert stopped(tmp_path, "twilio", ORIGINATION)[0] == (2, "Origination Prefixes", "44")
    for origination, per_minute in (("+4420", "0.03"), ("+4479", "0.04"), ("1", "0.09")):
        price = loaded(tmp_path, "twilio", ORIGINATION, origination=origination)["4915"].price
        assert isinstance(price, Price) and price.per_minute == Decimal(per_minute), origination


def test_telnyx_intervals_and_price_per_call_and_rows_of_one_number_stop_it(tmp_path: Path) -> None:
    header = (
        "ISO,Country,Origination Prefixes,Destination Prefixes,Description,Interval 1,Interval N,Rate,"
        "Price Per Call,Exact Match\n"
    )
    rates = loaded(tmp_path, "telnyx", header + "FR,France,,33,France - Fixed,60,6,0.011,0.02,false\n")
    assert rates["33"].price == a_price("0.011", fee="0.02", initial_s=60, increment_s=6)
    assert rates["33"].destination == "France - Fixed"
    assert stopped(tmp_path, "telnyx", header + "FR,France,,33123,x,60,6,0.011,0,true\n") == [
        (2, "Exact Match", "true")
    ]


PORTA = (
    "Country,Description,Prefix,Effective from,Rate Id,Forbidden,Discontinued,"
    "Price 1,Price N,Interval 1,Interval N\n"
)


def test_portabilling_two_prices_refusals_discontinued_rows_and_the_later_rate_ends_the_earlier(
    tmp_path: Path,
) -> None:
    text = PORTA + (
        "ITALY,Proper,39,2026-02-01,1,N,N,0.02,0.01,30,6\n"
        "ITALY,Proper,39,2026-05-01,2,N,N,0.03,0.03,30,6\n"
        "ITALY,Premium,39899,2026-02-01,3,Y,N,,,,\n"
        "ITALY,Gone,3977,2026-02-01,4,N,Y,0.02,0.02,30,6\n"
    )
    read_deck = read(tmp_path, "portabilling", text)
    assert isinstance(read_deck.plan, RatePlan), read_deck.plan
    first, second, premium = read_deck.plan.rates
    later = (Band(from_s=30, per_minute=Decimal("0.01"), increment_s=6),)
    assert isinstance(first.price, Price) and first.price.later_bands == later
    assert (first.valid_from, first.valid_until) == (an_instant("2026-02-01"), an_instant("2026-05-01"))
    assert isinstance(second.price, Price) and (second.price.later_bands, second.valid_until) == ((), None)
    assert (premium.prefix, premium.price) == ("39899", None)
    assert read_deck.deck is not None
    assert [(note.row, note.done) for note in read_deck.deck.notes] == [
        (4, "changed"),
        (5, "dropped"),
        (2, "changed"),
    ]
    assert "Rate Id" in read_deck.deck.ignored


def test_wholesale_increments_status_and_dates(tmp_path: Path) -> None:
    header = "Destination,Prefix,Rate,Increment,Effective Date,Status\n"
    rates = loaded(
        tmp_path, "wholesale", header + "Afghanistan,^9377.*,0.2,60/1,14-Sep-2026,N\nX,9378-9379,0.1,1/1,,D\n"
    )
    assert rates["9377"].price == a_price("0.2", initial_s=60, increment_s=1)
    assert rates["9377"].valid_from == an_instant("2026-09-14")
    assert sorted(rates) == ["9377", "9378", "9379"]
    assert stopped(tmp_path, "wholesale", header + "A,93,0.2,60,14/09/2026,N\nB,94,0.2,every minute,,Z\n") == [
        (2, "Effective Date", "14/09/2026"),
        (3, "Status", "Z"),
    ]
    assert stopped(tmp_path, "wholesale", header + "B,94,0.2,every minute,,N\n") == [
        (2, "Increment", "every minute")
    ]


def test_italian_decimal_commas_semicolons_and_days(tmp_path: Path) -> None:
    header = "Prefisso;Destinazione;Prezzo;Scatto;Valido dal\n"
    rates = loaded(tmp_path, "italian", header + "0049;Germania;0,0185;0,05;14/09/2026\n+33;Francia;0,02;0;\n")
    assert rates["49"].price == a_price("0.0185", fee="0.05")
    assert rates["49"].valid_from == an_instant("2026-09-14")
    assert stopped(tmp_path, "italian", header + "49;Germania;0.0185;0;14/13/2026\n") == [
        (2, "Prezzo", "0.0185"),
        (2, "Valido dal", "14/13/2026"),
    ]


def test_nothing_is_a_plan_while_one_row_is_wrong_and_both_rows_of_a_doubled_prefix_are_told(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, "twilio", TWILIO + 'AF,A,A,0.1,,"93, 94"\nAF,B,B,0.2,,94\n').plan
    assert isinstance(found, Problems)
    (problem,) = found.items
    assert (problem.row, problem.field, problem.value) == (3, "Destination Prefixes", "94")
    assert "row 2" in problem.says


def test_a_header_that_lacks_a_column_says_which_headers_are_looked_for(tmp_path: Path) -> None:
    plan = read(tmp_path, "twilio", "ISO,Country,Description,Price\nAF,A,A,1\n").plan
    assert isinstance(plan, Problems)
    assert {problem.field for problem in plan.items} == {"prefix", "rate_per_minute"}
    assert "'Destination Prefixes'" in plan.items[0].says


@pytest.mark.parametrize(
    ("cell", "prefixes"),
    [
        ("+9377", ["9377"]),
        ("^9377.*", ["9377"]),
        ("9370, 9371", ["9370", "9371"]),
        ("9370;9371|9372 9373", ["9370", "9371", "9372", "9373"]),
        ("9370-9373", ["9370", "9371", "9372", "9373"]),
        ("9370 - 9371", ["9370", "9371"]),
        ("9398-9401", ["9398", "9399", "9400", "9401"]),
        ("", []),
    ],
)
def test_the_spellings_of_prefixes(cell: str, prefixes: list[str]) -> None:
    assert read_prefixes(cell) == prefixes


@pytest.mark.parametrize("cell", ["93x", "937-9379", "9379-9370", "1-9999999", "93.7", "٩٣", "9370-"])
def test_what_is_no_prefix_is_refused(cell: str) -> None:
    with pytest.raises(Unreadable):
        read_prefixes(cell)


def test_a_country_code_stands_before_each_and_alone() -> None:
    assert read_prefixes("70, 79", country_code="+93") == ["9370", "9379"]
    assert read_prefixes("", country_code="93") == ["93"]


def test_increments_figures_and_days_are_read_or_refused() -> None:
    assert [read_increments(text) for text in ("60/1", " 30 / 6", "60")] == [("60", "1"), ("30", "6"), ("60", "60")]
    assert read_decimal(" 0,05 ", decimal=",") == "0.05"
    assert read_date("14-September-2026", spelling="D-Mon-Y") == "2026-09-14"
    assert read_date("2026-09-14 00:00:00", spelling="Y-M-D") == "2026-09-14"
    for wrong in ("14-Foo-2026", "14-Sep-26", "2026-09-14 08:00", "31-Feb-2026", ""):
        with pytest.raises(Unreadable):
            read_date(wrong, spelling="D-Mon-Y" if "-" in wrong[:3] else "Y-M-D")
    for wrong in ("1/2/3", "", "60/x"):
        with pytest.raises(Unreadable):
            read_increments(wrong)
    with pytest.raises(Unreadable):
        read_decimal("1.000,5", decimal=",")


def test_a_saved_profile_is_a_file_and_a_wrong_one_is_told_by_its_place(tmp_path: Path) -> None:
    saved = tmp_path / "ours.toml"
    saved.write_text(
        'about = "Ours"\nheader_row = 3\n[columns]\nprefix = "To"\ndestination = "Name"\nrate_per_minute = "Cost"\n'
        'country_code = "CC"\n[fixed]\nconnection_fee = "0"\ninitial_increment = "1"\nincrement = "1"\n'
    )
    rates = loaded(tmp_path, str(saved), "Our prices,,,\n,,,\nCC,To,Name,Cost\n93,70,Kabul,0.2\n")
    assert list(rates) == ["9370"]
    saved.write_text('about = "Ours"\ndates = "day"\n[columns]\nprefixes = "To"\n')
    with pytest.raises(UnknownProfile, match=r"dates: .*columns\.prefixes") as told:
        load_profile(str(saved))
    assert str(saved) in str(told.value)
    with pytest.raises(UnknownProfile, match="twilio"):
        load_profile("no-such-vendor")


def test_every_shipped_profile_is_sound() -> None:
    assert shipped_profiles() == ["italian", "portabilling", "target-pattern", "telnyx", "twilio", "wholesale"]
    assert all(isinstance(load_profile(name), Profile) for name in shipped_profiles())


def test_310_lost_points_stop_a_vendor_s_deck_as_shipped_with_their_rows(real_data: Path) -> None:
    options = DeckOptions(currency="EUR", effective_from="2026-01-01", profile="target-pattern")
    found = read_plan(real_data / "decks" / "az-dirty-4k.original.csv", options).plan
    assert isinstance(found, Problems)
    dear: list[Problem] = [problem for problem in found.items if "lost its decimal point" in problem.says]
    assert len(dear) == 310
    assert {problem.field for problem in dear} <= {"Per minute charge", "Per minute charge, Connection charge"}
