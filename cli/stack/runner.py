"""The local stack as seen by those who use it: bring it up, look at it, break a piece of it, take it down."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

from cli.stack.compose import read_compose
from cli.stack.processes import ProcessRef, StackError, last_lines, spawn, stop, wait_until
from cli.stack.state import (
    STATE_FILE,
    Instance,
    Phase,
    StackState,
    default_data_folder,
    read_state,
    remove_state,
)

COMPOSE_FILE = "docker-compose.yml"
# Everything `up` makes in a data folder, and so all that `down --purge` removes from it.
OWN_ENTRIES = ("postgres", "kafka", "logs", "supervisor.lock", STATE_FILE)
# A process that ended this often without ever being well will not get well by itself.
RESTARTS_MAX = 3
# Services have 15 s, then broker and database have theirs.
DOWN_TIMEOUT_S = 60.0


def default_compose_file() -> Path:
    """The one in the current directory, else the one of the checkout this code lies in."""
    here = Path.cwd() / COMPOSE_FILE
    return here if here.exists() else Path(__file__).resolve().parents[2] / COMPOSE_FILE


class LocalStack:
    """One stack by its data folder; as a context manager it is up inside the block and down after it."""

    def __init__(
        self,
        *,
        data: Path | None = None,
        compose_file: Path | None = None,
        scale: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
        purge: bool = False,
    ) -> None:
        """`environment` stands for the caller's own; `purge` removes the data when the block ends."""
        self.data = (data or default_data_folder()).absolute()
        self.compose_file = (compose_file or default_compose_file()).absolute()
        self._scale = dict(scale or {})
        self._environment = dict(os.environ if environment is None else environment)
        self._purge = purge
        self._supervisor: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "LocalStack":
        try:
            self.up()
        except BaseException:
            self.down(purge=self._purge)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down(purge=self._purge)

    def state(self) -> StackState | None:
        """The stack as it is now, None if it is not up.

        Where the supervisor was killed, what it wrote is checked against the processes.
        """
        written = read_state(self.data)
        if written is None:
            return None
        supervised = written.supervisor.ref.is_alive()
        return written.model_copy(
            update={"instances": tuple(_checked(instance, supervised) for instance in written.instances)}
        )

    def running(self) -> StackState:
        """The stack as it is now; raises StackError if it is not up."""
        state = self.state()
        if state is None or not state.supervisor.ref.is_alive():
            raise StackError(f"no stack runs on {self.data}; `ringledger up` starts one")
        return state

    def up(
        self,
        *,
        wait: bool = True,
        timeout_s: float = 180,
        on_change: Callable[[StackState], None] | None = None,
    ) -> bool:
        """Start what does not run; False if everything ran already. Raises StackError if something fails."""
        state = self.state()
        if state is not None and state.supervisor.ref.is_alive():
            if wait:
                self._wait(timeout_s=timeout_s, on_change=on_change, hopeless=_will_not_come)
            return False
        read_compose(self.compose_file)
        # What a supervisor that was killed left running would hold the data folders.
        self.down()
        self._supervisor = supervisor = self._start_supervisor()
        if not wait_until(lambda: supervisor.poll() is not None or read_state(self.data) is not None, timeout_s=30):
            raise StackError(f"the supervisor does not answer; see {self._supervisor_log}")
        if supervisor.poll() is not None:
            raise StackError(last_lines(self._supervisor_log))
        if wait:
            self._wait(timeout_s=timeout_s, on_change=on_change, hopeless=_will_not_come)
        return True

    def down(self, *, purge: bool = False) -> bool:
        """Stop what `up` started, services first; False if nothing ran. Given addresses are left alone."""
        ran = self._stop_processes()
        if purge:
            for entry in OWN_ENTRIES:
                path = self.data / entry
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink(missing_ok=True)
            if self.data.is_dir() and not any(self.data.iterdir()):
                self.data.rmdir()
        return ran

    def kill(self, name: str) -> ProcessRef:
        """End one process of the stack at once (kill -9); its restart policy decides what follows."""
        return self._signal(name, signal.SIGKILL)

    def pause(self, name: str) -> ProcessRef:
        """Stop one process in its tracks, as a long garbage collection or a sleeping machine would."""
        return self._signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> ProcessRef:
        """Let a paused process go on."""
        return self._signal(name, signal.SIGCONT)

    def crash_database(self) -> ProcessRef:
        """Stop a local PostgreSQL as in a crash, without a checkpoint; it is started again on its port."""
        return self._signal("postgres", signal.SIGQUIT)

    def wait_good(self, *, timeout_s: float = 60) -> StackState:
        """Wait until every process is healthy again, as after a fault.

        Raises StackError when the time is over or a process ended for good; one that is unhealthy may recover.
        """
        return self._wait(timeout_s=timeout_s, on_change=None, hopeless=lambda i: i.phase is Phase.FAILED)

    def _signal(self, name: str, number: signal.Signals) -> ProcessRef:
        process = self.running().instance(name).process
        if process is None or not process.ref.send(number):
            raise StackError(f"{name} has no running process of this stack")
        return process.ref

    def _start_supervisor(self) -> subprocess.Popen[bytes]:
        scale = [part for name, count in self._scale.items() for part in ("--scale", f"{name}={count}")]
        self._supervisor_log.unlink(missing_ok=True)
        return spawn(
            [
                sys.executable, "-m", "cli.stack.supervisor",
                "--compose", str(self.compose_file), "--data", str(self.data), *scale,
            ],
            environment=self._environment,
            log_file=self._supervisor_log,
            directory=self.compose_file.parent,
        )  # fmt: skip

    @property
    def _supervisor_log(self) -> Path:
        return self.data / "logs" / "supervisor.log"

    def _stop_processes(self) -> bool:
        before = read_state(self.data)
        if before is None:
            return False
        ran = any(ref.is_alive() for ref in _processes(before))
        stop(before.supervisor.ref, grace_s=DOWN_TIMEOUT_S)
        # A supervisor that ended in order leaves nothing; one that was killed leaves everything.
        for instance in reversed((read_state(self.data) or before).instances):
            if instance.process is not None:
                # PostgreSQL takes SIGINT for "end the sessions and stop", SIGTERM for "wait for the sessions".
                first = signal.SIGINT if instance.service == "postgres" else signal.SIGTERM
                stop(instance.process.ref, first=first, grace_s=15)
        if self._supervisor is not None:
            self._supervisor.wait(timeout=10)
            self._supervisor = None
        remove_state(self.data)
        return ran

    def _wait(
        self,
        *,
        timeout_s: float,
        on_change: Callable[[StackState], None] | None,
        hopeless: Callable[[Instance], bool],
    ) -> StackState:
        """Follow the state until it is good, something is hopeless, or the time is over."""
        deadline = time.monotonic() + timeout_s
        shown: StackState | None = None
        while True:
            state = self.running()
            if state != shown and on_change is not None:
                on_change(state)
            shown = state
            if state.is_good():
                return state
            for instance in state.instances:
                if hopeless(instance):
                    raise StackError(_failure(instance))
            if time.monotonic() > deadline:
                late = "; ".join(f"{i.name} is {i.phase}: {i.detail}" for i in state.instances if not i.is_good())
                raise StackError(f"not everything was healthy within {timeout_s:g} s: {late}")
            time.sleep(0.1)


def _checked(instance: Instance, supervised: bool) -> Instance:
    if instance.process is not None and not instance.process.ref.is_alive() and not supervised:
        return instance.model_copy(update={"phase": Phase.FAILED, "detail": "gone, and so is its supervisor"})
    return instance


def _processes(state: StackState) -> list[ProcessRef]:
    return [state.supervisor.ref, *(i.process.ref for i in state.instances if i.process is not None)]


def _will_not_come(instance: Instance) -> bool:
    if instance.phase in {Phase.FAILED, Phase.UNHEALTHY}:
        return True
    return instance.phase is Phase.RESTARTING and not instance.was_well and instance.restarts >= RESTARTS_MAX


def _failure(instance: Instance) -> str:
    message = f"{instance.name} is {instance.phase}: {instance.detail}"
    if instance.log is None:
        return message
    return f"{message}\n{instance.log} ends:\n{last_lines(Path(instance.log))}"
