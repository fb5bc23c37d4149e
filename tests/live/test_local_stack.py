"""The local stack for real: broker and database are killed and return, services run in order and are restarted."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import asyncpg
import pytest

from cli.stack.addresses import api_url
from cli.stack.postgres import LocalPostgres
from cli.stack.processes import StackError, wait_until
from cli.stack.runner import LocalStack
from cli.stack.state import Phase
from tests.support.stack import scratch_folder

pytestmark = pytest.mark.usefixtures("own_servers")

# A service in the fewest words: it answers every path for which there is a file beside the compose file.
SERVICE = """
import http.server, os, sys
print("started as", os.environ["WEB_INSTANCE"], flush=True)
http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind="127.0.0.1")
"""
COMPOSE = """
services:
  postgres: { image: postgres:18, labels: { ringledger.local: postgres }, restart: unless-stopped }
  migrate:
    command: ["python", "-m", "steps.migrate"]
    environment: { RINGLEDGER_POSTGRES_DSN: "${RINGLEDGER_POSTGRES_DSN:-x}" }
    depends_on: { postgres: { condition: service_healthy } }
  web:
    command: ["python", "-m", "steps.service", "${WEB_HTTP_PORT:-8080}"]
    environment: { WEB_INSTANCE: "${WEB_INSTANCE:-}" }
    depends_on: { migrate: { condition: service_completed_successfully } }
    restart: unless-stopped
    healthcheck:
      test: ["CMD", "python", "-m", "chassis.health", "--port", "${WEB_HTTP_PORT:-8080}"]
      interval: 1s
      timeout: 1s
      retries: 2
      start_period: 20s
      start_interval: 200ms
  web_api:
    command: ["python", "-m", "steps.service", "${WEB_HTTP_PORT:-8080}"]
    environment: { WEB_INSTANCE: "${WEB_INSTANCE:-}" }
    depends_on: { web: { condition: service_healthy } }
    restart: on-failure
"""
MIGRATE = """
import asyncio, asyncpg, os
async def main():
    connection = await asyncpg.connect(os.environ["RINGLEDGER_POSTGRES_DSN"])
    await connection.execute("CREATE TABLE IF NOT EXISTS ran (at timestamptz DEFAULT now())")
    await connection.execute("INSERT INTO ran DEFAULT VALUES")
