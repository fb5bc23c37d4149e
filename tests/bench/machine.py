"""What the figures were measured on: a figure without its machine says nothing."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

from cli.stack import jars, postgres
from tests.bench.subjects import BILLING_UNITS, USAGE_RATING, batch_settings

QUIET_LOAD = 0.5
"""1-minute load average above which other work on the machine has surely moved the figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Facts about machine and software. cores: those this process may use; load: before anything was started."""

    processor: str
    cores: int
    memory_gib: int
    python: str
    postgres: str
    kafka: str
    load: float
    settings: dict[str, dict[str, int]]

    @property
    def is_quiet(self) -> bool:
        return self.load <= QUIET_LOAD


def this_machine() -> Machine:
    """Read before the servers start."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(psutil.virtual_memory().total / 1024**3),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        postgres=postgres.version(),
        kafka=jars.KAFKA_VERSION,
        load=os.getloadavg()[0],
        settings={service.name: batch_settings(service) for service in (USAGE_RATING, BILLING_UNITS)},
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
