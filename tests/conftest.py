"""Fixtures for all tests: broker and database found once when first asked for, databases of one's own."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from cli.stack import postgres
from cli.stack.jars import KAFKA_VERSION, cache_folder, missing_jars, unreachable
from cli.stack.processes import StackError
from tests.support.databases import Databases, Prepare
from tests.support.report import NO_REAL_DATA, RunReport
from tests.support.stack import find_kafka, find_postgres, scratch_folder

FreshDatabase = Callable[..., Awaitable[str]]

settings.register_profile("quick", max_examples=20)
"""What `make check` runs; `make test` tries Hypothesis's own number of examples."""

_RUN = pytest.StashKey[RunReport]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RUN] = RunReport()
    config.pluginmanager.register(_Listener(config.stash[_RUN]), "ringledger-run-report")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    session.exitstatus = session.config.stash[_RUN].exit_status(exitstatus)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.config.stash[_RUN].write(terminalreporter)


class _Listener:
    """Hears of every test that was skipped."""

    def __init__(self, run: RunReport) -> None:
        self._run = run

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._run.note(report)


@pytest.fixture(scope="session")
def run_report(pytestconfig: pytest.Config) -> RunReport:
    """What the run says at its end; tests that start servers of their own name them here."""
    return pytestconfig.stash[_RUN]


@pytest.fixture(scope="session")
def kafka_bootstrap(run_report: RunReport) -> Iterator[str]:
    """The bootstrap servers of the run's broker."""
    try:
        found = find_kafka()
    except StackError as error:
        pytest.skip(f"no broker: {error}")
    run_report.use_broker(found.described)
    yield found.address
    found.close()


@pytest.fixture(scope="session")
def postgres_admin_dsn(run_report: RunReport) -> Iterator[str]:
    """The administrator's address on the run's server."""
    try:
        found = find_postgres()
    except StackError as error:
        pytest.skip(f"no database: {error}")
    run_report.use_database(found.described)
    yield found.address
    found.close()


@pytest.fixture(scope="session")
def own_servers(run_report: RunReport) -> None:
    """For tests that start brokers and databases of their own; without Kafka's jars they cannot run."""
    missing = missing_jars(cache_folder())
    problem = unreachable(missing[0]) if missing else None
    if problem is not None:
        pytest.skip(f"no broker: {problem}")
    run_report.use_broker(f"Apache Kafka {KAFKA_VERSION} (jars, started by tests)")
    run_report.use_database(f"PostgreSQL {postgres.version()} (wheel, started by tests)")


@pytest.fixture(scope="session")
def databases(postgres_admin_dsn: str) -> Iterator[Databases]:
    """Makes databases on the run's server; templates are shared by the whole run."""
    databases = Databases(postgres_admin_dsn)
    yield databases
    asyncio.run(databases.drop_templates())


@pytest.fixture
async def fresh_database(databases: Databases) -> AsyncIterator[FreshDatabase]:
    """`await fresh_database()` is an empty database, `await fresh_database(prepare)` a copy of a prepared one."""
    made: list[str] = []

    async def make(prepare: Prepare | None = None) -> str:
        made.append(await databases.create(prepare))
        return made[-1]

    yield make
    for dsn in made:
        await databases.drop(dsn)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder that servers started by the test can use."""
    folder = scratch_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real inputs that RINGLEDGER_REAL_DATA names."""
    given = os.environ.get("RINGLEDGER_REAL_DATA")
    if not given:
        pytest.skip(NO_REAL_DATA)
    folder = Path(given)
    assert folder.is_dir(), f"RINGLEDGER_REAL_DATA names {folder}, which is no folder"
    return folder
