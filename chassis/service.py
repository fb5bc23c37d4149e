"""Runs a service's parts together, watches that they move, and stops them within the grace time."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from chassis import metrics
from chassis.broker_errors import BROKER_ERRORS
from chassis.clock import Clock, monotonic_s
from chassis.database import INFRASTRUCTURE_ERRORS, Pool
from chassis.intake.consumer import Intake
from chassis.logs import get_logger
from chassis.outbox.lanes import QUERIES as LANE_QUERIES
from chassis.settings import ServiceSettings

LOG = get_logger(__name__)
WATCH_S = 2.0
CHECK_TIMEOUT_S = 3

Part = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True, kw_only=True)
class Watch:
    """Whether this process moves. Liveness fails when it stands still although all it needs is there."""

    settings: ServiceSettings
    intake: Intake | None
    pool: Pool
    clock: Clock
    stuck: str | None = None

    async def live(self) -> str | None:
        """None, or why the process should be restarted."""
        return self.stuck

    async def database(self) -> str | None:
        """None when the database answers."""
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                await self.pool.fetchval("SELECT 1")
        except INFRASTRUCTURE_ERRORS as error:
            return f"database does not answer: {error!r}"
        return None

    async def partitions(self) -> str | None:
        """None, or the partitions that an alarm stopped."""
        if self.intake is None or not self.intake.partitions.alarms:
            return None
        return "; ".join(f"{name} stopped: {why}" for name, why in self.intake.partitions.alarms.items())

    async def consumer(self) -> str | None:
        """None when the consumer has joined its group."""
        if self.intake is None or self.intake.partitions.joined:
            return None
        return "the consumer has not joined its group yet"

    async def run(self) -> None:
        """Keep the gauges and notice a standstill: nothing committed, records waiting, all else well."""
        while self.stuck is None:
            await asyncio.sleep(WATCH_S)
            await self._measure_outbox()
            if self.intake is None:
                continue
            still_s = monotonic_s() - self.intake.last_commit_s
            if still_s < self.settings.stall_timeout_s:
                continue
            try:
                async with asyncio.timeout(CHECK_TIMEOUT_S * 2):
                    behind = await self.intake.behind_at_broker()
            except (*BROKER_ERRORS, *INFRASTRUCTURE_ERRORS):
                continue
            if behind:
                self.stuck = f"nothing committed for {still_s:.0f} s with records waiting"
            else:
                self.intake.last_commit_s = monotonic_s()
        LOG.error("stuck", why=self.stuck)
        raise StuckError(self.stuck)

    async def _measure_outbox(self) -> None:
        try:
            row = await self.pool.fetchrow(LANE_QUERIES["get_depth"])
        except INFRASTRUCTURE_ERRORS:
            return
        metrics.OUTBOX_DEPTH.set(row["depth"])
        age_s = 0.0 if row["oldest"] is None else (self.clock() - row["oldest"]).total_seconds()
        metrics.OUTBOX_AGE.set(max(0.0, age_s))


class StuckError(RuntimeError):
    """The process stands still although database and broker answer: a restart is the cure."""


@dataclass(slots=True, kw_only=True)
class Process:
    """The parts of one process: an HTTP application, an intake where there is one, and further loops."""

    settings: ServiceSettings
    application: ASGIApp
    intake: Intake | None = None
    parts: Sequence[Part] = ()
    closing: Sequence[Callable[[], Awaitable[object]]] = ()
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, then finish open batches and close, all within the grace time."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        server = _server(self.application, self.settings)
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(part(), name=getattr(part, "__qualname__", "part")) for part in self.parts
        ]
        if self.intake is not None:
            tasks.append(asyncio.create_task(self.intake.run(), name="intake"))
        tasks.append(asyncio.create_task(server.serve(), name="http"))
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        LOG.info("stopping", asked=stopping in done)
        try:
            async with asyncio.timeout(self.settings.stop_grace_s):
                if self.intake is not None and stopping in done:
                    await self.intake.finish()
        except TimeoutError:
            LOG.warning("stopped_before_open_batches_were_done")
        server.should_exit = True
        await self._cancel([task for task in tasks if task.get_name() != "http"] + [stopping])
        await asyncio.wait([task for task in tasks if task.get_name() == "http"], timeout=2)
        for close in self.closing:
            try:
                async with asyncio.timeout(2):
                    await close()
            except BROKER_ERRORS as error:
                LOG.warning("not_closed_cleanly", error=repr(error))
        for task in done - {stopping}:
            task.result()

    async def _cancel(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=3)


def _server(application: ASGIApp, settings: ServiceSettings) -> uvicorn.Server:
    config = uvicorn.Config(
        application,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    return server
