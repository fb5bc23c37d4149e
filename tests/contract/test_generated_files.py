"""The committed schemas, examples and AsyncAPI document are what the contracts say now."""

import json
from pathlib import Path

import pytest

from contracts.generate.__main__ import INCOMPATIBLE, STALE, main
from contracts.generate.files import ASYNCAPI, SCHEMAS, generated_files, write_files

ROOT = Path(__file__).parents[2]
CALL_SCHEMA = SCHEMAS / "ringledger.call-recorded.v1.json"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that holds freshly generated files."""
    write_files(tmp_path, generated_files())
    return tmp_path


def test_nothing_committed_is_stale(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], ROOT) == 0, capsys.readouterr().err


def test_generating_again_changes_nothing(project: Path) -> None:
    assert write_files(project, generated_files()) == []
    assert main(["--check"], project) == 0


@pytest.mark.parametrize("path", [ASYNCAPI, Path("contracts/examples/ringledger.call-recorded.v1.json")])
def test_a_changed_file_is_named(project: Path, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / path).write_text("{}\n")
    assert main(["--check"], project) == STALE
    assert str(path) in capsys.readouterr().err


def test_a_missing_file_is_named_and_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / CALL_SCHEMA).unlink()
    assert main(["--check"], project) == STALE
    assert str(CALL_SCHEMA) in capsys.readouterr().err
    assert main([], project) == 0
    assert main(["--check"], project) == 0


def test_a_published_field_that_the_code_dropped_is_refused_and_nothing_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    published = json.loads((project / CALL_SCHEMA).read_text())
    published["$defs"]["CallDetailRecord"]["properties"]["skill_id"] = {"type": "string"}
    (project / CALL_SCHEMA).write_text(json.dumps(published))
    assert main([], project) == INCOMPATIBLE
    assert "data.skill_id: the field is gone" in capsys.readouterr().err
    assert json.loads((project / CALL_SCHEMA).read_text()) == published


def test_a_published_event_that_the_code_dropped_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / SCHEMAS / "ringledger.fax-recorded.v1.json").write_text("{}")
    assert main([], project) == INCOMPATIBLE
    assert "ringledger.fax-recorded.v1: the event type is gone" in capsys.readouterr().err


def test_a_field_the_code_added_is_written(project: Path) -> None:
    published = json.loads((project / CALL_SCHEMA).read_text())
    del published["$defs"]["CallDetailRecord"]["properties"]["campaign_id"]
    (project / CALL_SCHEMA).write_text(json.dumps(published))
    assert main(["--check"], project) == STALE
    assert main([], project) == 0
    assert main(["--check"], project) == 0
