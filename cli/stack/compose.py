"""Reads docker-compose.yml, the one description of what runs, and refuses what could not run the same way here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli.stack.interpolation import check_placeholders, literal_part
from cli.stack.processes import StackError
from cli.stack.services import ALWAYS, NEVER, Condition, HealthCheck, Provider, Restart, Service

LABEL = "ringledger.local"
FILE_KEYS = frozenset({"name", "services", "volumes", "networks"})
# How a container is built and attached; a local process has no use for it.
IGNORED_KEYS = frozenset({"image", "build", "volumes", "networks"})
SERVICE_KEYS = IGNORED_KEYS | {
    "command", "environment", "depends_on", "restart", "healthcheck", "ports", "labels", "stop_grace_period",
}  # fmt: skip
HEALTH_KEYS = frozenset({"test", "interval", "timeout", "retries", "start_period", "start_interval"})
HEALTH_COMMAND = ["CMD", "python", "-m", "chassis.health"]
PUBLISHED_PORT = re.compile(r"127\.0\.0\.1:\$\{[A-Z0-9_]+:-[0-9]+\}:\$\{[A-Z0-9_]+:-[0-9]+\}")
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
# A host with a port, a host of a connection URL, or an argument that is a port, written out.
_LITERAL_ADDRESS = re.compile(
    r":[0-9]{2,5}\b|@[A-Za-z0-9]|^[1-9][0-9]{3,4}$|\b[0-9]+(?:\.[0-9]+){3}\b|\blocalhost\b", re.ASCII
)
_ADDRESS_NAME = re.compile(r"_(?:HOST|PORT|ADDRESS|SERVERS|URL)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class ComposeFile:
    """The services of one file by name, in the file's order."""

    path: Path
    services: Mapping[str, Service]

    def in_start_order(self) -> tuple[Service, ...]:
        """Every service after all that it depends on; otherwise the file's order."""
        ordered: dict[str, Service] = {}

        def place(name: str, way: tuple[str, ...]) -> None:
            if name in way:
                raise StackError(f"{self.path.name}: services wait for each other: {' → '.join((*way, name))}")
            for dependency in self.services[name].depends_on:
                place(dependency, (*way, name))
            ordered[name] = self.services[name]

        for name in self.services:
            place(name, ())
        return tuple(ordered.values())


