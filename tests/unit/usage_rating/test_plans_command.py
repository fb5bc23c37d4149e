"""`ringledger plans import` refuses a wrong plan before it asks any service, row by row, with exit code 2."""

import csv
from pathlib import Path

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
