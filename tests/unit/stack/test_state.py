"""The state file comes back as it was written, and a recycled process id is never taken for ours."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cli.stack.addresses import api_url, kafka_bootstrap_servers
from cli.stack.processes import ProcessRef, StackError, identify, stop, wait_until
from cli.stack.state import STATE_FILE, Identity, Instance, Phase, StackState, read_state, write_state


def an_instance(name: str = "web", *, phase: Phase = Phase.HEALTHY, address: str | None = None) -> Instance:
    return Instance(name=name, service=name.partition("-")[0], phase=phase, address=address)


def a_state(*instances: Instance) -> StackState:
    return StackState(
        supervisor=Identity(pid=1, started_at=1.5),
        compose_file="docker-compose.yml",
        postgres_dsn="postgresql://u:p@h:1/d",
        kafka_bootstrap_servers="h:2",
        database_from="PostgreSQL",
        broker_from="Kafka",
        instances=instances,
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    state = a_state(an_instance("web-1"), an_instance("web-2", phase=Phase.WAITING))
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state


def test_the_file_is_private_because_it_holds_a_password(tmp_path: Path) -> None:
    write_state(tmp_path, a_state())
    assert stat.S_IMODE((tmp_path / STATE_FILE).stat().st_mode) == 0o600


def test_no_state_is_none_and_a_damaged_one_is_an_error(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    (tmp_path / STATE_FILE).write_text("{")
    with pytest.raises(StackError, match="is not a state"):
        read_state(tmp_path)


@pytest.mark.parametrize("phase", [Phase.HEALTHY, Phase.RUNNING, Phase.COMPLETED, Phase.GIVEN])
def test_a_stack_is_good_when_all_of_it_is(phase: Phase) -> None:
    assert a_state(an_instance(phase=phase)).is_good()


@pytest.mark.parametrize("phase", sorted(set(Phase) - {Phase.HEALTHY, Phase.RUNNING, Phase.COMPLETED, Phase.GIVEN}))
def test_one_process_that_is_not_well_is_enough(phase: Phase) -> None:
    assert not a_state(an_instance(), an_instance("other", phase=phase)).is_good()


def test_a_process_of_the_same_id_but_another_start_is_not_ours() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        ours = identify(process.pid)
        recycled = ProcessRef(pid=process.pid, started_at=ours.started_at - 60)
        assert ours.is_alive()
        assert not recycled.is_alive()
        assert stop(recycled, grace_s=0)
        assert process.poll() is None
        process.communicate(b"\n")


def test_a_process_that_does_not_end_when_asked_is_killed() -> None:
    stubborn = "import signal,sys; signal.signal(15, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        ref = identify(process.pid)
        assert not stop(ref, grace_s=0.2)
        assert wait_until(lambda: process.poll() == -9, timeout_s=5)


def test_the_api_of_a_service_is_found_in_the_state(tmp_path: Path) -> None:
    write_state(tmp_path, a_state(an_instance("web_api", address="127.0.0.1:4711")))
    assert api_url("web", data=tmp_path) == "http://127.0.0.1:4711"
    assert kafka_bootstrap_servers(data=tmp_path) == os.environ.get("RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS", "h:2")
    with pytest.raises(StackError, match="set RINGLEDGER_REPORTING_URL"):
        api_url("reporting", data=tmp_path)


def test_a_given_address_of_an_api_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGLEDGER_WEB_URL", "https://web.example/")
    assert api_url("web", data=tmp_path) == "https://web.example"


def test_without_a_stack_the_variable_to_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"ringledger up.*RINGLEDGER_WEB_URL"):
        api_url("web", data=tmp_path)
