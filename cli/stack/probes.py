"""Whether a broker, a database or a container engine really answers, asked in its own protocol."""

import asyncio
import logging
import shutil
import socket
import struct
import subprocess
from urllib.parse import urlsplit

# Kafka's protocol: a Metadata request (key 3, version 1) for no topic, from a client without a name.
_METADATA_REQUEST = struct.pack(">hhihi", 3, 1, 1, -1, 0)


def kafka_answers(bootstrap_servers: str, *, timeout_s: float = 2.0) -> bool:
    """Whether one of the given `host:port` (comma-separated) tells of a live broker in its cluster."""
    return any(_tells_brokers(address.strip(), timeout_s) for address in bootstrap_servers.split(","))


def _tells_brokers(address: str, timeout_s: float) -> bool:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=timeout_s) as connection:
            connection.sendall(struct.pack(">i", len(_METADATA_REQUEST)) + _METADATA_REQUEST)
            size = struct.unpack(">i", _receive(connection, 4))[0]
            answer = _receive(connection, min(size, 8))
    except (OSError, ValueError, struct.error):
        return False
    # The answer opens with the request's number and the count of brokers.
    number, brokers = struct.unpack(">ii", answer)
    return bool(number == 1 and brokers > 0)


def _receive(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise OSError("closed in the middle of an answer")
        received += part
    return received


def postgres_version(dsn: str, *, timeout_s: float = 3.0) -> str | None:
    """The server's version if it lets us in and answers, else None."""

    async def ask() -> str:
        import asyncpg

        connection = await asyncpg.connect(dsn, timeout=timeout_s)
        try:
            return str(await connection.fetchval("SHOW server_version", timeout=timeout_s)).split()[0]
        finally:
            await connection.close(timeout=timeout_s)

    try:
        return asyncio.run(ask())
    except Exception as error:
        logging.getLogger(__name__).debug("no answer from %s: %s", urlsplit(dsn).hostname, error)
        return None


def container_engine() -> str | None:
    """What answers as a container engine (`docker 27.0` or `podman 5.2`), else None."""
    for program in ("docker", "podman"):
        path = shutil.which(program)
        if path is None:
            continue
        try:
            answer = subprocess.run(
                [path, "version", "--format", "{{.Server.Version}}"],
                capture_output=True,
                text=True,
                timeout=5,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        if answer.stdout.strip():
            return f"{program} {answer.stdout.strip()}"
    return None
