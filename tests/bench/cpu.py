"""Processor time of a service, of PostgreSQL with all its backends, and of the broker, read from the kernel."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuSeconds:
    """Processor seconds, user and system together."""

    python: float
    postgres: float
    broker: float

    def since(self, earlier: "CpuSeconds") -> "CpuSeconds":
        """What was used after `earlier`."""
        return CpuSeconds(
            python=self.python - earlier.python,
            postgres=self.postgres - earlier.postgres,
            broker=self.broker - earlier.broker,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuMeter:
    """Reads the processor time of these process trees; the kernel counts in steps of 10 ms."""

    postmaster_pid: int
    broker_pid: int

    def read(self, *python_pids: int) -> CpuSeconds:
        """What each tree has used since its start, backends that have ended included."""
        return CpuSeconds(
            python=sum(map(_of_tree, python_pids)),
            postgres=_of_tree(self.postmaster_pid),
            broker=_of_tree(self.broker_pid),
        )


def _of_tree(pid: int) -> float:
    """The process, the children it has waited for, and its children alive; a service starts none of its own.

    A child that ends while the tree is read would be counted twice or not at all: then it is read again.
    """
    process = psutil.Process(pid)
    while True:
        before = process.cpu_times()
        alive = sum(_seconds(process.children(recursive=True)))
        after = process.cpu_times()
        ended = after.children_user + after.children_system
        if ended == before.children_user + before.children_system:
            return after.user + after.system + ended + alive


def _seconds(processes: Iterable[psutil.Process]) -> Iterator[float]:
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            # It has just ended, which its parent's account will show.
            continue
        yield times.user + times.system
