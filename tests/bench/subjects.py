"""The processes that are measured: the ceiling and the real services, started as the compose file starts them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chassis.settings import ServiceSettings
from cli.stack.ports import LOOPBACK, free_port
from cli.stack.processes import identify, last_lines, spawn, stop
from contracts.topics import CALLS, CHARGES, RATED_USAGE, Topic
from tests.bench.ground import Database, Ground

ROOT = Path(__file__).parents[2]
STOP_GRACE_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service as it is measured: what it reads and what it sends."""

    name: str
    reads: Topic
    sends: Topic

    @property
    def exists(self) -> bool:
        """Whether it has been built: a service's wiring is its app."""
        return (ROOT / "services" / self.name / "app.py").is_file()


USAGE_RATING = Service(name="usage_rating", reads=CALLS, sends=RATED_USAGE)
BILLING_UNITS = Service(name="billing_units", reads=RATED_USAGE, sends=CHARGES)


class SubjectFailed(RuntimeError):
    """A measured process ended by itself or stood still; the message ends with what it logged last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A service's ingest processes under measurement: the members of its group, each with its log file."""

    service: Service
    members: Sequence[tuple[subprocess.Popen[bytes], Path]]

    @property
    def pids(self) -> list[int]:
        return [process.pid for process, _ in self.members]

    def must_run(self) -> None:
        """Raise SubjectFailed when one has ended."""
        if any(process.poll() is not None for process, _ in self.members):
            self.fail("ended")

    def fail(self, how: str) -> None:
        logs = "\n".join(last_lines(log_file) for _, log_file in self.members)
        raise SubjectFailed(f"{self.service.name} {how}; its logs end:\n{logs}")


@contextmanager
def running(service: Service, ground: Ground, database: Database, members: int = 1) -> Iterator[Running]:
    """The service's ingest processes, for as long as the block runs. Its own variables in the environment hold."""
    with ExitStack() as stack:
        started = [stack.enter_context(_member(service, ground, database, number)) for number in range(members)]
        yield Running(service=service, members=started)


@contextmanager
def _member(
    service: Service, ground: Ground, database: Database, number: int
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    log_file = ground.providers.kafka.folder.parent / f"{service.name}-{number}.log"
    process = spawn(
        [sys.executable, "-m", f"services.{service.name}", "--role", "ingest"],
        environment=_environment(service, ground, database, number),
        log_file=log_file,
        directory=ROOT,
    )
    reference = identify(process.pid)
    try:
        yield process, log_file
    finally:
        if process.poll() is None:
            stop(reference, first=signal.SIGTERM, grace_s=STOP_GRACE_S)
        process.wait()


@contextmanager
def running_ceiling(ground: Ground, database: Database, count: int) -> Iterator[subprocess.Popen[str]]:
    """The ceiling's process; each line of its output is the number of records done."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "tests.bench.ceiling", "--count", str(count),
            "--bootstrap-servers", ground.bootstrap_servers, "--dsn", database.administrator_dsn,
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def batch_settings(service: Service) -> dict[str, int]:
    """Records in a batch and batches at once, as the service will read them."""
    prefix = service.name.upper()
    return {
        name: int(os.environ.get(f"{prefix}_{name.upper()}", ServiceSettings.model_fields[name].default))
        for name in ("batch_max_records", "batch_workers")
    }


def _environment(service: Service, ground: Ground, database: Database, number: int) -> dict[str, str]:
    prefix = service.name.upper()
    return os.environ | {
        f"{prefix}_INGEST_POSTGRES_DSN": database.ingest_dsn(service.name),
        f"{prefix}_API_POSTGRES_DSN": database.api_dsn(service.name),
        f"{prefix}_KAFKA_BOOTSTRAP_SERVERS": ground.bootstrap_servers,
        f"{prefix}_HTTP_HOST": LOOPBACK,
        f"{prefix}_HTTP_PORT": str(free_port()),
        f"{prefix}_INSTANCE": f"bench-{number}",
        f"{prefix}_TOKEN_KEY": "a-key-for-the-benchmark-only",
    }
