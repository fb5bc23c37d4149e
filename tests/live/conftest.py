"""Fixtures of the live tests."""

import pytest

from cli.stack import postgres
from cli.stack.jars import KAFKA_VERSION, cache_folder, missing_jars, unreachable
from tests.support.report import RunReport


@pytest.fixture(scope="session")
def own_servers(run_report: RunReport) -> None:
    """These tests start brokers and databases of their own; without Kafka's jars they cannot run."""
    missing = missing_jars(cache_folder())
    problem = unreachable(missing[0]) if missing else None
    if problem is not None:
        pytest.skip(f"no broker: {problem}")
    run_report.use_broker(f"Apache Kafka {KAFKA_VERSION} (jars, started by tests)")
    run_report.use_database(f"PostgreSQL {postgres.version()} (wheel, started by tests)")
