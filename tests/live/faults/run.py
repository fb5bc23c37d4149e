"""One fault run from beginning to end: ground, members, load, faults, quiet, drain, verdict."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka.errors import KafkaError

import cli.verify
from contracts.topics import SERVICES
from tests.live.faults.cast import NEWCOMER, make_cast
from tests.live.faults.ground import Ground
from tests.live.faults.injector import DATABASE_AWAY, Injector, Recovery
from tests.live.faults.load import Load
from tests.live.faults.log import ends_of
from tests.live.faults.members import Samples, Troupe, make_troupe
from tests.live.faults.oracle import Oracle
from tests.live.faults.schedule import draw_schedule
from tests.live.faults.sender import Sender
from tests.live.faults.units import judge_units
from tests.live.faults.verdict import Verdict, judge

DRAIN_PATIENCE_S = 90.0
NEWCOMER_APPEARS = 0.3
MOVE_ANNOUNCED = 0.45

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """What kind of run. seconds: over how long the load is spread at least. variant: of known-wrong services."""

    seed: int
    events: int
    faults: int
    seconds: float
    services: tuple[str, ...] = SERVICES
    session_timeout_ms: int = 3000
    variant: str | None = None
    extra: tuple[tuple[str, str], ...] = ()
    members_at_start: int = 1
    drain_patience_s: float = DRAIN_PATIENCE_S


@dataclass(slots=True, kw_only=True)
class RunResult:
    """What a run showed."""

    settings: RunSettings
    verdict: Verdict
    faults: list[str]
    samples: Samples
    recoveries: list[Recovery]
    left_to_redeliver: list[int]
    unexpected_ends: list[str]
    waiting: str
    """What was not drained when patience ended; empty when all was."""
    proof: str
    """What `ringledger verify` found against it; empty when it holds."""
    seconds: float
    latencies_ms: list[int] = field(default_factory=list)

    def counted(self, name: str, **labels: str) -> int:
        """A metric summed over all members and their lives, where its labels contain these."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return int(sum(v for (n, text), v in self.samples.items() if n == name and all(w in text for w in wanted)))

    @property
    def evidence(self) -> dict[str, int]:
        """What must have happened at least once for the run to prove anything."""
        failures = "ringledger_batch_failures_total"
        return {
            "fenced batches": self.counted(failures, reason="position_lost"),
            "database errors": self.counted(failures, reason="infrastructure"),
            "redelivered records": self.counted("ringledger_redelivered_records_total"),
            "duplicates": self.counted("ringledger_records_total", fate="duplicate"),
            "conflicts": self.counted("ringledger_records_total", fate="conflict"),
            "dead letters": self.counted("ringledger_records_total", fate="dead_letter"),
        }


