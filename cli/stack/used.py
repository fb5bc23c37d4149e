"""Which broker and database a stack uses: those whose addresses are given, else local ones."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.stack import postgres
from cli.stack.jars import KAFKA_VERSION
from cli.stack.kafka import LocalKafka
from cli.stack.postgres import LocalPostgres
from cli.stack.probes import kafka_answers, postgres_version
from cli.stack.state import Instance, Phase
from cli.stack.supervised import Supervised
from cli.stack.wiring import KAFKA_BOOTSTRAP_SERVERS, POSTGRES_DSN, Addresses


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """The addresses in use; `postgres` and `kafka` are None where an address was given."""

    addresses: Addresses
    postgres: LocalPostgres | None
    kafka: LocalKafka | None

    @staticmethod
    def choose(data: Path, environment: Mapping[str, str]) -> "Used":
        """Given addresses come first; nothing is started here."""
        dsn, bootstrap = environment.get(POSTGRES_DSN), environment.get(KAFKA_BOOTSTRAP_SERVERS)
        database = None if dsn else LocalPostgres(data / "postgres", log_file=fresh_log(data, "postgres"))
        broker = None if bootstrap else LocalKafka(data / "kafka", log_file=fresh_log(data, "kafka"))
        addresses = Addresses(
            postgres_dsn=dsn or (database.dsn() if database else ""),
            kafka_bootstrap_servers=bootstrap or (broker.bootstrap_servers if broker else ""),
        )
        return Used(addresses=addresses, postgres=database, kafka=broker)

    @property
    def database_from(self) -> str:
        """The database in words, for people."""
        if self.postgres is None:
            return f"PostgreSQL (given, {self.addresses.variables()['RINGLEDGER_POSTGRES_ADDRESS']})"
        return f"PostgreSQL {postgres.version()} (wheel, {self.postgres.address})"

    @property
    def broker_from(self) -> str:
        """The broker in words, for people."""
        if self.kafka is None:
            return f"Kafka (given, {self.addresses.kafka_bootstrap_servers})"
        return f"Apache Kafka {KAFKA_VERSION} (jars, {self.kafka.bootstrap_servers})"


class GivenProvider(Supervised):
    """A broker or database that somebody else runs: it must answer, and `down` leaves it alone."""

    def __init__(self, name: str, addresses: Addresses, *, is_database: bool, changed: Callable[[], None]) -> None:
        self._addresses = addresses
        self._is_database = is_database
        variables = addresses.variables()
        address = variables["RINGLEDGER_POSTGRES_ADDRESS"] if is_database else variables[KAFKA_BOOTSTRAP_SERVERS]
        super().__init__(Instance(name=name, service=name, phase=Phase.WAITING, address=address), changed)

    async def run(self) -> None:
        if await asyncio.to_thread(self._answers):
            self.update(phase=Phase.GIVEN, detail="")
        else:
            self.update(phase=Phase.FAILED, detail="the given address does not answer")

    async def end(self) -> None:
        return

    def _answers(self) -> bool:
        if self._is_database:
            return postgres_version(self._addresses.postgres_dsn) is not None
        return kafka_answers(self._addresses.kafka_bootstrap_servers)


def fresh_log(data: Path, name: str) -> Path:
    """The log of a process; what the run before wrote is kept beside it as `.previous`."""
    log = data / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_suffix(".previous.log"))
    return log
