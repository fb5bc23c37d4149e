"""The local broker and database together: started side by side, stopped together."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.stack.kafka import LocalKafka
from cli.stack.postgres import LocalPostgres


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalProviders:
    """A running PostgreSQL and a running Kafka on this machine."""

    postgres: LocalPostgres
    kafka: LocalKafka

    def stop(self) -> None:
        with ThreadPoolExecutor(2) as pool:
            ends = [pool.submit(self.kafka.stop), pool.submit(self.postgres.stop)]
        for end in ends:
            end.result()


def start_providers(folder: Path) -> LocalProviders:
    """Start both with their data under `folder`; if one fails the other is stopped again."""
    providers = LocalProviders(postgres=LocalPostgres(folder / "postgres"), kafka=LocalKafka(folder / "kafka"))
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(providers.postgres.start), pool.submit(providers.kafka.start)]
    failures = [failure for start in starts if (failure := start.exception())]
    if failures:
        providers.stop()
        raise failures[0]
    return providers


@contextmanager
def local_providers(folder: Path) -> Iterator[LocalProviders]:
    """Both, for as long as the block runs."""
    providers = start_providers(folder)
    try:
        yield providers
    finally:
        providers.stop()