def read_compose(path: Path) -> ComposeFile:
    """Read and check a compose file; raises StackError naming file, service and key."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StackError(f"{path} does not exist") from error
    except yaml.YAMLError as error:
        raise StackError(f"{path.name} is not valid YAML: {error}") from error
    file = _mapping(content, path.name)
    _only(file, FILE_KEYS, path.name, extensions=True)
    services = {
        name: _Reader(f"{path.name}: service {name}", _mapping(raw, f"{path.name}: service {name}")).service(name)
        for name, raw in _mapping(file.get("services"), f"{path.name}: services").items()
    }
    for service in services.values():
        for dependency in service.depends_on:
            if dependency not in services:
                raise StackError(
                    f"{path.name}: service {service.name}: depends_on: there is no service {dependency!r}"
                )
    compose = ComposeFile(path=path, services=services)
    compose.in_start_order()
    return compose


class _Reader:
    """Reads one service's keys; `where` opens every error."""

    def __init__(self, where: str, raw: Mapping[str, Any]) -> None:
        self.where = where
        self.raw = raw

    def service(self, name: str) -> Service:
        _only(self.raw, SERVICE_KEYS, self.where)
        provider = self._provider()
        replaced = provider is not None
        self._check_ports()
        return Service(
            name=name,
            command=() if replaced else self._command(),
            environment={} if replaced else self._environment(),
            depends_on=self._depends_on(),
            restart=self._restart(),
            health=None if replaced else self._health(),
            provider=provider,
            stop_grace_s=_seconds(self.raw.get("stop_grace_period", "10s"), f"{self.where}: stop_grace_period"),
        )

    def _provider(self) -> Provider | None:
        labels = self.raw.get("labels", {})
        if isinstance(labels, list):
            labels = dict(str(label).partition("=")[::2] for label in labels)
        value = _mapping(labels, f"{self.where}: labels").get(LABEL)
        if value is None:
            return None
        try:
            return Provider(value)
        except ValueError as error:
            raise StackError(f"{self.where}: labels: {LABEL} is {value!r}, not `postgres` or `kafka`") from error

    def _command(self) -> tuple[str, ...]:
        where = f"{self.where}: command"
        parts = self.raw.get("command")
        if not isinstance(parts, list) or not parts:
            raise StackError(f"{where}: a list of words is needed, not a line for a shell")
        return tuple(_without_address(_text(part, where), where) for part in parts)

    def _environment(self) -> dict[str, str]:
        where = f"{self.where}: environment"
        raw = _mapping(self.raw.get("environment", {}), where)
        values: dict[str, str] = {}
        for name, value in raw.items():
            values[name] = _without_address(_text(value, f"{where}: {name}"), f"{where}: {name}")
            if _ADDRESS_NAME.search(name) and literal_part(values[name]):
                raise StackError(f"{where}: {name}: addresses and ports stand only as ${{NAME:-container default}}")
        return values

    def _check_ports(self) -> None:
        """Published ports mean nothing to a local process, but a wrong one would open a door in a container."""
        for published in self.raw.get("ports", []):
            if not PUBLISHED_PORT.fullmatch(str(published)):
                form = "127.0.0.1:${NAME:-port}:${NAME:-port}"
                raise StackError(f"{self.where}: ports: {published!r} is not of the form {form}")

    def _depends_on(self) -> dict[str, Condition]:
        where = f"{self.where}: depends_on"
        raw = self.raw.get("depends_on", {})
        if isinstance(raw, list):
            return {str(name): Condition.STARTED for name in raw}
        conditions: dict[str, Condition] = {}
        for name, detail in _mapping(raw, where).items():
            _only(_mapping(detail, f"{where}: {name}"), frozenset({"condition"}), f"{where}: {name}")
            try:
                conditions[name] = Condition(detail.get("condition"))
            except ValueError as error:
                raise StackError(f"{where}: {name}: unknown condition {detail.get('condition')!r}") from error
        return conditions

    def _restart(self) -> Restart:
        policy = self.raw.get("restart", "no")
        if policy in ("no", False):
            return NEVER
        if policy in ("always", "unless-stopped"):
            return ALWAYS
        match = re.fullmatch(r"on-failure(?::([0-9]+))?", str(policy), re.ASCII)
        if match is None:
            raise StackError(f"{self.where}: restart: unknown policy {policy!r}")
        return Restart(on_success=False, on_failure=True, attempts_max=int(match[1]) if match[1] else None)

    def _health(self) -> HealthCheck | None:
        where = f"{self.where}: healthcheck"
        if "healthcheck" not in self.raw:
            return None
        raw = _mapping(self.raw["healthcheck"], where)
        _only(raw, HEALTH_KEYS, where)
        test = raw.get("test")
        if not isinstance(test, list) or test[: len(HEALTH_COMMAND)] != HEALTH_COMMAND:
            raise StackError(f'{where}: test: only ["CMD", "python", "-m", "chassis.health", …] runs everywhere')
        interval_s = _seconds(raw.get("interval", "30s"), f"{where}: interval")
        return HealthCheck(
            command=tuple(_without_address(_text(part, f"{where}: test"), f"{where}: test") for part in test[1:]),
            interval_s=interval_s,
            timeout_s=_seconds(raw.get("timeout", "30s"), f"{where}: timeout"),
            retries=int(raw.get("retries", 3)),
            start_period_s=_seconds(raw.get("start_period", "0s"), f"{where}: start_period"),
            start_interval_s=_seconds(raw.get("start_interval", "5s"), f"{where}: start_interval"),
        )


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise StackError(f"{where}: a mapping of names to values is needed")
    return {str(key): item for key, item in value.items()}


def _only(raw: Mapping[str, Any], allowed: frozenset[str], where: str, *, extensions: bool = False) -> None:
    """Refuse unknown keys; `x-…` at the top of the file holds only what YAML anchors refer to."""
    for key in raw:
        if key not in allowed and not (extensions and key.startswith("x-")):
            raise StackError(f"{where}: key {key!r} is not supported (known: {', '.join(sorted(allowed))})")


def _text(value: object, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise StackError(f"{where}: {value!r} must be a text; put it in quotes")
    text = str(value)
    check_placeholders(text, where=where)
    return text


def _without_address(text: str, where: str) -> str:
    if _LITERAL_ADDRESS.search(literal_part(text)):
        raise StackError(f"{where}: {text!r}: addresses and ports stand only as ${{NAME:-container default}}")
    return text


def _seconds(value: object, where: str) -> float:
    """A duration as Compose writes it, such as `1m30s` or `500ms`."""
    parts = _DURATION_PART.findall(str(value))
    if not parts or "".join(number + unit for number, unit in parts) != str(value):
        raise StackError(f"{where}: {value!r} is not a duration such as 10s")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
