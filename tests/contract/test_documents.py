"""README's flow table, the settings, who may do what and the OpenAPI document say what the code says."""

import json
from pathlib import Path

import pytest

from cli.documents import OPENAPI, README, SETTINGS, main, readme
from contracts.topics import SERVICES

ROOT = Path(__file__).parents[2]


def test_the_generated_documents_are_current() -> None:
    assert main(["--check"], ROOT) == 0


def test_a_stale_document_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / README).write_text((ROOT / README).read_text("utf-8").replace("telephony.calls.v1` |", "gone` |"))
    (tmp_path / "docs").mkdir()
    (tmp_path / SETTINGS).write_text("")
    assert main(["--check"], tmp_path) == 1
    said = capsys.readouterr().err
    assert "stale: README.md" in said and "stale: docs/openapi.json" in said


def test_the_openapi_document_tells_of_every_service_and_has_lines_to_compare() -> None:
    text = (ROOT / OPENAPI).read_text("utf-8")
    document = json.loads(text)
    told = {operation["tags"][0] for item in document["paths"].values() for operation in item.values()}
    assert told == set(SERVICES)
    assert document["openapi"].startswith("3.1") and len(text) < 1_000_000
    assert max(map(len, text.splitlines())) < 2_000


def test_a_readme_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the marks"):
        readme("# Ringledger\n")
