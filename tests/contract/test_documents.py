"""README's flow table and the table of settings say what the code says."""

from pathlib import Path

import pytest

from cli.documents import README, SETTINGS, main, readme

ROOT = Path(__file__).parents[2]


def test_the_generated_documents_are_current() -> None:
    assert main(["--check"], ROOT) == 0


def test_a_stale_document_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / README).write_text((ROOT / README).read_text("utf-8").replace("telephony.calls.v1` |", "gone` |"))
    (tmp_path / "docs").mkdir()
    (tmp_path / SETTINGS).write_text("")
    assert main(["--check"], tmp_path) == 1
    assert "stale: README.md" in capsys.readouterr().err


def test_a_readme_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the marks"):
        readme("# Ringledger\n")
