"""On every commit: one seed, 50,000 calls, every kind of fault, real processes, and nothing lost or doubled."""

import sys
from pathlib import Path

import pytest

from contracts.topics import SERVICES
from tests.live.faults.report import objections, summary
from tests.live.faults.result import RunSettings
from tests.live.faults.run import fault_run

SEED = 7
EVENTS = 50_000
FAULTS = 8
WINDOW_S = 35


@pytest.mark.usefixtures("own_servers")
async def test_faults_lose_and_double_nothing(scratch: Path) -> None:
    settings = RunSettings(seed=SEED, events=EVENTS, faults=FAULTS, seconds=WINDOW_S, services=SERVICES)

    result = await fault_run(settings, scratch, _tell, keep=True)

    _tell(summary(result))
    assert objections(result) == []


def _tell(words: str) -> None:
    sys.stdout.write(words + "\n")