@dataclass(slots=True, kw_only=True)
class Run:
    """The parts of one run while it lasts."""

    settings: RunSettings
    ground: Ground
    troupe: Troupe
    oracle: Oracle
    sender: Sender
    injector: Injector
    tell: Tell
    _faults_done: int = 0
    _announced: set[str] = field(default_factory=set)

    async def play(self) -> None:
        """Start the members, then load and faults together until both are done."""
        first = [m for s in self.settings.services for m in self.troupe.of(s, running=False)[: self._at_start]]
        for member in first:
            member.start()
        await self.troupe.open()
        known = [a for a in make_cast().values() if a.account_id != NEWCOMER]
        await self.sender.publish_directory(tuple(entry for account in known for entry in account.entries))
        await self.troupe.ready(first)
        await self._until_adopted("account", len(known))
        self.tell(f"{len(first)} members are ready")
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sender.run())
            group.create_task(self._inject_all())

    @property
    def _at_start(self) -> int:
        return self.settings.members_at_start

    def gate(self) -> float:
        """The load may run at most one fault ahead, so that it lasts as long as the faults do."""
        return (self._faults_done + 2) / (self.settings.faults + 1)

    async def on_progress(self, share: float) -> None:
        """Announce what the directory learns during the run; the move before the first call it concerns."""
        cast = make_cast()
        if share >= NEWCOMER_APPEARS and "newcomer" not in self._announced:
            self._announced.add("newcomer")
            await self.sender.publish_directory(cast[NEWCOMER].entries)
        due = share + 2 * self.sender.chunk_share >= self.sender.load.share_before_late_move
        if (due or share >= MOVE_ANNOUNCED) and "move" not in self._announced:
            self._announced.add("move")
            for account in cast.values():
                await self.sender.publish_directory(account.late_entries)
        if due and "adopted" not in self._announced:
            self._announced.add("adopted")
            await self._until_adopted("assignment WHERE version = 2", len(cast))

    async def _until_adopted(self, what: str, count: int) -> None:
        """Wait until billing_units holds so many rows; usage_rating alone is not told of moves."""
        if "billing_units" not in self.settings.services:
            return
        while True:
            try:
                (row,) = await self.ground.query(f"SELECT count(*) AS rows FROM billing_units.{what}")
                if row["rows"] >= count:
                    return
            except DATABASE_AWAY:
                pass
            await asyncio.sleep(0.2)

    async def _inject_all(self) -> None:
        faults = draw_schedule(self.settings.seed, self.settings.faults, self.settings.services)
        for number, fault in enumerate(faults):
            while self.sender.progress < (number + 0.5) / (len(faults) + 1):
                await asyncio.sleep(0.05)
            self.tell(f"{self.sender.progress:.0%} sent; fault {number + 1}: {fault.kind.value} ({fault.service})")
            await self.injector.inject(fault)
            self._faults_done = number + 1
        self._faults_done = len(faults) + 1

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
            await asyncio.sleep(0.3)
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
        if legs["legs"] > self.oracle.waiting and "billing_units" in self.settings.services:
            found.append(f"{legs['legs']} legs in suspense")
        return "; ".join(found)

    async def finish(self, began: float) -> RunResult:
        """Drain, judge, and gather what was measured."""
        waiting = await self.drain()
        self.tell(f"drained: {waiting or 'everything'}")
        await self.troupe.scrape(list(self.troupe.members.values()))
        verdict = await judge(self.ground, self.oracle, self.settings.services)
        self.tell("judged calls, ratings and charges")
        proof = ""
        if self.settings.services == SERVICES:
            await judge_units(verdict, self.ground, self.oracle)
            self.tell("judged unit topics")
            proof = await self._verify()
            self.tell("verified")
        return RunResult(
            settings=self.settings,
            verdict=verdict,
            faults=self.injector.injected,
            samples=self.troupe.samples(),
            recoveries=self.injector.recoveries,
            left_to_redeliver=self.injector.left_to_redeliver,
            unexpected_ends=[
                f"{m.name}: {m.unexpected_ends}" for m in self.troupe.members.values() if m.unexpected_ends
            ],
            waiting=waiting,
            proof=proof,
            seconds=time.monotonic() - began,
        )

    async def _verify(self) -> str:
        await self.ground.query("ANALYZE")
        answer = await cli.verify.run(
            postgres_dsn=self.ground.postgres.dsn(), kafka_bootstrap_servers=self.ground.kafka.bootstrap_servers
        )
        broken = [
            f"{check.service or 'all'}: {check.name}: {check.offending} rows"
            for check in answer.checks
            if not check.holds
        ]
        broken += [
            f"{line.flow} of {line.account_id} differ by {line.difference}"
            for line in answer.conservation
            if not line.holds
        ]
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
    oracle = Oracle()
    sender = Sender(
        bootstrap_servers=ground.kafka.bootstrap_servers,
        load=Load(seed=settings.seed, count=settings.events, cast=make_cast()),
        seconds=settings.seconds,
        gate=lambda: run.gate(),
        on_progress=lambda share: run.on_progress(share),
        on_confirmed=oracle.tell,
    )
    injector = Injector(
        ground=ground,
        troupe=troupe,
        seed=settings.seed,
        session_timeout_s=settings.session_timeout_ms / 1000,
        sender=sender,
    )
    run = Run(
        settings=settings, ground=ground, troupe=troupe, oracle=oracle, sender=sender, injector=injector, tell=tell
    )
    return run
