"""One fault run from beginning to end: ground, members, load and faults, quiet, drain, verdict."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiokafka.errors import KafkaError

import cli.verify
from tests.live.faults import latency
from tests.live.faults.cast import make_cast
from tests.live.faults.directory import Directory
from tests.live.faults.ground import Ground
from tests.live.faults.injector import DATABASE_AWAY, Injector
from tests.live.faults.invariants import Watch
from tests.live.faults.load import Load
from tests.live.faults.log import ends_of
from tests.live.faults.members import Troupe, make_troupe
from tests.live.faults.oracle import Oracle
from tests.live.faults.result import ON_THE_WAY, RunResult, RunSettings
from tests.live.faults.schedule import draw_schedule
from tests.live.faults.sender import Sender
from tests.live.faults.units import judge_units
from tests.live.faults.verdict import judge

QUIET_RATE_PER_S = 300
POLL_S = 0.3

Tell = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Gate:
    """How much of the load may be sent: at most two faults ahead, and the quiet end only when it is quiet."""

    settings: RunSettings
    faults_done: int = 0
    quiet_since_s: float | None = None

    @property
    def busy_share(self) -> float:
        """The share of the load that is sent while faults happen."""
        return 1 - self.settings.quiet_events / self.settings.events

    def __call__(self) -> float:
        if self.quiet_since_s is None:
            return min((self.faults_done + 2) / (self.settings.faults + 1), self.busy_share)
        passed_s = time.monotonic() - self.quiet_since_s
        return self.busy_share + passed_s * QUIET_RATE_PER_S / self.settings.events


@dataclass(slots=True, kw_only=True)
class Run:
    """The parts of one run while it lasts."""

    settings: RunSettings
    ground: Ground
    troupe: Troupe
    oracle: Oracle
    sender: Sender
    directory: Directory
    injector: Injector
    gate: Gate
    watch: Watch
    tell: Tell

    async def play(self) -> None:
        """Start the members, then load and faults together until both are done."""
        for statement in self.settings.prepare:
            await self.ground.query(statement)
        at_start = self.settings.members_at_start
        first = [m for s in self.settings.services for m in self.troupe.of(s, running=False)[:at_start]]
        for member in first:
            member.start()
        await self.troupe.open()
        await self.directory.open()
        await self.troupe.ready(first)
        await self.directory.adopted()
        self.tell(f"{len(first)} members are ready")
        watching = asyncio.create_task(self.watch.run())
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sender.run())
            group.create_task(self._direct())
        watching.cancel()

    async def _direct(self) -> None:
        """Inject the faults while the load goes on; then let it become quiet for the last of the load."""
        settings = self.settings
        faults = settings.schedule or draw_schedule(settings.seed, settings.faults, settings.services)
        for number, fault in enumerate(faults):
            await self.sender.until((number + 0.5) / (len(faults) + 1))
            self.tell(f"{self.sender.progress:.0%} sent; fault {number + 1}: {fault.kind.value} ({fault.service})")
            await self.injector.inject(fault)
            self.gate.faults_done = number + 1
        self.gate.faults_done = len(faults) + 1
        await self.sender.until(self.gate.busy_share - 1 / settings.events)
        self.tell(f"faults are over; waiting: {await self.drain() or 'nothing'}")
        self.oracle.quiet_from = self.sender.confirmed
        self.gate.quiet_since_s = time.monotonic()

    async def drain(self) -> str:
        """Wait until everything is read, published and settled, twice in a row; else what is still waiting."""
        deadline = time.monotonic() + self.settings.drain_patience_s
        quiet, waiting = 0, "nothing was looked at"
        while quiet < 2 and time.monotonic() < deadline:
            try:
                waiting = await self._waiting()
            except (*DATABASE_AWAY, KafkaError) as error:
                waiting = repr(error)
            quiet = 0 if waiting else quiet + 1
            await asyncio.sleep(POLL_S)
        return waiting

    async def _waiting(self) -> str:
        found = []
        for service in self.settings.services:
            rows = await self.ground.query(f"SELECT topic, partition, next_offset FROM {service}.input_position")
            positions = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
            ends = await ends_of(self.ground.kafka.bootstrap_servers, positions)
            lag = sum(max(0, end - positions[place]) for place, end in ends.items())
            (outbox,) = await self.ground.query(f"SELECT count(*) AS rows FROM {service}.outbox")
            if lag or outbox["rows"] or not positions:
                found.append(f"{service}: {lag} records unread, {outbox['rows']} lists unpublished")
        (legs,) = await self.ground.query("SELECT count(*) AS legs FROM usage_rating.suspense")
        if legs["legs"] > self.oracle.waiting:
            found.append(f"{legs['legs']} legs in suspense")
        return "; ".join(found)

    async def finish(self, began: float) -> RunResult:
        """Drain, judge, and gather what was measured."""
        waiting = await self.drain()
        self.tell(f"waiting at the end: {waiting or 'nothing'}")
        await self.troupe.scrape(list(self.troupe.members.values()))
        verdict = await judge(self.ground, self.oracle, self.settings.services)
        verdict.checked["looks at the invariants during the run"] = self.watch.looks
        verdict.problems += self.watch.broken[:5]
        self.tell("calls, ratings and charges are judged")
        proof, latencies_ms = "", []
        if self.settings.services == ON_THE_WAY:
            subscribers = await judge_units(verdict, self.ground, self.oracle)
            latencies_ms = await latency.measure(self.ground, self.oracle.quiet, subscribers)
            self.tell("units are judged")
            proof = await self._verify()
        return RunResult(
            settings=self.settings,
            verdict=verdict,
            faults=self.injector.injected,
            samples=self.troupe.samples(),
            recoveries=self.injector.recoveries,
            left_to_redeliver=self.injector.left_to_redeliver,
            unexpected_ends=self.troupe.unexpected_ends(),
            waiting=waiting,
            proof=proof,
            seconds=time.monotonic() - began,
            latencies_ms=latencies_ms,
        )

    async def _verify(self) -> str:
        """What `ringledger verify` says against the run, on tables that no autovacuum has looked at yet."""
        began = time.monotonic()
        answer = await cli.verify.run(
            postgres_dsn=self.ground.postgres.dsn(), kafka_bootstrap_servers=self.ground.kafka.bootstrap_servers
        )
        broken = [
            f"{check.service or 'all'}: {check.name}: {check.offending} rows, such as {check.rows[:1]}"
            for check in answer.checks
            if not check.holds
        ]
        broken += [
            f"{line.flow} of {line.account_id} differ by {line.difference}"
            for line in answer.conservation
            if not line.holds
        ]
        self.tell(f"the proof took {time.monotonic() - began:.1f} s")
        return "; ".join(broken)


async def fault_run(settings: RunSettings, folder: Path, tell: Tell, *, keep: bool = False) -> RunResult:
    """Play a whole run in `folder` and say what it showed; everything started is ended again."""
    began = time.monotonic()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    ground = await Ground.lay(folder)
    tell(f"PostgreSQL and Kafka are up after {time.monotonic() - began:.0f} s")
    extra = {"SESSION_TIMEOUT_MS": str(settings.session_timeout_ms), **dict(settings.extra)}
    troupe = make_troupe(ground.addresses, folder, settings.services, variant=settings.variant, extra=extra)
    try:
        run = _assemble(settings, ground, troupe, tell)
        await run.play()
        return await run.finish(began)
    finally:
        await troupe.close()
        await ground.clear(keep=keep)


def _assemble(settings: RunSettings, ground: Ground, troupe: Troupe, tell: Tell) -> Run:
    cast, oracle, gate = make_cast(), Oracle(), Gate(settings=settings)
    sender = Sender(
        bootstrap_servers=ground.kafka.bootstrap_servers,
        load=Load(seed=settings.seed, count=settings.events, cast=cast),
        seconds=settings.seconds,
        gate=gate,
        on_confirmed=oracle.tell,
    )
    directory = Directory(ground=ground, sender=sender, cast=cast, alone="billing_units" not in settings.services)
    sender.on_progress = directory.on_progress
    injector = Injector(
        ground=ground,
        troupe=troupe,
        seed=settings.seed,
        session_timeout_s=settings.session_timeout_ms / 1000,
        sender=sender,
    )
    return Run(
        settings=settings,
        ground=ground,
        troupe=troupe,
        oracle=oracle,
        sender=sender,
        directory=directory,
        injector=injector,
        gate=gate,
        watch=Watch(ground=ground, services=settings.services),
        tell=tell,
    )
