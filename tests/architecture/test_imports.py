"""The import rules of .importlinter hold, and each of them breaks where it should."""

import os
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from contracts.topics import SERVICES
from tests.architecture.sources import ROOT

CONFIGURATION = ROOT / ".importlinter"
ROOMS = ("__main__", "app", "consumers", "api", "jobs", "handlers", "store", "settings", "domain.rating")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the project's rules on the packages in `folder`."""
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
    ]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def small_house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of empty modules in the rooms of DESIGN §2, with the same rules."""
    root = tmp_path_factory.mktemp("house")
    shutil.copy(CONFIGURATION, root)
    modules = [f"services.{service}.{room}" for service in SERVICES for room in ROOMS]
    modules += ["cli.main", "chassis.clock", "contracts.topics", "contracts.generate.files"]
    modules += ["contracts.events.call", "contracts.values.money"]
    for module in modules:
        path = root / Path(*module.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for folder in {path.parent for path in root.rglob("*.py")} | {root / "services"}:
        (folder / "__init__.py").touch()
    return root


def test_imports_keep_the_rules() -> None:
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_service_is_under_the_rules() -> None:
    configuration = ConfigParser()
    configuration.read(CONFIGURATION, encoding="utf-8")
    containers = configuration["importlinter:contract:rooms"]["containers"].split()
    assert containers == [f"services.{service}" for service in SERVICES]


def test_an_empty_house_keeps_the_rules(small_house: Path) -> None:
    answer = lint(small_house)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("module", "imports", "rule"),
    [
        ("contracts.topics", "chassis.clock", "Imports go one way"),
        ("chassis.clock", "services.usage_rating.app", "Imports go one way"),
        ("services.usage_rating.app", "cli.main", "Imports go one way"),
        ("services.usage_rating.app", "services.reporting.store", "Services never import each other"),
        ("services.reporting.store", "services.reporting.handlers", "Inside a service"),
        ("services.reporting.handlers", "services.reporting.consumers", "Inside a service"),
        ("services.reporting.consumers", "services.reporting.api", "Inside a service"),
        ("services.reporting.handlers", "services.reporting.settings", "Only app and __main__ read settings"),
        ("services.billing_units.domain.rating", "contracts.events.call", "A domain knows"),
        ("services.billing_units.domain.rating", "asyncpg", "A domain knows"),
        ("contracts.values.money", "contracts.events.call", "Inside contracts"),
        ("contracts.events.call", "contracts.topics", "Inside contracts"),
    ],
)
def test_a_forbidden_import_breaks_its_rule(small_house: Path, module: str, imports: str, rule: str) -> None:
    path = small_house / Path(*module.split(".")).with_suffix(".py")
    path.write_text(f"import {imports}\n")
    try:
        answer = lint(small_house)
    finally:
        path.write_text("")
    assert answer.returncode == 1, answer.stdout + answer.stderr
    broken = [line for line in answer.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(rule) for line in broken), broken
