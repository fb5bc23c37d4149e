"""`ringledger plans import` refuses a wrong plan before it asks any service, row by row, with exit code 2."""

import csv
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from cli.main import app

HEADER = "prefix,destination,rate_per_minute,connection_fee,initial_increment,increment"
DECK_OPTIONS = ("--currency", "EUR", "--effective-from", "2026-01-01")


def a_deck(folder: Path, *, wrong_rows: int) -> Path:
    rows = ["49,Germany,0.02,0,1,1", *(f"{330 + row},France,free,0,1,1" for row in range(wrong_rows))]
    file = folder / "deck.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    return file


def test_every_problem_of_a_short_list_is_shown_with_its_row(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["plans", "import", str(a_deck(tmp_path, wrong_rows=2)), *DECK_OPTIONS])
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["row 3, rate_per_minute", "row 4, rate_per_minute"]
    assert lines[2].endswith("deck.csv: 2 problems; nothing was loaded")
    assert len(lines) == 3


def test_of_a_long_list_the_first_are_shown_and_the_report_holds_all(tmp_path: Path) -> None:
    report = tmp_path / "problems.csv"
    deck = a_deck(tmp_path, wrong_rows=33)
    result = CliRunner().invoke(app, ["plans", "import", str(deck), *DECK_OPTIONS, "--report", str(report)])
    assert result.exit_code == 2
    assert sum(line.startswith("row ") for line in result.stderr.splitlines()) == 20
    assert f"… and 13 more; all of them are in {report}" in result.stderr
    with report.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [int(row["row"]) for row in rows] == list(range(3, 36))


def test_a_document_says_itself_what_a_deck_leaves_to_options(tmp_path: Path) -> None:
    document = tmp_path / "plan.json"
    document.write_text("{}")
    result = CliRunner().invoke(app, ["plans", "import", str(document), "--currency", "EUR"])
    assert result.exit_code == 2
    assert "a plan document says all that itself" in result.stderr.replace("\n", " ")


def test_a_file_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["plans", "import", str(tmp_path / "none.csv")])
    assert (result.exit_code, result.stderr.strip()) == (2, f"{tmp_path / 'none.csv'}: No such file or directory")


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["plans", *arguments])


def a_vendor_s_deck(folder: Path) -> Path:
    file = folder / "vendor.csv"
    file.write_text(
        "Destination,Prefix,Rate,Increment,Status,Comment\n"
        'Afghanistan Mobile,"+9370, +9371",0.25,60/1,N,x\nFrance,33,0.02,1/1,D,y\n'
    )
    return file


def test_a_preview_shows_what_would_be_loaded_and_needs_no_service(tmp_path: Path) -> None:
    result = asked("import", str(a_vendor_s_deck(tmp_path)), *DECK_OPTIONS, "--profile", "wholesale", "--preview")
    assert result.exit_code == 0, result.output
    shown = result.stdout
    assert "2 rows read, 2 of them loaded as 3 rates." in shown
    assert "Not read: Comment." in shown
    assert (
        "1 changed: a cell of several prefixes or a range became a rate for each (row 2 '+9370, +9371')." in shown
    )
    for line in ("9370 Afghanistan Mobile 0.25/min, 60/1 s always", "+93 2", "+33 1"):
        assert line in [" ".join(each.split()) for each in shown.splitlines()]
    cheapest, dearest = shown.partition("The dearest:")[::2]
    assert "France" in cheapest.partition("The cheapest:")[2].splitlines()[2]
    assert "Afghanistan" in dearest.splitlines()[2]


def test_a_preview_of_a_wrong_deck_tells_its_problems_and_ends_with_2(tmp_path: Path) -> None:
    file = a_vendor_s_deck(tmp_path)
    file.write_text(file.read_text() + "Peru,51,free,1/1,N,z\n")
    result = asked("import", str(file), *DECK_OPTIONS, "--profile", "wholesale", "--preview")
    assert result.exit_code == 2
    assert result.stderr.startswith("row 4, Rate: 'free' is not a price")


def test_lint_shows_warnings_and_takes_them_by_name(tmp_path: Path) -> None:
    new, old = tmp_path / "new.csv", tmp_path / "old.yaml"
    new.write_text(f"{HEADER}\n49,Germany,0.20,0,1,1\n030,Berlin,0.1,0,1,1\n")
    old.write_text(
        "{schema: 1, plan_id: p, version: 1, name: P, currency: EUR, effective_from: 2026-01-01, calls: {prices: "
        "{p: {bands: [{from_s: 0, per_minute: '0.1'}], increment_s: 1}}, outbound: {rates: ["
        "{prefix: '49', destination: Germany, price: p}, {prefix: '33', destination: France, price: p}]}}}"
    )
    result = asked("lint", str(new), *DECK_OPTIONS, "--against", str(old))
    assert result.exit_code == 2
    names = [line.partition(":")[0] for line in result.stderr.splitlines()[:3]]
    assert names == ["dead-prefixes", "missing-countries", "price-jumps"]
    meant = ("--accept", "dead-prefixes", "--accept", "missing-countries", "--accept", "price-jumps")
    assert asked("lint", str(new), *DECK_OPTIONS, "--against", str(old), *meant).exit_code == 0
    assert asked("lint", str(new), *DECK_OPTIONS, "--accept", "dead-prefixes").exit_code == 0
    assert asked("lint", str(new), *DECK_OPTIONS).exit_code == 2
    mild = ("--jump-percent", "100", *meant[:4])
    assert asked("lint", str(new), *DECK_OPTIONS, "--against", str(old), *mild).exit_code == 0


def test_profiles_are_listed_and_one_is_printed_to_be_saved(tmp_path: Path) -> None:
    listed = asked("profiles")
    assert listed.exit_code == 0 and "twilio" in listed.stdout
    saved = tmp_path / "mine.toml"
    saved.write_text(asked("profiles", "wholesale").stdout)
    deck = str(a_vendor_s_deck(tmp_path))
    assert asked("import", deck, *DECK_OPTIONS, "--profile", str(saved), "--preview").exit_code == 0
    assert asked("profiles", "nobody").exit_code == 2