asyncio.run(main())
"""


def a_project(folder: Path, *, migrate: str = MIGRATE, service: str = SERVICE) -> LocalStack:
    """A small compose project with steps of its own and the health check of every service of ours."""
    project = folder / "project"
    (project / "steps").mkdir(parents=True)
    (project / "steps" / "migrate.py").write_text(migrate)
    (project / "steps" / "service.py").write_text(service)
    (project / "readyz").write_text("ready")
    compose_file = project / "docker-compose.yml"
    compose_file.write_text(COMPOSE)
    return LocalStack(data=folder / "data", compose_file=compose_file, scale={"web": 2}, environment={})


@pytest.fixture(scope="module")
def stack(own_servers: None) -> Iterator[LocalStack]:
    """One stack for the tests that leave it well."""
    folder = scratch_folder()
    with a_project(folder) as stack:
        yield stack
    shutil.rmtree(folder)


def test_services_start_in_order_each_with_a_port_and_a_name(stack: LocalStack) -> None:
    state = stack.running()
    assert state.is_good()
    assert [i.name for i in state.instances] == ["postgres", "migrate", "web-1", "web-2", "web_api"]
    assert [i.phase for i in state.instances] == ["healthy", "completed", "healthy", "healthy", "running"]
    starts = [i.process.started_at for i in state.instances if i.process is not None]
    assert starts == sorted(starts)
    for instance in state.of_service("web"):
        with urlopen(f"http://{instance.address}/readyz", timeout=5) as response:
            assert response.read() == b"ready"
        assert f"started as {instance.name}" in Path(instance.log or "").read_text()
    # It has no health check, so nobody waited until it answers.
    assert wait_until(lambda: _answers(api_url("web", data=stack.data)), timeout_s=10)
    assert asyncio.run(_count(state.postgres_dsn)) == 1


def test_a_second_up_changes_nothing(stack: LocalStack) -> None:
    before = stack.running()
    assert stack.up() is False
    assert stack.running() == before


def test_a_killed_service_returns_on_its_port(stack: LocalStack) -> None:
    before = stack.running().instance("web-2")
    killed = stack.kill("web-2")
    assert wait_until(lambda: stack.running().instance("web-2").restarts > before.restarts, timeout_s=10)
    after = stack.wait_good(timeout_s=20).instance("web-2")
    assert not killed.is_alive()
    assert after.process is not None and after.process.ref != killed
    assert after.address == before.address
    assert stack.running().instance("web-1").restarts == 0


def test_the_database_crashes_and_returns_with_its_data(stack: LocalStack) -> None:
    dsn, before = stack.running().postgres_dsn, stack.running().instance("postgres")
    stack.crash_database()
    assert wait_until(lambda: stack.running().instance("postgres").restarts > before.restarts, timeout_s=10)
    assert stack.wait_good(timeout_s=30).postgres_dsn == dsn
    assert asyncio.run(_count(dsn)) == 1


def test_a_service_that_stops_answering_is_unhealthy_and_may_recover(stack: LocalStack) -> None:
    readyz = stack.compose_file.parent / "readyz"
    readyz.unlink()
    assert wait_until(lambda: stack.running().instance("web-1").phase is Phase.UNHEALTHY, timeout_s=20)
    with pytest.raises(StackError, match=r"web-[12] is unhealthy"):
        stack.wait_good(timeout_s=5)
    readyz.write_text("ready")
    assert wait_until(lambda: stack.running().is_good(), timeout_s=10)


def test_down_stops_everything_it_started_and_keeps_the_data(scratch: Path) -> None:
    stack = a_project(scratch)
    with stack:
        state = stack.running()
    refs = [state.supervisor.ref, *(i.process.ref for i in state.instances if i.process)]
    assert len(refs) == 5
    assert not any(ref.is_alive() for ref in refs)
    assert stack.state() is None
    assert stack.down() is False
    with stack:
        assert asyncio.run(_count(stack.running().postgres_dsn)) == 2
    stack.down(purge=True)
    assert not stack.data.exists()


def test_a_killed_supervisor_leaves_processes_that_down_still_stops(scratch: Path) -> None:
    stack = a_project(scratch)
    stack.up()
    state = stack.running()
    state.supervisor.ref.send(signal.SIGKILL)
    assert wait_until(lambda: not state.supervisor.ref.is_alive(), timeout_s=5)
    refs = [i.process.ref for i in state.instances if i.process]
    assert all(ref.is_alive() for ref in refs)
    with pytest.raises(StackError, match="no stack runs"):
        stack.running()
    assert stack.down() is True
    assert not any(ref.is_alive() for ref in refs)


def test_a_failed_migration_is_told_with_its_last_words_and_nothing_starts_after_it(scratch: Path) -> None:
    stack = a_project(scratch, migrate="raise SystemExit('no such road')")
    try:
        with pytest.raises(
            StackError, match=r"migrate is failed: ended with exit code 1\n.*migrate.log ends:\nno such road"
        ):
            stack.up(timeout_s=30)
        assert stack.running().instance("web-1").phase is Phase.WAITING
    finally:
        stack.down()


def test_a_service_that_keeps_dying_is_told_with_its_last_words(scratch: Path) -> None:
    stack = a_project(scratch, service="raise SystemExit('cannot begin')")
    try:
        with pytest.raises(StackError, match=r"web-[12] is restarting: .*\n(?:.*\n)*cannot begin"):
            stack.up(timeout_s=30)
    finally:
        stack.down()


def test_the_command_tells_the_same_and_ends_with_its_verdict(stack: LocalStack) -> None:
    well = _status(stack)
    assert well.returncode == 0
    told = json.loads(well.stdout)
    assert {instance["name"] for instance in told["instances"]} == {i.name for i in stack.running().instances}
    assert "postgres_dsn" not in told
    stack.pause("web-1")
    assert wait_until(lambda: stack.running().instance("web-1").phase is Phase.UNHEALTHY, timeout_s=30)
    assert _status(stack).returncode == 1
    stack.resume("web-1")
    stack.wait_good()


def test_without_a_stack_the_status_is_an_error(scratch: Path) -> None:
    result = _status(LocalStack(data=scratch))
    assert result.returncode == 1
    assert "`ringledger up` starts one" in result.stderr


def test_a_given_database_is_used_and_left_alone(scratch: Path) -> None:
    server = LocalPostgres(scratch / "given")
    server.start()
    try:
        stack = a_project(scratch)
        given = {"RINGLEDGER_POSTGRES_DSN": server.dsn()}
        with LocalStack(data=stack.data, compose_file=stack.compose_file, environment=given) as stack:
            assert stack.running().instance("postgres").phase is Phase.GIVEN
            assert asyncio.run(_count(server.dsn())) == 1
        assert server.process is not None
        assert asyncio.run(_count(server.dsn())) == 1
    finally:
        server.stop()


def _answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/readyz", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _status(stack: LocalStack) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cli.main", "status", "--json", "--data", str(stack.data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


async def _count(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM ran"))
    finally:
        await connection.close()
