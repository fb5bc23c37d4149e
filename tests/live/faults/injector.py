"""Does the faults of a schedule to the running system and measures how long each recovery took."""

import asyncio
import random
import signal
import time
from dataclasses import dataclass, field

import asyncpg

from contracts.topics import group_of
from tests.live.faults.ground import Ground
from tests.live.faults.log import committed_of
from tests.live.faults.members import MEMBERS_MAX, Member, Troupe
from tests.live.faults.schedule import Fault, FaultKind
from tests.live.faults.sender import Sender

POLL_S = 0.15
RECOVERY_PATIENCE_S = 20.0
BURST_RECORDS = 3000
AT_WORK_PATIENCE_S = 1.5
BROKER_SILENT_S = 0.7
COMMITS_END_S = 0.15
DATABASE_AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
Places = dict[tuple[str, int], int]
"""(topic, partition) → next offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was measured after a fault. seconds None: nothing moved because nothing was waiting."""

    what: str
    seconds: float | None
    limit_s: float


@dataclass(slots=True, kw_only=True)
class Injector:
    """Injects one fault after another; the load goes on all the time."""

    ground: Ground
    troupe: Troupe
    seed: int
    session_timeout_s: float
    sender: Sender
    recoveries: list[Recovery] = field(default_factory=list)
    injected: list[str] = field(default_factory=list)
    left_to_redeliver: list[int] = field(default_factory=list)
    """After each graceful stop: records between a partition's committed offset and its position, at most."""
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(f"injector {self.seed}")

    async def inject(self, fault: Fault) -> None:
        """Do it, wait until the system is well again, and note how long that took."""
        self.injected.append(f"{fault.kind.value} ({fault.service})")
        match fault.kind:
            case FaultKind.KILL:
                await self._kill(fault)
            case FaultKind.PAUSE:
                await self._pause(fault)
            case FaultKind.DATABASE:
                await self._crash_database(fault)
            case FaultKind.KILL_WITHOUT_DATABASE:
                await self._crash_database(fault, kill=True)
            case FaultKind.BROKER:
                await self._kill_broker(fault)
            case FaultKind.SCALE_UP:
                await self._scale_up(fault)
            case FaultKind.SCALE_DOWN:
                await self._scale_down(fault)

    async def _kill(self, fault: Fault) -> None:
        member = await self._busy_member(fault.service)
        await self.troupe.scrape([member])
        member.expected_end = True
        began = time.monotonic()
        member.send(signal.SIGKILL)
        held = await self._held_after(member)
        await self._until_moved(fault.service, held, began, "kill → first new commit", self.session_timeout_s + 5)

    async def _pause(self, fault: Fault) -> None:
        """Stop a member with work in its hands, longer than its session; let it go on unseen by the broker.

        When it wakes the broker is silent for a moment: the member does not learn that it lost its partitions
        and works on what it holds, so that only the fence in the database can stop it.
        """
        member = await self._busy_member(fault.service)
        await self._until_at_work(member)
        began = time.monotonic()
        member.paused = True
        member.send(signal.SIGSTOP)
        held = await self._held_after(member)
        self.sender.hurry(BURST_RECORDS)
        watch = asyncio.create_task(
            self._until_moved(fault.service, held, began, "pause → first new commit", self.session_timeout_s + 5)
        )
        await asyncio.sleep(self.session_timeout_s + 1.5)
        self._signal_broker(signal.SIGSTOP)
        member.send(signal.SIGCONT)
        member.paused = False
        await asyncio.sleep(BROKER_SILENT_S)
        self._signal_broker(signal.SIGCONT)
        await watch

    async def _until_at_work(self, member: Member) -> None:
        """Send a burst and wait until the member has a transaction open while the burst is coming in."""
        connection = await asyncpg.connect(self.ground.postgres.dsn(), timeout=5)
        try:
            deadline = time.monotonic() + AT_WORK_PATIENCE_S
            before = self.sender.confirmed
            self.sender.hurry(BURST_RECORDS)
            while time.monotonic() < deadline:
                if self.sender.confirmed < before + BURST_RECORDS // 3:
                    await asyncio.sleep(0.005)
                elif await connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND backend_xid IS NOT NULL",
                    member.owner,
                ):
                    return
        finally:
            await connection.close(timeout=5)

    def _signal_broker(self, number: signal.Signals) -> None:
        process = self.ground.kafka.process
        if process is not None:
            process.send(number)

    async def _crash_database(self, fault: Fault, *, kill: bool = False) -> None:
        self.sender.hurry(BURST_RECORDS // 6)
        self.troupe.database_away = True
        await asyncio.to_thread(self.ground.postgres.crash_stop)
        await asyncio.sleep(fault.down_s / 2)
        if kill:
            member = self._random.choice(self.troupe.of(fault.service))
            member.expected_end = True
            member.send(signal.SIGKILL)
        await asyncio.sleep(fault.down_s / 2 + 0.3)
        await asyncio.to_thread(self.ground.postgres.start)
        began = time.monotonic()
        limit_s = self.session_timeout_s + 7 if kill else 10.0
        what = "database back, member killed → consuming" if kill else "database back → consuming"
        await self._until_moved("usage_rating", await self._positions("usage_rating"), began, what, limit_s)
        self.troupe.database_away = False

    async def _kill_broker(self, fault: Fault) -> None:
        await asyncio.to_thread(self.ground.kafka.kill)
        await asyncio.sleep(fault.down_s)
        await asyncio.to_thread(self.ground.kafka.start)
        began = time.monotonic()
        before = await self._positions("usage_rating")
        await self._until_moved("usage_rating", before, began, "broker back → consuming", 15.0)

    async def _scale_up(self, fault: Fault) -> None:
        members = self.troupe.of(fault.service, running=False)[:MEMBERS_MAX]
        began = time.monotonic()
        for member in members:
            if not member.wanted:
                member.start()
        deadline = began + RECOVERY_PATIENCE_S
        while time.monotonic() < deadline:
            if await self._all_own(fault.service, members):
                break
            await asyncio.sleep(POLL_S)
        self._note("members 1 → 3: all three commit", time.monotonic() - began, RECOVERY_PATIENCE_S)

    async def _scale_down(self, fault: Fault) -> None:
        for member in self.troupe.of(fault.service)[1:]:
            seconds = await self.troupe.stop(member)
            self._note("graceful stop", seconds, 15.0)
            committed = await committed_of(self.ground.kafka.bootstrap_servers, group_of(fault.service))
            after = await self._positions(fault.service)
            # Whoever has taken a partition over since has moved on and shows that to Kafka only now and then.
            left = await self._held_by(member)
            again = [after[place] - committed.get(place, 0) for place in left if after.get(place, 0)]
            self.left_to_redeliver.append(max(again, default=0))

    async def _all_own(self, service: str, members: list[Member]) -> bool:
        rows = await self._ask(f"SELECT DISTINCT owner FROM {service}.input_position")
        return {member.owner for member in members} <= {row["owner"] for row in rows}

    async def _busy_member(self, service: str) -> Member:
        """A member that holds partitions, drawn; the fault is to hit something."""
        members = self.troupe.of(service)
        deadline = time.monotonic() + RECOVERY_PATIENCE_S
        while time.monotonic() < deadline:
            rows = await self._ask(f"SELECT DISTINCT owner FROM {service}.input_position")
            owners = {row["owner"] for row in rows}
            busy = [member for member in members if member.owner in owners and member.runs]
            if busy:
                return self._random.choice(busy)
            await asyncio.sleep(POLL_S)
        return self._random.choice(members)

    async def _held_by(self, member: Member) -> Places:
        return await self._positions(member.service, f"AND owner = '{member.owner}'")

    async def _held_after(self, member: Member) -> Places:
        """As `_held_by`, when what the database was committing for a member that stopped is done."""
        await asyncio.sleep(COMMITS_END_S)
        return await self._held_by(member)

    async def _positions(self, service: str, condition: str = "") -> Places:
        rows = await self._ask(
            f"SELECT topic, partition, next_offset FROM {service}.input_position WHERE next_offset > 0 {condition}"
        )
        return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}

    async def _ask(self, sql: str) -> list[asyncpg.Record]:
        """Ask until the database answers."""
        while True:
            try:
                return list(await self.ground.query(sql))
            except DATABASE_AWAY:
                await asyncio.sleep(POLL_S)

    async def _until_moved(self, service: str, held: Places, began: float, what: str, limit_s: float) -> None:
        """Wait until one of the partitions has moved on, and note it."""
        while held and time.monotonic() - began < RECOVERY_PATIENCE_S:
            now = await self._positions(service)
            if any(now.get(place, 0) > offset for place, offset in held.items()):
                self._note(what, time.monotonic() - began, limit_s)
                return
            await asyncio.sleep(POLL_S)
        self._note(what, RECOVERY_PATIENCE_S if held else None, limit_s)

    def _note(self, what: str, seconds: float | None, limit_s: float) -> None:
        self.recoveries.append(Recovery(what=what, seconds=seconds, limit_s=limit_s))
