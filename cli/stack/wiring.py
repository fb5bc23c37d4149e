"""Fills the compose file's variables for this machine: addresses, free ports, names of scaled processes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from cli.stack.compose import ComposeFile
from cli.stack.ports import LOOPBACK, free_port
from cli.stack.processes import StackError
from cli.stack.services import RunnableService, Service, fill_in

POSTGRES_DSN = "RINGLEDGER_POSTGRES_DSN"
KAFKA_BOOTSTRAP_SERVERS = "RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS"
# A container is given nothing but what the file declares; a process also needs these to run at all.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "COVERAGE_PROCESS_START")


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Where the administrator reaches the database, and anybody the broker."""

    postgres_dsn: str
    kafka_bootstrap_servers: str

    def variables(self) -> dict[str, str]:
        """The variables of the compose file that follow from the addresses."""
        parts = urlsplit(self.postgres_dsn)
        database = unquote(parts.path.lstrip("/"))
        if parts.scheme not in {"postgresql", "postgres"} or not parts.hostname or not database:
            raise StackError(f"{POSTGRES_DSN} must look like postgresql://user:password@host:port/database")
        return {
            POSTGRES_DSN: self.postgres_dsn,
            "RINGLEDGER_POSTGRES_ADDRESS": f"{parts.hostname}:{parts.port or 5432}",
            "RINGLEDGER_POSTGRES_DATABASE": database,
            KAFKA_BOOTSTRAP_SERVERS: self.kafka_bootstrap_servers,
        }


def instances(
    compose: ComposeFile, *, scale: Mapping[str, int], addresses: Addresses, environment: Mapping[str, str]
) -> tuple[RunnableService, ...]:
    """Every process to run, in start order.

    Variables ending in `_HTTP_HOST`, `_HTTP_PORT` and `_INSTANCE` belong to the runner: loopback, a free
    port for each process, and a name of its own for each process of a scaled service. So do those ending in
    `_API_ADDRESS`: `REPORTING_API_ADDRESS` is where the first process of `reporting_api` answers here.
    """
    _check_scale(compose, scale)
    wanted = [
        (service, number, scale.get(service.name, 1), _port_for(service))
        for service in compose.in_start_order()
        if service.provider is None
        for number in range(1, scale.get(service.name, 1) + 1)
    ]
    answers = {
        f"{service.name.upper()}_ADDRESS": f"{LOOPBACK}:{port}"
        for service, number, _, port in reversed(wanted)
        if port is not None and service.name.endswith("_api")
    }
    values = {**environment, **addresses.variables(), **answers}
    return tuple(
        _instance(service, number=number, of=of, values=values, port=port) for service, number, of, port in wanted
    )


def _port_for(service: Service) -> int | None:
    return free_port() if any(variable.endswith("_HTTP_PORT") for variable in service.asks_for()) else None


def process_environment(declared: Mapping[str, str]) -> dict[str, str]:
    """A local process's whole environment: what it declares, and the little it inherits."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"} | dict(declared)


def _instance(
    service: Service, *, number: int, of: int, values: Mapping[str, str], port: int | None
) -> RunnableService:
    name = service.name if of == 1 else f"{service.name}-{number}"
    asked = service.asks_for()
    own: dict[str, str] = {}
    for variable in asked:
        if variable.endswith("_HTTP_HOST"):
            own[variable] = LOOPBACK
        elif variable.endswith("_HTTP_PORT"):
            own[variable] = str(port)
        elif variable.endswith("_INSTANCE"):
            own[variable] = name
    return fill_in(service, name=name, values={**values, **own}, port=port)


def _check_scale(compose: ComposeFile, scale: Mapping[str, int]) -> None:
    for name, count in scale.items():
        service = compose.services.get(name)
        if service is None or service.provider is not None:
            known = ", ".join(s.name for s in compose.services.values() if s.provider is None)
            raise StackError(f"--scale: there is no service {name!r} to scale; there are {known}")
        if not 0 <= count <= 50:
            raise StackError(f"--scale: {name}={count} is not between 0 and 50")
