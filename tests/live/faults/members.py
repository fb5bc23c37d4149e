"""The services of a fault run as real processes: started as the compose file says, restarted when they end."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from cli.stack.compose import read_compose
from cli.stack.processes import spawn
from cli.stack.runner import default_compose_file
from cli.stack.services import RunnableService
from cli.stack.wiring import Addresses, instances, process_environment

RESTART_AFTER_S = 0.2
SCRAPE_EVERY_S = 0.7
MEMBERS_MAX = 3
STOP_LIMIT_S = 15.0
_SAMPLE = re.compile(r"^(ringledger_[a-z_]+_total)(?:\{(.*?)\})? ([0-9.e+-]+)$", re.MULTILINE)
Samples = Counter[tuple[str, str]]
"""Value by metric name and labels as written."""


@dataclass(slots=True, kw_only=True)
class Member:
    """One process of a service, over all its lives."""

    runnable: RunnableService
    command: Sequence[str]
    environment: dict[str, str]
    log_file: Path
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = False
    lives: int = 0
    unexpected_ends: list[int] = field(default_factory=list)
    """Exit codes of ends that no fault and no order of the harness caused."""
    expected_end: bool = False
    paused: bool = False
    _past: Samples = field(default_factory=Counter)
    _last: Samples = field(default_factory=Counter)

    @property
    def name(self) -> str:
        return self.runnable.name

    @property
    def service(self) -> str:
        return self.runnable.service.name

    @property
    def owner(self) -> str:
        """What `input_position.owner` holds for this member."""
        return f"ringledger.{self.service.replace('_', '-')}-{self.name}"

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start a new life."""
        self.wanted, self.paused, self.expected_end = True, False, False
        self._past.update(self._last)
        self._last = Counter()
        self.lives += 1
        self.process = spawn(
            self.command,
            environment=process_environment(self.environment),
            log_file=self.log_file,
            directory=Path(__file__).parents[3],
        )

    def send(self, number: signal.Signals) -> None:
        """Signal the process if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def noticed(self, samples: Samples) -> None:
        """Keep what the process said of itself last; a counter below it belongs to a new life."""
        self._last = samples

    def samples(self) -> Samples:
        """Sums over all lives, as far as they were seen."""
        return self._past + self._last


@dataclass(slots=True, kw_only=True)
class Troupe:
    """All members; keeps those that are wanted running and reads their metrics all the time."""

    members: dict[str, Member]
    database_away: bool = False
    """Set while it is: a member that starts then cannot live."""
    _client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=1, verify=False))
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def of(self, service: str, *, running: bool = True) -> list[Member]:
        """Members of a service, in order of their names."""
        return [m for m in self.members.values() if m.service == service and (m.wanted or not running)]

    async def open(self) -> None:
        """Begin to supervise and to scrape."""
        self._tasks = [asyncio.create_task(self._supervise()), asyncio.create_task(self._scrape_always())]

    async def close(self) -> None:
        """End every process; paused ones are let go on first."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for member in self.members.values():
            member.wanted = False
            member.send(signal.SIGCONT)
            member.send(signal.SIGTERM)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if not any(m.runs for m in self.members.values()):
                break
            await asyncio.sleep(0.1)
        for member in self.members.values():
            member.send(signal.SIGKILL)
            if member.process is not None:
                member.process.wait(timeout=10)
        await self._client.aclose()

    async def ready(self, members: Sequence[Member], timeout_s: float = 60) -> None:
        """Wait until each answers that it is ready. Raises TimeoutError naming who does not."""
        deadline = time.monotonic() + timeout_s
        waiting = list(members)
        while waiting:
            waiting = [m for m in waiting if not await _is_ready(self._client, m)]
            if waiting and time.monotonic() > deadline:
                raise TimeoutError(f"not ready in {timeout_s:g} s: {', '.join(m.name for m in waiting)}")
            await asyncio.sleep(0.2)

    async def stop(self, member: Member) -> float:
        """Ask a member to end and wait until it has; the seconds it took."""
        member.wanted, member.expected_end = False, True
        await self.scrape([member])
        began = time.monotonic()
        member.send(signal.SIGTERM)
        while member.runs:
            await asyncio.sleep(0.05)
            if time.monotonic() - began > 2 * STOP_LIMIT_S:
                member.send(signal.SIGKILL)
        return time.monotonic() - began

    async def scrape(self, members: Sequence[Member]) -> None:
        """Read the metrics of these members now; who does not answer is left out."""
        await asyncio.gather(*(_scrape(self._client, m) for m in members if m.runs and not m.paused))

    def unexpected_ends(self) -> list[str]:
        """Members that ended though nothing was done to them."""
        return [f"{m.name}: exit codes {m.unexpected_ends}" for m in self.members.values() if m.unexpected_ends]

    def samples(self) -> Samples:
        """What all members counted over all their lives."""
        total: Samples = Counter()
        for member in self.members.values():
            total += member.samples()
        return total

    async def _supervise(self) -> None:
        """As the compose file's `restart: unless-stopped`."""
        while True:
            await asyncio.sleep(RESTART_AFTER_S)
            for member in self.members.values():
                if member.wanted and not member.runs and member.process is not None:
                    if not (member.expected_end or self.database_away):
                        member.unexpected_ends.append(member.process.returncode)
                    member.start()

    async def _scrape_always(self) -> None:
        while True:
            await self.scrape(list(self.members.values()))
            await asyncio.sleep(SCRAPE_EVERY_S)


def make_troupe(
    addresses: Addresses, folder: Path, services: Sequence[str], *, variant: str | None, extra: dict[str, str]
) -> Troupe:
    """Members of the ingest services, three of each, none started. variant: which known-wrong one they are."""
    scale = dict.fromkeys(services, MEMBERS_MAX)
    compose = read_compose(default_compose_file())
    members = {}
    for runnable in instances(compose, scale=scale, addresses=addresses, environment=dict(os.environ)):
        if runnable.service.name not in services:
            continue
        prefix = runnable.service.name.upper()
        environment = dict(runnable.environment) | {f"{prefix}_{name}": value for name, value in extra.items()}
        command = list(runnable.command)
        if variant is not None:
            command = [sys.executable, "-m", "tests.live.faults.wrong_variant", variant, *command[2:]]
        members[runnable.name] = Member(
            runnable=runnable,
            command=command,
            environment=environment,
            log_file=folder / "logs" / f"{runnable.name}.log",
        )
    return Troupe(members=members)


def read_samples(text: str) -> Samples:
    """The samples of a metrics page."""
    return Counter({(name, labels): float(value) for name, labels, value in _SAMPLE.findall(text)})


async def _is_ready(client: httpx.AsyncClient, member: Member) -> bool:
    try:
        return (await client.get(f"http://127.0.0.1:{member.runnable.port}/readyz")).status_code == 200
    except httpx.HTTPError:
        return False


async def _scrape(client: httpx.AsyncClient, member: Member) -> None:
    try:
        answer = await client.get(f"http://127.0.0.1:{member.runnable.port}/metrics")
    except httpx.HTTPError:
        return
    if answer.status_code == 200:
        member.noticed(read_samples(answer.text))
