"""Where things answer: from the environment first, else from the state of the stack that is up."""

import os
from pathlib import Path

from cli.stack.processes import StackError
from cli.stack.state import StackState, default_data_folder, read_state
from cli.stack.wiring import KAFKA_BOOTSTRAP_SERVERS, POSTGRES_DSN


def api_url(service: str, *, data: Path | None = None) -> str:
    """The address of a service's API, such as `usage_rating`, without a slash at its end.

    RINGLEDGER_USAGE_RATING_URL and its like come first.
    """
    variable = f"RINGLEDGER_{service.upper()}_URL"
    if given := os.environ.get(variable):
        return given.rstrip("/")
    for instance in _state(data, variable).of_service(f"{service}_api"):
        if instance.address is not None:
            return f"http://{instance.address}"
    raise StackError(f"the stack runs no API of {service}; set {variable}")


def postgres_dsn(*, data: Path | None = None) -> str:
    """The administrator's address of the database."""
    return os.environ.get(POSTGRES_DSN) or _state(data, POSTGRES_DSN).postgres_dsn


def kafka_bootstrap_servers(*, data: Path | None = None) -> str:
    """The broker's addresses, separated by commas."""
    return os.environ.get(KAFKA_BOOTSTRAP_SERVERS) or _state(data, KAFKA_BOOTSTRAP_SERVERS).kafka_bootstrap_servers


def _state(data: Path | None, variable: str) -> StackState:
    state = read_state(data or default_data_folder())
    if state is None:
        raise StackError(f"no stack is up here: start one with `ringledger up`, or set {variable}")
    return state
