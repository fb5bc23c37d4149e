"""Every service has the rooms of DESIGN §2 under the same names, and no others."""

import re
from collections.abc import Set
from pathlib import Path

import pytest
import yaml

from contracts.topics import SERVICES
from tests.architecture.sources import ROOT, expect_none, project_files, text_of

REQUIRED = frozenset(
    {
        "README.md",
        "__init__.py",
        "__main__.py",
        "app.py",
        "settings.py",
        "handlers.py",
        "domain",
        "store.py",
        "queries.sql",
        "schema.sql",
        "migrations",
    }
)
DOORS = frozenset({"consumers.py", "api.py", "jobs.py"})
PORTAL_ONLY = frozenset({"pages.py", "templates", "static", "clients.py"})
MIGRATION = re.compile(r"[0-9]{4}_[a-z0-9_]+\.sql")
SECTIONS = ["In", "Out", "Owns", "Law", "Knobs"]
VERIFY_VIEWS = "verify.sql"
"""The one file that may read every schema: the declared views of the proof."""


def rooms_of(service: str) -> set[str]:
    """What lies directly in the service's folder; a package counts as the file it grew out of."""
    names = {path.parts[2] for path in project_files() if path.parts[:2] == ("services", service)}
    return {room(name) for name in names}


def room(name: str) -> str:
    """`store/` is the room `store.py` that outgrew 300 lines, and `queries/` the same of `queries.sql`."""
    for suffix in (".py", ".sql"):
        if name + suffix in REQUIRED | DOORS | PORTAL_ONLY:
            return name + suffix
    return name


def wrong_rooms(rooms: Set[str], service: str) -> list[str]:
    """Rooms a service lacks or has too many; at least one door leads in."""
    allowed = REQUIRED | DOORS | (PORTAL_ONLY if service == "portal" else frozenset())
    found = [f"{service}: no {name}" for name in sorted(REQUIRED - rooms)]
    found += [f"{service}: {name} is no room" for name in sorted(rooms - allowed)]
    return found if rooms & DOORS else [*found, f"{service}: no door (consumers, api or jobs)"]


def wrong_migrations(names: list[str]) -> list[str]:
    """Migrations are numbered from 0001 without a gap."""
    found = [f"{name} is no migration" for name in names if not MIGRATION.fullmatch(name)]
    numbers = [int(name[:4]) for name in names if MIGRATION.fullmatch(name)]
    return found if numbers == list(range(1, len(numbers) + 1)) else [*found, f"numbers {numbers}"]


def sections(readme: str) -> list[str]:
    return re.findall(r"^## (.+)$", readme, flags=re.MULTILINE)


def foreign_schemas(sql: str, service: str) -> list[str]:
    """Other services' schemas that the SQL names, comments aside."""
    code = re.sub(r"--[^\n]*|/\*.*?\*/", "", sql, flags=re.DOTALL).lower()
    others = {path.parts[1] for path in project_files() if path.parts[0] == "services" and len(path.parts) > 2}
    return [name for name in sorted(others - {service}) if re.search(rf'\b{name}"?\s*\.', code)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_its_rooms(service: str) -> None:
    expect_none(wrong_rooms(rooms_of(service), service))


def test_a_folder_among_the_services_is_a_service() -> None:
    folders = {path.parts[1] for path in project_files() if path.parts[0] == "services" and len(path.parts) > 2}
    assert folders == set(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_are_a_road_without_gaps(service: str) -> None:
    names = sorted(path.name for path in project_files() if path.parts[:3] == ("services", service, "migrations"))
    expect_none(wrong_migrations([name for name in names if name != "__init__.py"]))
    assert names, f"{service} has no migration"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_in_out_owns_law_and_knobs(service: str) -> None:
    assert sections(text_of(Path("services", service, "README.md"))) == SECTIONS


def test_no_sql_names_another_service_s_schema() -> None:
    files = [path for path in project_files() if path.parts[0] == "services" and path.suffix == ".sql"]
    assert files
    found = []
    for path in files:
        if path.name != VERIFY_VIEWS:
            found += [f"{path}: {name}" for name in foreign_schemas(text_of(path), path.parts[1])]
    expect_none(found)
    assert sum(path.name == VERIFY_VIEWS for path in project_files()) <= 1


def test_the_compose_file_has_the_services_in_the_order_of_a_call_s_way() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    assert [name for name in compose["services"] if name in SERVICES] == list(SERVICES)


def test_missing_and_foreign_rooms_are_found() -> None:
    whole = REQUIRED | {"consumers.py"}
    assert wrong_rooms(set(whole), "reporting") == []
    assert wrong_rooms(whole - {"store.py"}, "reporting") == ["reporting: no store.py"]
    assert wrong_rooms(whole | {"utils.py"}, "reporting") == ["reporting: utils.py is no room"]
    assert wrong_rooms(whole | {"templates"}, "reporting") == ["reporting: templates is no room"]
    assert wrong_rooms(whole | {"templates"}, "portal") == []
    assert wrong_rooms(set(REQUIRED), "reporting") == ["reporting: no door (consumers, api or jobs)"]
    assert (room("store"), room("queries"), room("domain")) == ("store.py", "queries.sql", "domain")


def test_wrong_migrations_are_found() -> None:
    assert wrong_migrations(["0001_first.sql", "0002_second.sql"]) == []
    assert wrong_migrations(["0001_first.sql", "0003_third.sql"]) == ["numbers [1, 3]"]
    assert wrong_migrations(["0001_first.sql", "0001_other.sql"]) == ["numbers [1, 1]"]
    assert wrong_migrations(["1_first.sql"]) == ["1_first.sql is no migration"]


def test_another_service_s_schema_is_found() -> None:
    assert foreign_schemas("SELECT 1 FROM billing_units.charge", "usage_rating") == ["billing_units"]
    assert foreign_schemas('SELECT 1 FROM "Reporting" . fact', "usage_rating") == ["reporting"]
    assert foreign_schemas("SELECT 1 FROM usage_rating.usage", "usage_rating") == []
    assert foreign_schemas("-- as billing_units.charge has it\nSELECT 1", "usage_rating") == []


def test_sections_are_read_in_their_order() -> None:
    assert sections("# x\n## Out\ntext\n## In\n### Deeper\n") == ["Out", "In"]
