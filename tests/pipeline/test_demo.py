"""The demo through the real stack, twice: its table, its exit codes, and that a second run changes nothing."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cli.demo.centre import ACCOUNT_ID, contact_centre
from cli.demo.month import month_of_calls
from cli.demo.play import prices_plan
from cli.stack.runner import LocalStack
from cli.stack.state import StackState, read_state
from cli.stack.wiring import KAFKA_BOOTSTRAP_SERVERS, POSTGRES_DSN
from contracts.events.call import CallDetailRecord
from services.usage_rating.domain.rating import Rated, rate_call
from services.usage_rating.domain.rating_uses import RatedUse, rate_use
from tests.support.stack import scratch_folder

pytestmark = pytest.mark.usefixtures("own_servers")

CALLS = 600
SEED = 7
RUN_S = 240
PLAYED = re.compile(r"([0-9,]+) call records played: ([0-9,]+) new, ([0-9,]+) duplicates\.")
TOTAL = re.compile(r"│ Total +│ +([0-9,]+) │ +([0-9,.]+) │ +([0-9,.]+) │ 100\.0 % │")
RAN_ON = re.compile(r"Ran on Apache Kafka [0-9.]+ \(jars, .+\) and PostgreSQL [0-9.]+ \(wheel, .+\)\.")
UNITS = {"Customer care", "Sales", "Alpina hotline", "Unassigned"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The month added up without any service: live legs and what came with them, how long, and at what cost."""

    records: int
    uses: int
    duration_ms: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the second run showed, and what was asked of the stack before it was interrupted."""

    output: str
    code: int
    costs: dict[str, object]
    state: StackState


@pytest.fixture(scope="module")
def expected() -> Expected:
    """The highest revision of every leg that was not withdrawn."""
    month = month_of_calls(centre=contact_centre(), seed=SEED, calls=CALLS)
    newest: dict[tuple[str, str], CallDetailRecord] = {}
    for told in month.records:
        known = newest.get((told.call.call_id, told.call.leg_id))
        if known is None or told.call.revision > known.revision:
            newest[told.call.call_id, told.call.leg_id] = told.call
    legs = [call for call in newest.values() if not call.voided]
    plan = prices_plan()
    priced = [rate_call(plan, call) for call in legs]
    others = [rate_use(plan, told.use) for told in month.uses]
    assert all(isinstance(rating, RatedUse) for rating in others)
    amounts = [rating.amount for rating in (*priced, *others) if isinstance(rating, Rated | RatedUse)]
    return Expected(
        records=len(month.records),
        uses=len(legs) + len(month.uses),
        duration_ms=sum(_charged_ms(call) for call in legs) + sum(told.use.duration_ms or 0 for told in month.uses),
        amount=sum(amounts, Decimal(0)),
    )


@pytest.fixture(scope="module")
def folder(own_servers: None) -> Iterator[Path]:
    """The data of one stack, which two runs share; nothing of it is left running."""
    folder = scratch_folder()
    yield folder
    LocalStack(data=folder).down()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def first(folder: Path) -> subprocess.CompletedProcess[str]:
    """A run that ends by itself."""
    return subprocess.run(
        _demo("--once"), env=_environment(folder), capture_output=True, text=True, timeout=RUN_S, check=False
    )


@pytest.fixture(scope="module")
def second(folder: Path, first: subprocess.CompletedProcess[str]) -> Seen:
    """The same again, staying up until it is interrupted."""
    environment = _environment(folder)
    demo = subprocess.Popen(_demo(), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert demo.stdout is not None
    output = ""
    try:
        for line in demo.stdout:
            output += line
            if "until Ctrl-C" in line:
                break
        state = read_state(folder)
        assert state is not None, output
        asked = [*_ringledger("units", "costs", "--account", ACCOUNT_ID), "--json"]
        costs = subprocess.run(asked, env=environment, capture_output=True, text=True, timeout=60, check=True)
    finally:
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=60)
    return Seen(output=output + rest, code=demo.returncode, costs=json.loads(costs.stdout), state=state)


def test_the_first_run_plays_every_call_and_ends_with_0(
    first: subprocess.CompletedProcess[str], expected: Expected
) -> None:
    assert first.returncode == 0, first.stdout + first.stderr
    assert first.stderr == ""
    assert _numbers(PLAYED, first.stdout) == [expected.records, expected.records, 0]
    assert "put in force" in first.stdout
    assert "Every call was a duplicate" not in first.stdout


def test_the_table_ties_to_the_calls_that_were_played(
    first: subprocess.CompletedProcess[str], expected: Expected
) -> None:
    uses, minutes, amount = _numbers(TOTAL, first.stdout)
    assert uses == expected.uses
    assert abs(minutes - Decimal(expected.duration_ms) / 60_000) <= Decimal("0.05")
    assert amount == expected.amount
    assert "The units sum to what was rated, exactly: " in first.stdout
    assert {unit for unit in UNITS if f"│ {unit} " in first.stdout} == UNITS


def test_it_says_where_it_ran_that_the_proof_holds_and_what_to_try(
    first: subprocess.CompletedProcess[str],
) -> None:
    assert re.search(
        r"Ran on Apache Kafka [0-9.]+ \(jars, .+\) and PostgreSQL [0-9.]+ \(wheel, .+\)\.", first.stdout
    )
    assert "HOLDS: " in first.stdout
    tried = first.stdout.split("Try next:")[1].splitlines()[1:4]
    assert all("ringledger " in line for line in tried)


def test_a_second_run_is_all_duplicates_and_shows_the_same_table(
    first: subprocess.CompletedProcess[str], second: Seen, expected: Expected
) -> None:
    assert _numbers(PLAYED, second.output) == [expected.records, 0, expected.records]
    assert "Every call was a duplicate: nothing changed." in second.output
    assert "in force already" in second.output
    assert _numbers(TOTAL, second.output) == _numbers(TOTAL, first.stdout)


def test_the_units_sum_to_the_calls_that_were_played(second: Seen, expected: Expected) -> None:
    lines = second.costs["data"]
    assert isinstance(lines, list)
    assert {line["name"] for line in lines} == UNITS
    assert sum(line["calls"] for line in lines) == expected.uses
    assert sum(line["duration_ms"] for line in lines) == expected.duration_ms
    assert sum(Decimal(line["amount"]) for line in lines) == expected.amount


def test_ctrl_c_stops_what_was_started_and_ends_with_0(second: Seen, folder: Path) -> None:
    assert second.code == 0, second.output
    started = [second.state.supervisor, *(i.process for i in second.state.instances if i.process)]
    assert len(started) > 8
    assert not [identity for identity in started if identity.ref.is_alive()]
    assert read_state(folder) is None


def _charged_ms(call: CallDetailRecord) -> int:
    if call.answered_at is None:
        return 0
    if call.billable_duration_ms is not None:
        return call.billable_duration_ms
    return (call.ended_at - call.answered_at) // timedelta(milliseconds=1)


def _numbers(pattern: re.Pattern[str], output: str) -> list[Decimal]:
    found = pattern.search(output)
    assert found is not None, output
    return [Decimal(number.replace(",", "")) for number in found.groups()]


def _ringledger(*words: str) -> list[str]:
    return [sys.executable, "-m", "cli.main", *words]


def _demo(*words: str) -> list[str]:
    return _ringledger("demo", "--seed", str(SEED), "--calls", str(CALLS), *words)


def _environment(folder: Path) -> dict[str, str]:
    """Servers of this test's own: counts of new and repeated calls need topics that nobody else writes to."""
    kept = {
        name: value for name, value in os.environ.items() if name not in {KAFKA_BOOTSTRAP_SERVERS, POSTGRES_DSN}
    }
    return kept | {"RINGLEDGER_DATA": str(folder), "COLUMNS": "120"}
