"""One supervised process each: a service of the compose file, or the local broker or database in its place."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cli.stack.kafka import LocalKafka
from cli.stack.postgres import LocalPostgres
from cli.stack.processes import StackError, identify, spawn, stop
from cli.stack.services import Restart, RunnableService
from cli.stack.state import Identity, Instance, Phase
from cli.stack.wiring import process_environment

Result = TypeVar("Result")

BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
# Who ran this long has recovered: the next failure is a new one.
RECOVERED_AFTER_S = 30.0
LOOK_EVERY_S = 0.1


class Supervised(ABC):
    """What the supervisor asks of each; `changed` is called after every change of `instance`."""

    def __init__(self, instance: Instance, changed: Callable[[], None]) -> None:
        self.instance = instance
        self._changed = changed
        self._ending = False

    @abstractmethod
    async def run(self) -> None:
        """Start it and keep it as its restart policy says; returns when nothing is left to keep."""

    @abstractmethod
    async def end(self) -> None:
        """Stop it for good."""

    def update(self, **changes: object) -> None:
        """Note what changed of the process."""
        after = self.instance.model_copy(update=changes)
        if after != self.instance:
            self.instance = after
            self._changed()


class SupervisedService(Supervised):
    """Runs one process of a service, asks its health, restarts it with growing pauses."""

    def __init__(
        self, runnable: RunnableService, *, directory: Path, log_file: Path, changed: Callable[[], None]
    ) -> None:
        address = f"127.0.0.1:{runnable.port}" if runnable.port else None
        service = runnable.service.name
        instance = Instance(
            name=runnable.name, service=service, phase=Phase.WAITING, address=address, log=str(log_file)
        )
        super().__init__(instance, changed)
        self._runnable = runnable
        self._directory = directory
        self._log_file = log_file

    async def run(self) -> None:
        attempts = 0
        while not self._ending:
            began = time.monotonic()
            exit_code = await self._run_once()
            if self._ending:
                return
            if time.monotonic() - began > RECOVERED_AFTER_S:
                attempts = 0
            if not self._runnable.service.restart.wanted(exit_code=exit_code, attempts=attempts):
                phase = Phase.COMPLETED if exit_code == 0 else Phase.FAILED
                detail = "" if exit_code == 0 else _ended(exit_code)
                self.update(phase=phase, process=None, detail=detail)
                return
            self.update(
                phase=Phase.RESTARTING, process=None, detail=_ended(exit_code), restarts=self.instance.restarts + 1
            )
            await asyncio.sleep(BACK_OFF_S[min(attempts, len(BACK_OFF_S) - 1)])
            attempts += 1

    async def end(self) -> None:
        self._ending = True
        process = self.instance.process
        if process is not None:
            grace_s = self._runnable.service.stop_grace_s
            in_time = await asyncio.to_thread(stop, process.ref, grace_s=grace_s)
            detail = "" if in_time else f"killed: did not end within {grace_s:g} s"
            self.update(phase=Phase.STOPPED, process=None, detail=detail)
        elif self.instance.phase is not Phase.COMPLETED:
            self.update(phase=Phase.STOPPED, detail="")

    async def _run_once(self) -> int:
        """Start the process and wait for its end; its exit code (negative: the signal that ended it)."""
        try:
            process = spawn(
                self._runnable.command,
                environment=process_environment(self._runnable.environment),
                log_file=self._log_file,
                directory=self._directory,
            )
        except StackError as error:
            self.update(detail=str(error))
            return 127
        phase = Phase.STARTING if self._runnable.service.health else Phase.RUNNING
        self.update(phase=phase, process=_identity(process.pid), detail="")
        health = asyncio.create_task(self._watch_health())
        try:
            return await _result(process.poll)
        finally:
            health.cancel()

    async def _watch_health(self) -> None:
        check = self._runnable.service.health
        if check is None:
            return
        began = time.monotonic()
        failures = 0
        while True:
            fresh = self.instance.phase is Phase.STARTING and time.monotonic() - began < check.start_period_s
            await asyncio.sleep(check.start_interval_s if fresh else check.interval_s)
            problem = await self._ask_health(check.timeout_s)
            if problem is None:
                failures = 0
                self.update(phase=Phase.HEALTHY, was_well=True, detail="")
            elif not fresh:
                failures += 1
                if failures >= check.retries:
                    self.update(phase=Phase.UNHEALTHY, detail=problem)

    async def _ask_health(self, timeout_s: float) -> str | None:
        """Run the health check; None if it is well, else what it said."""
        process = await asyncio.create_subprocess_exec(
            *self._runnable.health_command,
            env=process_environment(self._runnable.environment),
            cwd=self._directory,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(timeout_s):
                said, _ = await process.communicate()
        except TimeoutError:
            return f"health check did not end within {timeout_s:g} s"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        lines = said.decode(errors="replace").strip().splitlines()
        return None if process.returncode == 0 else (lines[-1] if lines else f"exit code {process.returncode}")


class SupervisedProvider(Supervised):
    """Keeps the local broker or database running on the same port and data."""

    def __init__(
        self, name: str, provider: LocalPostgres | LocalKafka, *, restart: Restart, changed: Callable[[], None]
    ) -> None:
        address = f"127.0.0.1:{provider.port}"
        log = str(provider.log_file)
        super().__init__(Instance(name=name, service=name, phase=Phase.WAITING, address=address, log=log), changed)
        self._provider = provider
        self._restart = restart

    async def run(self) -> None:
        while await self._start():
            await _result(lambda: True if self._provider.process is None else None)
            if self._ending:
                return
            if not self._restart.wanted(exit_code=1, attempts=self.instance.restarts):
                self.update(phase=Phase.FAILED, process=None, detail="ended by itself")
                return
            self.update(phase=Phase.RESTARTING, process=None, restarts=self.instance.restarts + 1)

    async def end(self) -> None:
        self._ending = True
        if self.instance.phase is not Phase.WAITING:
            await asyncio.to_thread(self._provider.stop)
        self.update(phase=Phase.STOPPED, process=None, detail="")

    async def _start(self) -> bool:
        self.update(phase=Phase.STARTING if self.instance.restarts == 0 else Phase.RESTARTING)
        try:
            await asyncio.to_thread(self._provider.start)
        except StackError as error:
            self.update(phase=Phase.FAILED, process=None, detail=str(error))
            return False
        process = self._provider.process
        self.update(
            phase=Phase.HEALTHY, was_well=True, process=_identity(process.pid) if process else None, detail=""
        )
        return True


async def _result(look: Callable[[], Result | None]) -> Result:
    """Look until there is something; a thread for each process to wait for would use up the pool."""
    while True:
        found = look()
        if found is not None:
            return found
        await asyncio.sleep(LOOK_EVERY_S)


def _identity(pid: int) -> Identity:
    ref = identify(pid)
    return Identity(pid=ref.pid, started_at=ref.started_at)


def _ended(exit_code: int) -> str:
    return f"ended by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"
