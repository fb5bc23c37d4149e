"""Rules for any file: nothing left open, no path of one machine, no registry; decisions have their parts."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, expect_none, project_files, text_of

LEFT_OPEN = re.compile(r'\b(?:T[O]DO|FI[X]ME|(?<!")X[X]X(?!")|Not[I]mplementedError)\b')
MACHINE_PATH = re.compile(r"(?<![\w.:}/-])/(?:home|Users|work|farm|tmp)/[\w.]|\.\./[s]hared\b")
REGISTRY = re.compile(r"://|--(?:extra-)?index-url|--find-links|--trusted-host")
LOCKS = re.compile(r".*\.lock|requirements.*\.txt")
DECISION = re.compile(r"([0-9]{4})-[a-z0-9-]+\.md")
DECISION_SECTIONS = ["Decision", "Why", "Rejected", "What would reopen it"]
CI = ".ci"
"""The continuous integration's own entry, which names where its data lies."""


def lines_with(pattern: re.Pattern[str], text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), start=1) if pattern.search(line)]


def test_nothing_is_left_open() -> None:
    found = [f"{path}:{line}" for path in project_files() for line in lines_with(LEFT_OPEN, text_of(path))]
    expect_none(found)


def test_no_path_of_one_machine() -> None:
    files = [path for path in project_files() if path.parts[0] != CI]
    expect_none([f"{path}:{line}" for path in files for line in lines_with(MACHINE_PATH, text_of(path))])


def test_lock_files_name_no_registry() -> None:
    locks = [path for path in project_files() if LOCKS.fullmatch(path.name)]
    assert {"requirements.lock", "requirements-dev.lock"} <= {path.name for path in locks}
    expect_none([f"{path}:{line}" for path in locks for line in lines_with(REGISTRY, text_of(path))])


def test_decisions_are_numbered_whole_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    names = sorted(path.name for path in folder.glob("*.md") if path.name != "README.md")
    numbered = [DECISION.fullmatch(name) for name in names]
    assert [int(match[1]) for match in numbered if match] == list(range(1, len(names) + 1))
    listed = re.findall(r"\]\(([0-9]{4}-[^)]+)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == names
    for name in names:
        sections = re.findall(r"^## (.+)$", (folder / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert sections == DECISION_SECTIONS, name


def test_the_glossary_names_files_that_exist() -> None:
    text = text_of(Path("docs/glossary.md"))
    named = re.findall(r"`((?:contracts|chassis|services|cli|docs)/[^`]+)`", text)
    assert named
    expect_none([name for name in named if not (ROOT / name).exists()])


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        (LEFT_OPEN, "# TO" + "DO later", True),
        (LEFT_OPEN, "# FIX" + "ME", True),
        (LEFT_OPEN, "raise Not" + "ImplementedError", True),
        (LEFT_OPEN, "# XX" + "X later", True),
        (LEFT_OPEN, 'currency="XX' + 'X"', False),
        (LEFT_OPEN, "a todo list", False),
        (MACHINE_PATH, "cd /ho" + "me/ada/ringledger", True),
        (MACHINE_PATH, "open('/wo" + "rk/main/x')", True),
        (MACHINE_PATH, "data in ../sha" + "red/data", True),
        (MACHINE_PATH, "WORKDIR /app", False),
        (MACHINE_PATH, "https://example.org/home/page", False),
        (REGISTRY, "--index" + "-url x", True),
        (REGISTRY, "x @ https:" + "//registry.example/x", True),
        (REGISTRY, "aiokafka==0.14.0 --hash=sha256:10", False),
    ],
)
def test_the_patterns_find_what_they_should(pattern: re.Pattern[str], line: str, found: bool) -> None:
    assert (lines_with(pattern, line) == [1]) == found
