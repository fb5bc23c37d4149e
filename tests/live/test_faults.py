"""On every commit: one seed, 50,000 calls, every kind of fault, real processes, and nothing lost or doubled."""

import sys
import time
from pathlib import Path

import pytest

from tests.live.faults.report import objections, summary
from tests.live.faults.result import ON_THE_WAY, RunSettings
from tests.live.faults.run import fault_run

SEED = 7
EVENTS = 50_000
FAULTS = 7
WINDOW_S = 30


@pytest.mark.usefixtures("own_servers")
async def test_faults_lose_and_double_nothing(scratch: Path) -> None:
    settings = RunSettings(seed=SEED, events=EVENTS, faults=FAULTS, seconds=WINDOW_S, services=ON_THE_WAY)

    began = time.monotonic()

    def tell(words: str) -> None:
        sys.stdout.write(f"{time.monotonic() - began:6.1f} s  {words}\n")

    result = await fault_run(settings, scratch, tell, keep=True)

    sys.stdout.write(summary(result) + "\n")
    assert objections(result) == []
