"""The process behind `ringledger up`: owns everything the stack runs, in order, until it is told to end.

`python -m cli.stack.supervisor --compose FILE --data DIR [--scale service=n …]`
"""

import argparse
import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cli.stack.compose import ComposeFile, read_compose
from cli.stack.processes import StackError, identify
from cli.stack.services import Condition, Provider, Service
from cli.stack.state import Identity, Phase, StackState, write_state
from cli.stack.supervised import Supervised, SupervisedProvider, SupervisedService
from cli.stack.used import GivenProvider, Used, fresh_log
from cli.stack.wiring import instances


class Supervisor:
    """Starts a compose file's services in the order of their dependencies and stops them the other way round."""

    def __init__(
        self, compose: ComposeFile, *, data: Path, scale: Mapping[str, int], environment: Mapping[str, str]
    ) -> None:
        self._compose = compose
        self._data = data
        self._changed = asyncio.Event()
        self._used = Used.choose(data, environment)
        self._providers = [self._provider(service) for service in compose.services.values() if service.provider]
        self._services = [
            SupervisedService(
                runnable,
                directory=compose.path.parent,
                log_file=fresh_log(data, runnable.name),
                changed=self._changed.set,
            )
            for runnable in instances(compose, scale=scale, addresses=self._used.addresses, environment=environment)
        ]

    async def run(self, asked_to_end: asyncio.Event) -> None:
        """Run everything until asked to end, then stop the services first and what they use after them."""
        writer = asyncio.create_task(self._keep_state_written())
        keepers = [asyncio.create_task(self._keep(part)) for part in (*self._providers, *self._services)]
        await asked_to_end.wait()
        await asyncio.gather(*(service.end() for service in self._services))
        await asyncio.gather(*(provider.end() for provider in self._providers))
        for task in (*keepers, writer):
            task.cancel()
        await asyncio.gather(*keepers, writer, return_exceptions=True)
        self._write()

    async def _keep(self, part: Supervised) -> None:
        service = self._compose.services[part.instance.service]
        while blockers := [
            name for name, condition in service.depends_on.items() if not self._met(name, condition)
        ]:
            part.update(detail=f"waits for {', '.join(blockers)}")
            await asyncio.sleep(0.05)
        await part.run()

    def _met(self, name: str, condition: Condition) -> bool:
        """Whether all processes of a service are as those who wait for it need them."""
        phases = {p.instance.phase for p in (*self._providers, *self._services) if p.instance.service == name}
        match condition:
            case Condition.STARTED:
                return phases.isdisjoint({Phase.WAITING, Phase.FAILED})
            case Condition.HEALTHY:
                return phases <= {Phase.HEALTHY, Phase.GIVEN}
            case Condition.COMPLETED:
                return phases <= {Phase.COMPLETED}

    def _provider(self, service: Service) -> Supervised:
        """The local broker or database in a service's place, unless an address was given for it."""
        is_database = service.provider is Provider.POSTGRES
        local = self._used.postgres if is_database else self._used.kafka
        if local is not None:
            return SupervisedProvider(service.name, local, restart=service.restart, changed=self._changed.set)
        return GivenProvider(
            service.name,
            self._used.addresses,
            is_database=is_database,
            changed=self._changed.set,
        )

    async def _keep_state_written(self) -> None:
        while True:
            self._changed.clear()
            self._write()
            await self._changed.wait()
            # Changes come in clusters; one write serves them all.
            await asyncio.sleep(0.02)

    def _write(self) -> None:
        myself = identify(os.getpid())
        state = StackState(
            supervisor=Identity(pid=myself.pid, started_at=myself.started_at),
            compose_file=str(self._compose.path),
            postgres_dsn=self._used.addresses.postgres_dsn,
            kafka_bootstrap_servers=self._used.addresses.kafka_bootstrap_servers,
            database_from=self._used.database_from,
            broker_from=self._used.broker_from,
            instances=tuple(part.instance for part in (*self._providers, *self._services)),
        )
        write_state(self._data, state)


def only_supervisor(data: Path) -> int:
    """Take the data folder's lock for as long as this process lives; raises StackError if another holds it."""
    data.mkdir(parents=True, exist_ok=True)
    lock = os.open(data / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StackError(f"another stack runs on {data}; `ringledger down` stops it") from error
    return lock


async def supervise(compose: ComposeFile, *, data: Path, scale: Mapping[str, int]) -> None:
    """Run the stack until SIGTERM or SIGINT."""
    asked_to_end = asyncio.Event()
    # Every process may have to be stopped at the same time, each by a thread that waits for it.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(64))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, asked_to_end.set)
    supervisor = Supervisor(compose, data=data, scale=scale, environment=dict(os.environ))
    await supervisor.run(asked_to_end)


def read_scale(texts: Sequence[str]) -> dict[str, int]:
    """`service=3` as given to --scale; raises StackError for anything else."""
    scale: dict[str, int] = {}
    for text in texts:
        name, equals, count = text.partition("=")
        if not equals or not count.isascii() or not count.isdigit():
            raise StackError(f"--scale: {text!r} is not of the form service=3")
        scale[name] = int(count)
    return scale


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cli.stack.supervisor")
    parser.add_argument("--compose", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scale", action="append", default=[])
    arguments = parser.parse_args()
    try:
        lock = only_supervisor(arguments.data)
        compose = read_compose(arguments.compose)
        asyncio.run(supervise(compose, data=arguments.data, scale=read_scale(arguments.scale)))
        os.close(lock)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
