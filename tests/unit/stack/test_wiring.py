"""Variables are filled for this machine: addresses from what is used, a port and a name for each process."""

import sys
from pathlib import Path

import pytest

from cli.stack.compose import read_compose
from cli.stack.processes import StackError
from cli.stack.services import RunnableService
from cli.stack.wiring import Addresses, instances, process_environment

FILE = """
services:
  postgres: { image: p, labels: { ringledger.local: postgres } }
  migrate:
    command: ["ringledger", "migrate"]
    environment: { RINGLEDGER_POSTGRES_DSN: "${RINGLEDGER_POSTGRES_DSN:-x}" }
  web:
    command: ["python", "-m", "web"]
    depends_on: [migrate]
    environment:
      WEB_DSN: postgresql://web:${PASSWORD:-dev}@${RINGLEDGER_POSTGRES_ADDRESS:-postgres:5432}/${RINGLEDGER_POSTGRES_DATABASE:-r}
      WEB_KAFKA_BOOTSTRAP_SERVERS: ${RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS:-kafka:9092}
      WEB_HTTP_HOST: ${WEB_HTTP_HOST:-0.0.0.0}
      WEB_HTTP_PORT: ${WEB_HTTP_PORT:-8080}
      WEB_INSTANCE: ${WEB_INSTANCE:-}
    healthcheck: { test: ["CMD", "python", "-m", "chassis.health", "--port", "${WEB_HTTP_PORT:-8080}"] }
  door:
    command: ["python", "-m", "door"]
    environment: { DOOR_WEB_ADDRESS: "${WEB_API_ADDRESS:-web_api:8080}" }
  web_api:
    command: ["python", "-m", "web", "${WEB_HTTP_PORT:-8080}"]
"""
ADDRESSES = Addresses(
    postgres_dsn="postgresql://root:s%40@db.example:6000/books", kafka_bootstrap_servers="k1:1,k2:2"
)


def fill(
    folder: Path, *, scale: dict[str, int] | None = None, environment: dict[str, str] | None = None
) -> dict[str, RunnableService]:
    path = folder / "docker-compose.yml"
    path.write_text(FILE)
    filled = instances(read_compose(path), scale=scale or {}, addresses=ADDRESSES, environment=environment or {})
    return {instance.name: instance for instance in filled}


def test_addresses_come_from_what_is_used(tmp_path: Path) -> None:
    filled = fill(tmp_path)
    assert filled["migrate"].environment["RINGLEDGER_POSTGRES_DSN"] == ADDRESSES.postgres_dsn
    assert filled["web"].environment["WEB_DSN"] == "postgresql://web:dev@db.example:6000/books"
    assert filled["web"].environment["WEB_KAFKA_BOOTSTRAP_SERVERS"] == "k1:1,k2:2"


def test_the_callers_environment_fills_the_rest(tmp_path: Path) -> None:
    web = fill(tmp_path, environment={"PASSWORD": "secret", "UNDECLARED": "x"})["web"]
    assert web.environment["WEB_DSN"] == "postgresql://web:secret@db.example:6000/books"
    assert "UNDECLARED" not in web.environment


def test_a_process_is_told_where_an_api_answers(tmp_path: Path) -> None:
    for scale in ({}, {"web_api": 2}):
        filled = fill(tmp_path, scale=scale)
        first = filled["web_api-1" if scale else "web_api"]
        assert filled["door"].environment["DOOR_WEB_ADDRESS"] == f"127.0.0.1:{first.port}"


def test_each_scaled_process_has_a_port_and_a_name_of_its_own(tmp_path: Path) -> None:
    filled = fill(tmp_path, scale={"web": 3}, environment={"WEB_HTTP_PORT": "1", "WEB_INSTANCE": "mine"})
    webs = [filled[f"web-{number}"] for number in (1, 2, 3)]
    assert len({web.environment["WEB_HTTP_PORT"] for web in webs}) == 3
    for web in webs:
        assert web.environment["WEB_HTTP_HOST"] == "127.0.0.1"
        assert web.environment["WEB_HTTP_PORT"] == str(web.port) == web.health_command[-1]
        assert web.environment["WEB_INSTANCE"] == web.name


def test_programs_are_those_of_this_environment(tmp_path: Path) -> None:
    filled = fill(tmp_path)
    assert filled["web"].command == (sys.executable, "-m", "web")
    assert filled["migrate"].command == (sys.executable, "-m", "cli.main", "migrate")
    assert filled["web"].health_command[:3] == (sys.executable, "-m", "chassis.health")


def test_another_program_cannot_run_here(tmp_path: Path) -> None:
    path = tmp_path / "docker-compose.yml"
    path.write_text("services: { web: { command: [nginx] } }")
    with pytest.raises(StackError, match="service web: only `python` and `ringledger`"):
        instances(read_compose(path), scale={}, addresses=ADDRESSES, environment={})


@pytest.mark.parametrize("scale", [{"nobody": 2}, {"postgres": 2}, {"web": 51}, {"web": -1}])
def test_a_scale_that_cannot_be_is_refused(tmp_path: Path, scale: dict[str, int]) -> None:
    with pytest.raises(StackError, match="--scale"):
        fill(tmp_path, scale=scale)


@pytest.mark.parametrize("dsn", ["mysql://h/d", "postgresql://h", "postgresql:///d", "nonsense"])
def test_an_address_that_is_no_database_is_refused(dsn: str) -> None:
    with pytest.raises(StackError, match="RINGLEDGER_POSTGRES_DSN must look like"):
        Addresses(postgres_dsn=dsn, kafka_bootstrap_servers="k:1").variables()


def test_the_usual_port_is_understood() -> None:
    variables = Addresses(postgres_dsn="postgresql://u@h/d", kafka_bootstrap_servers="k:1").variables()
    assert variables["RINGLEDGER_POSTGRES_ADDRESS"] == "h:5432"


def test_a_process_inherits_almost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USAGE_RATING_TOKEN_KEY", "from my shell")
    environment = process_environment({"A": "1"})
    assert environment["A"] == "1"
    assert "PATH" in environment
    assert "USAGE_RATING_TOKEN_KEY" not in environment
