"""A run without a broker names the tests that did not run and ends with 3; missing real data is only told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.report import NO_REAL_DATA, RunReport

CHECKOUT = Path(__file__).parents[3]
TESTS = """
def test_on_a_broker(kafka_bootstrap): ...
def test_on_real_data(real_data): ...
def test_alone(): ...
"""


@pytest.mark.parametrize(
    ("reasons", "status", "expected"),
    [
        ([], 0, 0),
        ([], 1, 1),
        ([NO_REAL_DATA], 0, 0),
        (["no broker: none answers"], 0, 3),
        ([NO_REAL_DATA, "no database: none answers"], 0, 3),
        (["no broker: none answers"], 1, 1),
        (["no broker: none answers"], 2, 2),
        (["any other reason"], 0, 3),
    ],
)
def test_the_verdict(reasons: list[str], status: int, expected: int) -> None:
    report = RunReport(not_run={reason: ["test_x"] for reason in reasons})
    assert report.exit_status(status) == expected


def test_a_run_without_a_broker(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    nobody = {"RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RINGLEDGER_", "PYTEST_"))}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider",
         "-c", CHECKOUT / "pyproject.toml", f"--rootdir={tmp_path}", tmp_path],
        cwd=CHECKOUT, env=kept | nobody, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 3, result.stdout
    lines = result.stdout.splitlines()
    no_broker = next(number for number, line in enumerate(lines) if "not run: no broker:" in line)
    assert lines[no_broker + 1].endswith("::test_on_a_broker")
    no_data = next(number for number, line in enumerate(lines) if f"not run: {NO_REAL_DATA}" in line)
    assert lines[no_data + 1].endswith("::test_on_real_data")
    assert "broker: none used" in lines
    assert "1 passed, 2 skipped" in lines[-1]
