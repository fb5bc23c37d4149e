"""`ringledger cdrs import` as an operator meets it: what it says, where, and its exit code."""

import csv
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from tests.unit.adapters.exports import HEADER, a_dialled_row, a_row

ASTERISK = ("--format", "asterisk", "--timezone", "America/New_York", "--region", "US")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export with one outbound leg, an internal row and a dialled short code."""
    rows = [a_dialled_row(seconds=60), a_row(), a_dialled_row("911", uniqueid="1709650800.7", seconds=31)]
    file = tmp_path / "calls.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n")
    return file


def run(file: Path, *options: str, **environment: str) -> Result:
    given = ["cdrs", "import", str(file), "--account", "acme", *options]
    return CliRunner().invoke(app, given, env=environment)


def said(result: Result) -> str:
    return re.sub(r"\s+", " ", result.stderr)


def test_a_dry_run_sums_up_and_shows_what_would_not_be_published(export: Path) -> None:
    result = run(export, *ASTERISK, "--dry-run")
    assert result.exit_code == 0
    assert "3 rows read, 1 calls with legs; dry run, nothing published" in result.stdout
    assert "31 billed seconds are in legs that could not be published" in result.stdout


def test_the_json_summary_and_the_report_name_every_row(export: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    result = run(export, *ASTERISK, "--dry-run", "--json", "--report", str(report))
    summary = json.loads(result.stdout)
    assert summary["rows"] == 3
    assert summary["legs"]["outbound"] == {"found": 2, "answered": 2, "billed_ms": 91_000, "publishable": 1}
    assert summary["findings"]["dialled_number"] == {"weight": "not published", "rows": [4]}
    assert (summary["users"], summary["zone"]["commonest_offset"]) == ({"201": 1}, "UTC-05:00")
    with report.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert {"row": "4", "reason": "dialled_number", "weight": "not published", "detail": "sent 911"} in rows
    assert "911" not in result.stdout


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ("--format", "asterisk", "--timezone", "Mars/Crater", "--region", "US"),
            "'Mars/Crater' is not a time zone",
        ),
        (("--format", "asterisk", "--timezone", "UTC", "--region", "XX"), "'XX' is not a country"),
        (("--format", "asterisk", "--timezone", "UTC"), "needs --timezone and --region"),
        (("--format", "asterisk", "--timezone", "UTC", "--region", "US"), "not written in UTC"),
        (("--format", "csv", "--timezone", "UTC", "--region", "US"), "lacks call_id"),
        (("--format", "csv", "--timezone", "UTC", "--region", "US", "--trunk", "x"), "no use for --trunk"),
        (("--format", "jsonl", "--region", "US"), "no use for --region: its records hold instants"),
        ((), "neither --format nor a source profile says what the file is"),
        ((*ASTERISK, "--source", "two words"), "--source 'two words'"),
        ((*ASTERISK, "--profile", "elastix"), "choose one of master, pbxware, freepbx"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2_before_any_broker_is_looked_for(
    export: Path, options: tuple[str, ...], sentence: str
) -> None:
    result = run(export, *options, RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert result.exit_code == 2
    assert sentence in said(result)
    assert said(result).startswith(str(export))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = run(tmp_path / "nowhere.csv", *ASTERISK)
    assert result.exit_code == 2
    assert "cannot be read: No such file" in said(result)


def test_a_broker_that_is_away_is_exit_1_and_says_how_to_go_on(export: Path) -> None:
    result = run(export, *ASTERISK, RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert result.exit_code == 1
    assert "no Kafka broker answers at 127.0.0.1:1" in said(result)
    assert "run the same command again" in said(result)
