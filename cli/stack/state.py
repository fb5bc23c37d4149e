"""What a stack runs, as one JSON file in its data folder: written by the supervisor, read by everybody else."""

import os
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.stack.processes import ProcessRef, StackError

STATE_FILE = "state.json"
DATA_FOLDER = ".ringledger"


class Phase(StrEnum):
    """Where one process stands."""

    WAITING = "waiting"  # for what it depends on
    STARTING = "starting"  # runs, has not answered its health check yet
    HEALTHY = "healthy"
    RUNNING = "running"  # has no health check to answer
    UNHEALTHY = "unhealthy"
    COMPLETED = "completed"  # a one-shot that ended well
    RESTARTING = "restarting"  # ended, and is about to be started again
    FAILED = "failed"  # ended, and is not started again
    STOPPED = "stopped"
    GIVEN = "given"  # not ours: an address was given for it


GOOD_PHASES = frozenset({Phase.HEALTHY, Phase.RUNNING, Phase.COMPLETED, Phase.GIVEN})


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Identity(_Part):
    """A process id with its start, as `ProcessRef` needs them."""

    pid: int
    started_at: float

    @property
    def ref(self) -> ProcessRef:
        return ProcessRef(pid=self.pid, started_at=self.started_at)


class Instance(_Part):
    """One process of one service; `name` is the service's name, with a number if it is scaled."""

    name: str
    service: str
    phase: Phase
    process: Identity | None = None
    address: str | None = None
    log: str | None = None
    restarts: int = 0
    was_well: bool = False
    detail: str = ""

    def is_good(self) -> bool:
        return self.phase in GOOD_PHASES


class StackState(_Part):
    """The whole of a running stack; addresses include the administrator's password, so the file is private."""

    supervisor: Identity
    compose_file: str
    postgres_dsn: str
    kafka_bootstrap_servers: str
    database_from: str
    broker_from: str
    instances: tuple[Instance, ...]

    def is_good(self) -> bool:
        """Whether everything is as it should be: healthy, done, or given."""
        return all(instance.is_good() for instance in self.instances)

    def of_service(self, service: str) -> tuple[Instance, ...]:
        return tuple(instance for instance in self.instances if instance.service == service)

    def instance(self, name: str) -> Instance:
        """One process by name; raises StackError if the stack has none of that name."""
        for instance in self.instances:
            if instance.name == name:
                return instance
        raise StackError(f"the stack has no process {name!r}; it has {', '.join(i.name for i in self.instances)}")


def default_data_folder() -> Path:
    """RINGLEDGER_DATA, else `.ringledger` in the current directory."""
    return Path(os.environ.get("RINGLEDGER_DATA") or DATA_FOLDER).absolute()


def read_state(data: Path) -> StackState | None:
    """The last written state, None where no stack was ever started; raises StackError for a damaged file."""
    path = data / STATE_FILE
    try:
        return StackState.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise StackError(f"{path} is not a state this version can read: {error}") from error


def write_state(data: Path, state: StackState) -> None:
    """Replace the file as a whole, so that a reader never sees half of it."""
    arriving = data / f"{STATE_FILE}.arriving"
    arriving.touch(mode=0o600)
    arriving.write_text(state.model_dump_json(indent=2) + "\n", encoding="utf-8")
    arriving.replace(data / STATE_FILE)


def remove_state(data: Path) -> None:
    (data / STATE_FILE).unlink(missing_ok=True)
