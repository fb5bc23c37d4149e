"""What the compose file says of one service, as values: command, environment, order, restart, health."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cli.stack.interpolation import interpolate, variables
from cli.stack.processes import StackError


class Condition(StrEnum):
    """When a service counts as ready for those that depend on it."""

    STARTED = "service_started"
    HEALTHY = "service_healthy"
    COMPLETED = "service_completed_successfully"


class Provider(StrEnum):
    """A service that is replaced on a machine without an engine (label `ringledger.local`)."""

    POSTGRES = "postgres"
    KAFKA = "kafka"


@dataclass(frozen=True, kw_only=True, slots=True)
class Restart:
    """When a process that ended is started again; `attempts_max` None means without limit."""

    on_success: bool
    on_failure: bool
    attempts_max: int | None = None

    def wanted(self, *, exit_code: int, attempts: int) -> bool:
        asked = self.on_success if exit_code == 0 else self.on_failure
        return asked and (self.attempts_max is None or attempts < self.attempts_max)


NEVER = Restart(on_success=False, on_failure=False)
ALWAYS = Restart(on_success=True, on_failure=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthCheck:
    """A command that ends with 0 when the service is healthy, and how often it is asked."""

    command: tuple[str, ...]
    interval_s: float
    timeout_s: float
    retries: int
    start_period_s: float
    start_interval_s: float

    @property
    def start_deadline_s(self) -> float:
        """How long a service may take until its first success, before it counts as unhealthy."""
        return self.start_period_s + self.retries * (self.interval_s + self.timeout_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """One service as the file describes it; commands and values still hold their placeholders."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    depends_on: Mapping[str, Condition]
    restart: Restart
    health: HealthCheck | None
    provider: Provider | None
    stop_grace_s: float

    def asks_for(self) -> frozenset[str]:
        """All variables of its command, environment and health check."""
        health = self.health.command if self.health else ()
        return frozenset().union(*map(variables, (*self.command, *self.environment.values(), *health)))


@dataclass(frozen=True, kw_only=True, slots=True)
class RunnableService:
    """One process to run: everything filled in for this machine."""

    name: str
    service: Service
    command: tuple[str, ...]
    environment: Mapping[str, str]
    health_command: tuple[str, ...]
    port: int | None


def fill_in(service: Service, *, name: str, values: Mapping[str, str], port: int | None) -> RunnableService:
    """Make a service runnable here: placeholders replaced, its programs those of this environment."""
    where = f"service {service.name}"
    health = service.health.command if service.health else ()
    return RunnableService(
        name=name,
        service=service,
        command=_local(tuple(interpolate(part, values, where=where) for part in service.command), where),
        environment={key: interpolate(text, values, where=where) for key, text in service.environment.items()},
        health_command=_local(tuple(interpolate(part, values, where=where) for part in health), where),
        port=port,
    )


def _local(command: tuple[str, ...], where: str) -> tuple[str, ...]:
    """The command with this environment's Python in place of the image's programs."""
    match command:
        case ():
            return ()
        case ("python", *rest):
            return (sys.executable, *rest)
        case ("ringledger", *rest):
            return (sys.executable, "-m", "cli.main", *rest)
    raise StackError(f"{where}: only `python` and `ringledger` can run as local processes, not {command[0]!r}")
