"""The ladder by which tests find a broker and a database: given address → container → wheels and jars."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import yaml

from cli.stack import jars
from cli.stack.kafka import LocalKafka
from cli.stack.ports import free_port
from cli.stack.postgres import ADMINISTRATOR, DEVELOPMENT_PASSWORD, LocalPostgres
from cli.stack.probes import container_engine, kafka_answers, postgres_version
from cli.stack.processes import StackError, wait_until
from cli.stack.wiring import KAFKA_BOOTSTRAP_SERVERS, POSTGRES_DSN

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

COMPOSE_FILE = Path(__file__).parents[2] / "docker-compose.yml"
CONTAINER_START_S = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A broker or database for the whole run; `close` stops it if the run started it."""

    address: str
    described: str
    close: Callable[[], None]


def find_postgres() -> Found:
    """A server where we are administrator; raises StackError if none can be had."""
    if given := os.environ.get(POSTGRES_DSN):
        found = postgres_version(given)
        if found is None:
            raise StackError(f"{POSTGRES_DSN} is given, but no PostgreSQL answers there")
        return Found(address=given, described=f"PostgreSQL {found} (given, {_place(given)})", close=_leave_alone)
    contained = _in_container(_postgres_container)
    if isinstance(contained, Found):
        return contained
    # Every test has databases of its own, and writing each of them to disk took half of a run.
    server = LocalPostgres(scratch_folder() / "postgres", lasting=False)
    server.start()
    described = f"PostgreSQL {postgres_version(server.dsn())} (wheel, {server.address}{contained})"
    return Found(address=server.dsn(), described=described, close=lambda: _end(server))


def find_kafka() -> Found:
    """A broker's bootstrap servers; raises StackError if none can be had."""
    if given := os.environ.get(KAFKA_BOOTSTRAP_SERVERS):
        if not kafka_answers(given):
            raise StackError(f"{KAFKA_BOOTSTRAP_SERVERS} is given, but no broker answers there")
        return Found(address=given, described=f"Kafka (given, {given})", close=_leave_alone)
    contained = _in_container(_kafka_container)
    if isinstance(contained, Found):
        return contained
    broker = LocalKafka(scratch_folder() / "kafka")
    broker.start()
    described = f"Apache Kafka {jars.KAFKA_VERSION} (jars, {broker.bootstrap_servers}{contained})"
    return Found(address=broker.bootstrap_servers, described=described, close=lambda: _end(broker))


def scratch_folder() -> Path:
    """A new folder for a server's data, not below pytest's own.

    Run by root, PostgreSQL works as another user, and pytest closes its folder to others at every start.
    """
    return Path(tempfile.mkdtemp(prefix="ringledger-test-"))


def with_database(dsn: str, database: str) -> str:
    """The same server and user, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))


def _in_container(start: Callable[[], Found]) -> Found | str:
    """What an engine runs for us; else words for the end of the run on why it did not, empty without an engine.

    An engine may answer and still not help: its images out of reach, its network not ours.
    """
    engine = container_engine()
    if engine is None:
        return ""
    try:
        return start()
    except Exception as error:
        return f"; {engine} answers, but: {error}"


def _postgres_container() -> Found:
    image = _image("postgres")
    container = _container(image).with_exposed_ports(5432).with_env("POSTGRES_PASSWORD", DEVELOPMENT_PASSWORD)
    container.start()
    address = f"{container.get_container_host_ip()}:{container.get_exposed_port(5432)}"
    dsn = f"postgresql://{ADMINISTRATOR}:{DEVELOPMENT_PASSWORD}@{address}/{ADMINISTRATOR}"
    if not wait_until(lambda: postgres_version(dsn) is not None, timeout_s=CONTAINER_START_S, every_s=0.5):
        container.stop()
        raise StackError(f"the container {image} did not answer within {CONTAINER_START_S} s")
    return Found(address=dsn, described=f"PostgreSQL ({image}, {address})", close=container.stop)


def _kafka_container() -> Found:
    """A broker must name its address as seen from here, so its port is chosen before it starts."""
    image, port = _image("kafka"), free_port()
    container = _container(image)
    host = container.get_docker_client().host()
    environment = {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{host}:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "KAFKA_INTER_BROKER_LISTENER_NAME": "PLAINTEXT",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "100",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    }
    container.with_envs(**environment).with_bind_ports(9092, port).start()
    address = f"{host}:{port}"
    if not wait_until(lambda: kafka_answers(address), timeout_s=CONTAINER_START_S, every_s=0.5):
        container.stop()
        raise StackError(f"the container {image} did not answer within {CONTAINER_START_S} s")
    return Found(address=address, described=f"Apache Kafka ({image}, {address})", close=container.stop)


def _container(image: str) -> "DockerContainer":
    from testcontainers.core.container import DockerContainer

    return DockerContainer(image)


def _image(service: str) -> str:
    """The image that docker-compose.yml pins for a service."""
    services = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
    return str(services[service]["image"])


def _place(dsn: str) -> str:
    parts = urlsplit(dsn)
    return f"{parts.hostname}:{parts.port or 5432}"


def _end(server: LocalPostgres | LocalKafka) -> None:
    server.stop()
    shutil.rmtree(server.folder.parent)


def _leave_alone() -> None:
    """What was given is not ours to stop."""
