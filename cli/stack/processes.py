"""Processes the stack starts: their identity, their start in a session of their own, and their end."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

# A start time is counted from the boot instant, which moves when the clock is set: within this
# tolerance a process is taken for the same one.
START_TIME_TOLERANCE_S = 2.0


class StackError(Exception):
    """The local stack could not do what was asked; the message says what, why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessRef:
    """One process: its id and when it started (seconds since the epoch), so that a recycled id is never hit."""

    pid: int
    started_at: float

    def find(self) -> psutil.Process | None:
        """The process, if it is this one and it still runs (a zombie does not)."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started_at) <= START_TIME_TOLERANCE_S
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def is_alive(self) -> bool:
        return self.find() is not None

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to this process only; False if it is gone."""
        process = self.find()
        if process is None:
            return False
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            return False
        return True


def identify(pid: int) -> ProcessRef:
    """The identity of a running process; raises StackError if there is none."""
    try:
        return ProcessRef(pid=pid, started_at=psutil.Process(pid).create_time())
    except psutil.NoSuchProcess as error:
        raise StackError(f"process {pid} ended before it could be looked at") from error


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    log_file: Path,
    directory: Path,
    user: pwd.struct_passwd | None = None,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that Ctrl-C in a terminal reaches only who asked for it.

    Output is appended to `log_file`. With `user` (only as root) the process gives up its rights first.
    """
    log_file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log_file.open("ab") as log:
            return subprocess.Popen(
                list(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=directory,
                start_new_session=True,
                user=user and user.pw_uid,
                group=user and user.pw_gid,
                extra_groups=[] if user else None,
            )
    except OSError as error:
        raise StackError(f"could not start {command[0]}: {error}") from error


def stop(ref: ProcessRef, *, first: signal.Signals = signal.SIGTERM, grace_s: float) -> bool:
    """Ask a process to end, wait `grace_s`, then kill it; True if it ended by itself."""
    if not ref.send(first):
        return True
    # A stopped (paused) process cannot hear the request before it goes on.
    ref.send(signal.SIGCONT)
    if wait_until(lambda: not ref.is_alive(), timeout_s=grace_s):
        return True
    ref.send(signal.SIGKILL)
    wait_until(lambda: not ref.is_alive(), timeout_s=5)
    return False


def wait_until(condition: Callable[[], bool], *, timeout_s: float, every_s: float = 0.05) -> bool:
    """Poll a condition; False if it did not hold within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        if condition():
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(every_s)


def last_lines(log_file: Path, count: int = 20) -> str:
    """The end of a log, for an error message."""
    try:
        with log_file.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - 64_000))
            lines = log.read().decode("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return "(no log)"
    return "\n".join(lines[-count:]) or "(the log is empty)"
