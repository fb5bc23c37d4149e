"""`ringledger directory import` as an operator meets it: what it says, and its exit code."""

from pathlib import Path

from typer.testing import CliRunner, Result

from cli.main import app

UNIT = '{"type": "unit", "name": "Sales"}\n'


def run(folder: Path, text: str) -> Result:
    file = folder / "directory.jsonl"
    file.write_text(text)
    command = ["directory", "import", str(file), "--account", "acme"]
    return CliRunner().invoke(app, command, env={"RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})


def test_a_wrong_line_is_named_before_any_broker_is_looked_for(tmp_path: Path) -> None:
    result = run(tmp_path, UNIT + '{"type": "room"}\n')
    assert result.exit_code == 2
    assert "line 2: type is one of account" in result.stderr
    assert "nothing was published" in result.stderr


def test_a_broker_that_is_away_is_exit_1_and_says_how_to_go_on(tmp_path: Path) -> None:
    result = run(tmp_path, UNIT)
    assert result.exit_code == 1
    assert "no Kafka broker answers at 127.0.0.1:1" in result.stderr
    assert "run the same command again" in result.stderr
