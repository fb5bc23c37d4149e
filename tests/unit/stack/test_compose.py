"""The compose reader takes what runs everywhere alike and refuses the rest, naming file, service and key."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.stack.compose import ComposeFile, read_compose
from cli.stack.processes import StackError
from cli.stack.services import ALWAYS, NEVER, Condition, Provider, Restart

HEALTH = {"test": ["CMD", "python", "-m", "chassis.health", "--port", "${WEB_HTTP_PORT:-8080}"]}
OURS = Path(__file__).parents[3] / "docker-compose.yml"


def a_service(**keys: Any) -> dict[str, Any]:
    return {"image": "web:1", "command": ["python", "-m", "web"]} | keys


def read(folder: Path, services: dict[str, Any], **file_keys: Any) -> ComposeFile:
    path = folder / "docker-compose.yml"
    path.write_text(yaml.safe_dump({"services": services} | file_keys))
    return read_compose(path)


def test_a_full_service_is_read(tmp_path: Path) -> None:
    service = read(
        tmp_path,
        {
            "db": {"image": "postgres:18", "labels": ["ringledger.local=postgres"]},
            "web": a_service(
                build={"context": "."},
                environment={"WEB_HTTP_PORT": "${WEB_HTTP_PORT:-8080}", "WEB_WORKERS": 2},
                depends_on={"db": {"condition": "service_healthy"}},
                restart="on-failure:3",
                healthcheck=HEALTH | {"interval": "1m30s", "timeout": "500ms", "retries": 4, "start_period": "20s"},
                ports=["127.0.0.1:${WEB_HOST_PORT:-8081}:${WEB_HTTP_PORT:-8080}"],
                volumes=["data:/data"],
                networks=["inner"],
                stop_grace_period="15s",
            ),
        },
        volumes={"data": None},
        networks={"inner": None},
    ).services["web"]

    assert service.environment == {"WEB_HTTP_PORT": "${WEB_HTTP_PORT:-8080}", "WEB_WORKERS": "2"}
    assert service.depends_on == {"db": Condition.HEALTHY}
    assert service.restart == Restart(on_success=False, on_failure=True, attempts_max=3)
    assert service.stop_grace_s == 15
    assert service.health is not None
    assert (service.health.interval_s, service.health.timeout_s, service.health.retries) == (90, 0.5, 4)
    assert service.health.command == ("python", "-m", "chassis.health", "--port", "${WEB_HTTP_PORT:-8080}")


@pytest.mark.parametrize("labels", [{"ringledger.local": "kafka"}, ["ringledger.local=kafka"]])
def test_a_labelled_service_is_replaced_whatever_it_would_run(tmp_path: Path, labels: Any) -> None:
    raw = {
        "image": "apache/kafka:4",
        "labels": labels,
        "environment": {"KAFKA_LISTENERS": "PLAINTEXT://:9092"},
        "healthcheck": {"test": ["CMD", "kafka-topics.sh"]},
    }
    service = read(tmp_path, {"broker": raw}).services["broker"]
    assert service.provider is Provider.KAFKA
    assert service.command == ()
    assert service.health is None


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("no", NEVER),
        (False, NEVER),
        ("always", ALWAYS),
        ("unless-stopped", ALWAYS),
        ("on-failure", Restart(on_success=False, on_failure=True)),
    ],
)
def test_restart_policies(tmp_path: Path, policy: Any, expected: Restart) -> None:
    assert read(tmp_path, {"web": a_service(restart=policy)}).services["web"].restart == expected


def test_a_policy_counts_its_attempts() -> None:
    twice = Restart(on_success=False, on_failure=True, attempts_max=2)
    assert [twice.wanted(exit_code=1, attempts=n) for n in range(4)] == [True, True, False, False]
    assert not twice.wanted(exit_code=0, attempts=0)
    assert ALWAYS.wanted(exit_code=0, attempts=1000)


@pytest.mark.parametrize(
    "key",
    [
        "entrypoint", "env_file", "extends", "deploy", "profiles", "privileged", "user", "secrets", "configs",
        "network_mode", "working_dir", "container_name", "scale", "tty", "x-anything",
    ],
)  # fmt: skip
def test_every_other_key_is_refused_by_name(tmp_path: Path, key: str) -> None:
    with pytest.raises(StackError, match=f"docker-compose.yml: service web: key '{key}' is not supported"):
        read(tmp_path, {"web": a_service(**{key: "anything"})})


def test_an_unknown_key_of_the_file_is_refused_but_not_an_extension(tmp_path: Path) -> None:
    read(tmp_path, {"web": a_service()}, **{"x-anchors": {"a": 1}})
    with pytest.raises(StackError, match="key 'secrets' is not supported"):
        read(tmp_path, {"web": a_service()}, secrets={})


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"command": "python -m web"}, "command: a list of words"),
        ({"command": None}, "command: a list of words"),
        ({"command": ["python", "--port", "8080"]}, "command: .* addresses and ports"),
        ({"command": ["python", "--to", "kafka:9092"]}, "command: .* addresses and ports"),
        ({"environment": {"WEB_HTTP_PORT": 8080}}, "environment: WEB_HTTP_PORT: .*addresses and ports"),
        ({"environment": {"WEB_HTTP_HOST": "web"}}, "environment: WEB_HTTP_HOST: .*addresses and ports"),
        ({"environment": {"DSN": "postgresql://u:p@db/x"}}, "environment: DSN: .* addresses and ports"),
        ({"environment": {"BIND": "0.0.0.0"}}, "environment: BIND: .* addresses and ports"),
        ({"environment": {"FLAG": True}}, "environment: FLAG: True must be a text"),
        ({"environment": ["A=1"]}, "environment: a mapping"),
        ({"environment": {"A": "${A:?no}"}}, "environment: A: .* a substitution other than"),
        ({"healthcheck": {"test": "curl localhost"}}, "healthcheck: test: only"),
        ({"healthcheck": {"test": ["CMD-SHELL", "python -m chassis.health"]}}, "healthcheck: test: only"),
        ({"healthcheck": {"test": ["CMD", "python", "-m", "http"]}}, "healthcheck: test: only"),
        ({"healthcheck": HEALTH | {"disable": True}}, "healthcheck: key 'disable'"),
        ({"healthcheck": HEALTH | {"interval": "soon"}}, "healthcheck: interval: 'soon' is not a duration"),
        ({"healthcheck": HEALTH | {"interval": 10}}, "healthcheck: interval: 10 is not a duration"),
        ({"restart": "sometimes"}, "restart: unknown policy 'sometimes'"),
        (
            {"depends_on": {"db": {"condition": "service_happy"}}},
            "depends_on: db: unknown condition 'service_happy'",
        ),
        (
            {"depends_on": {"db": {"condition": "service_started", "restart": True}}},
            "depends_on: db: key 'restart'",
        ),
        ({"depends_on": ["nobody"]}, "depends_on: there is no service 'nobody'"),
        ({"ports": ["8080:8080"]}, "ports: '8080:8080' is not of the form"),
        ({"ports": ["0.0.0.0:${A:-1}:${B:-2}"]}, "ports: .* is not of the form"),
        ({"labels": {"ringledger.local": "redis"}}, "labels: ringledger.local is 'redis'"),
        ({"stop_grace_period": "15"}, "stop_grace_period: '15' is not a duration"),
    ],
)
def test_what_could_not_run_everywhere_alike_is_refused(
    tmp_path: Path, keys: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(StackError, match=f"docker-compose.yml: service web: {complaint}"):
        read(tmp_path, {"web": a_service(**keys), "db": a_service()})


def test_a_circle_of_dependencies_is_shown(tmp_path: Path) -> None:
    services = {
        "a": a_service(depends_on=["b"]),
        "b": a_service(depends_on=["c"]),
        "c": a_service(depends_on=["a"]),
    }
    with pytest.raises(StackError, match="a → b → c → a"):
        read(tmp_path, services)


def test_services_start_after_what_they_need_and_else_in_the_files_order(tmp_path: Path) -> None:
    services = {"c": a_service(depends_on=["b"]), "a": a_service(), "b": a_service(depends_on=["a"])}
    path = tmp_path / "docker-compose.yml"
    path.write_text(yaml.safe_dump({"services": services}, sort_keys=False))
    assert [service.name for service in read_compose(path).in_start_order()] == ["a", "b", "c"]


@pytest.mark.parametrize("content", ["", "- a", "services: [a]", "services: {web: text}", "a: [", "services:"])
def test_what_is_no_compose_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "docker-compose.yml"
    path.write_text(content)
    with pytest.raises(StackError, match=r"docker-compose\.yml"):
        read_compose(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="does not exist"):
        read_compose(tmp_path / "docker-compose.yml")


def test_our_own_file_is_read_and_every_health_check_asks_the_service_itself() -> None:
    compose = read_compose(OURS)
    providers = {name: service.provider for name, service in compose.services.items() if service.provider}
    assert providers == {"postgres": Provider.POSTGRES, "kafka": Provider.KAFKA}
    for service in compose.services.values():
        if service.provider is None and service.name != "migrate":
            assert service.health is not None, service.name
            assert (
                service.health.command[-1] == service.environment[service.health.command[-1][2:].partition(":")[0]]
            )
            assert service.depends_on["migrate"] is Condition.COMPLETED
