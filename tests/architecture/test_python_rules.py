"""The rules of STYLE.md hold in every Python file, and each rule is shown able to fail."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.architecture import python_rules as rules
from tests.architecture.sources import PARTS, expect_none, files_under, text_of

Rule = Callable[[str], list[str]]

FORBIDDEN_NAMES = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "base"})


def findings(rule: Rule, files: Iterable[Path]) -> list[str]:
    return [f"{path}:{finding}" for path in files for finding in rule(text_of(path))]


def forbidden_names(files: Iterable[Path]) -> list[str]:
    """A name that says nothing of what a file holds."""
    return [str(path) for path in files if FORBIDDEN_NAMES & {part.removesuffix(".py") for part in path.parts}]


def of_domains(path: Path) -> bool:
    return path.parts[0] == "services" and len(path.parts) > 2 and path.parts[2] in {"domain", "domain.py"}


def reckoning_files() -> list[Path]:
    """Where amounts are computed: the values and every domain."""
    return [path for path in files_under("contracts", "services") if path.parts[1] == "values" or of_domains(path)]


@pytest.mark.parametrize("rule", [rules.without_docstring, rules.too_long])
def test_every_file_is_small_and_says_what_it_is_for(rule: Rule) -> None:
    expect_none(findings(rule, files_under(*PARTS)))


def test_clock_ids_and_randomness_are_passed_in() -> None:
    expect_none(findings(rules.raw_calls, files_under("contracts", "services")))


def test_only_settings_read_the_environment() -> None:
    files = [path for path in files_under("contracts", "services") if path.name != "settings.py"]
    expect_none(findings(rules.environment_reads, files))


def test_services_and_chassis_do_not_print() -> None:
    expect_none(findings(rules.prints, files_under("services", "chassis")))


def test_no_number_becomes_a_float() -> None:
    expect_none(findings(rules.float_calls, files_under("contracts", "services")))
    expect_none(findings(rules.float_literals, reckoning_files()))


def test_tests_replace_no_real_part() -> None:
    expect_none(findings(rules.mocks, files_under("tests")))


def test_values_and_domains_know_only_values_and_the_standard_library() -> None:
    found = []
    for path in reckoning_files():
        package = ".".join(path.with_suffix("").parts[:3] if of_domains(path) else path.parts[:2])
        found += [f"{path}:{finding}" for finding in rules.beyond_values(text_of(path), package)]
    expect_none(found)


def test_file_names_say_what_is_in_them() -> None:
    expect_none(forbidden_names(files_under(*PARTS)))


@pytest.mark.parametrize("path", ["services/x/utils.py", "chassis/common/a.py", "tests/support/base.py"])
def test_a_name_that_says_nothing_is_found(path: str) -> None:
    assert forbidden_names([Path(path)]) == [path]
    assert forbidden_names([Path("services/x/database.py")]) == []


BROKEN: list[tuple[Rule, str, str]] = [
    (rules.without_docstring, "x = 1\n", "1: the file does not open with a sentence"),
    (rules.without_docstring, '""""""\n', "1: the file does not open with a sentence"),
    (rules.too_long, "x = 1\n" * 301, "1: 301 lines in the file"),
    (rules.too_long, "def f():\n" + "    x = 1\n" * 45, "1: 46 lines in f"),
    (rules.too_long, "class A:\n    async def f(self):\n" + "        x = 1\n" * 45, "2: 46 lines in f"),
    (rules.raw_calls, "from datetime import datetime, UTC\ndatetime.now(UTC)\n", "2: datetime.datetime.now"),
    (rules.raw_calls, "import datetime as d\nnow = d.datetime.utcnow\n", "2: datetime.datetime.utcnow"),
    (rules.raw_calls, "from datetime import date\ndate.today()\n", "2: datetime.date.today"),
    (rules.raw_calls, "from time import time\ntime()\n", "2: time.time"),
    (rules.raw_calls, "import uuid\nuuid.uuid4()\n", "2: uuid.uuid4"),
    (rules.raw_calls, "from uuid import uuid4 as new\nx = [new() for _ in y]\n", "2: uuid.uuid4"),
    (rules.raw_calls, "import os\nos.urandom(8)\n", "2: os.urandom"),
    (rules.raw_calls, "from random import choice\nchoice(x)\n", "2: random.choice"),
    (rules.raw_calls, "import random\nrandom.random()\n", "2: random.random"),
    (rules.raw_calls, "import secrets\nsecrets.token_hex()\n", "2: secrets.token_hex"),
    (rules.environment_reads, "import os\nos.environ['A']\n", "2: os.environ"),
    (rules.environment_reads, "from os import getenv\ngetenv('A')\n", "2: os.getenv"),
    (rules.mocks, "from unittest.mock import MagicMock\n", "1: unittest.mock"),
    (rules.mocks, "def test(monkeypatch):\n    monkeypatch.setattr(a, 'b', 1)\n", "2: monkeypatch.setattr"),
    (rules.prints, "print('x')\n", "1: print"),
    (rules.float_calls, "x = float(y)\n", "1: float(…)"),
    (rules.float_literals, "x = 0.1\n", "1: 0.1"),
]


@pytest.mark.parametrize(("rule", "source", "finding"), BROKEN)
def test_a_broken_rule_is_found(rule: Rule, source: str, finding: str) -> None:
    assert finding in rule(source)


KEPT: list[tuple[Rule, str]] = [
    (rules.without_docstring, '"""Rates calls."""\n'),
    (rules.too_long, '"""Doc."""\n' + "x = 1\n" * 299),
    (rules.too_long, "def f():\n" + "    x = 1\n" * 44),
    (rules.raw_calls, "def f(now, random):\n    return now(), random(8)\n"),
    (rules.raw_calls, "from datetime import datetime\ndatetime.fromisoformat(x)\n"),
    (rules.environment_reads, "import os\nos.getpid()\n"),
    (rules.mocks, "def test(monkeypatch):\n    monkeypatch.setenv('A', 'b')\n"),
    (rules.prints, "log.print_table()\n"),
    (rules.float_calls, "def f(wait_s: float) -> float: return wait_s\n"),
    (rules.float_literals, "x = Decimal('0.1')\n"),
]


@pytest.mark.parametrize(("rule", "source"), KEPT)
def test_a_kept_rule_is_left_alone(rule: Rule, source: str) -> None:
    assert rule(source) == []


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("from decimal import Decimal\n", True),
        ("from contracts.values.money import Money\n", True),
        ("from services.x.domain.plan import Plan\n", True),
        ("from contracts.events.call import CallDetailRecord\n", False),
        ("from contracts import events\n", False),
        ("from services.x.settings import Settings\n", False),
        ("import services.x.domain_of_others\n", False),
        ("from chassis.clock import Clock\n", False),
        ("import pydantic\n", False),
        ("from .plan import Plan\n", False),
    ],
)
def test_what_a_domain_may_import(source: str, allowed: bool) -> None:
    assert (rules.beyond_values(source, "services.x.domain") == []) == allowed
