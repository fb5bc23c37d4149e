"""`make chaos`: a long fault run, `python -m tests.live.chaos --seed 7 --events 1000000 --faults 80`."""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from tests.live.faults.report import objections, summary
from tests.live.faults.result import ON_THE_WAY, RunResult, RunSettings
from tests.live.faults.run import fault_run
from tests.support.stack import scratch_folder

FAULT_EVERY_S = 9.0
"""About what a fault with its recovery takes on two cores; the load lasts as long as the faults do anyway."""


def main() -> int:
    """Run once, print what was seen; 0 when nothing speaks against it."""
    arguments = _arguments()
    seconds = arguments.minutes * 60 if arguments.minutes else arguments.faults * FAULT_EVERY_S
    settings = RunSettings(
        seed=arguments.seed,
        events=arguments.events,
        faults=arguments.faults,
        seconds=seconds,
        services=ON_THE_WAY,
        drain_patience_s=600,
    )
    folder = scratch_folder()
    _tell(f"seed {settings.seed}: {settings.events} events, {settings.faults} faults, logs in {folder}")
    result = asyncio.run(_until_asked(settings, folder))
    against = objections(result)
    _tell(summary(result))
    _tell("\n".join(f"AGAINST: {objection}" for objection in against) or "nothing speaks against it")
    if not (against or arguments.keep):
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if against else 0


async def _until_asked(settings: RunSettings, folder: Path) -> RunResult:
    """The run; SIGTERM ends it in order, as Ctrl-C does."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    began = time.monotonic()
    return await fault_run(
        settings, folder, lambda words: _tell(f"{time.monotonic() - began:7.1f} s  {words}"), keep=True
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.live.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(1, 10**6), help="drawn when not given")
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--faults", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=0, help="spread the load over so long at least")
    parser.add_argument("--keep", action="store_true", help="leave data and logs of broker, database and services")
    return parser.parse_args()


def _tell(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
