"""Free TCP ports on loopback, chosen where the kernel does not hand out ports by itself."""

import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"

# A port inside the kernel's ephemeral range can be taken by any outgoing connection while a broker
# or database is down, and a client that keeps knocking at it can even connect to itself.
LOWEST, HIGHEST = 15_000, 30_000

_handed_out: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on now and that this process has not handed out before."""
    lowest, highest = _range()
    order = random.SystemRandom().sample(range(lowest, highest), k=min(500, highest - lowest))
    for port in order:
        if port not in _handed_out and is_free(port):
            _handed_out.add(port)
            return port
    raise OSError(f"no free port on {LOOPBACK} between {lowest} and {highest}")


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(host: str, port: int, *, timeout_s: float = 1.0) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def _range() -> tuple[int, int]:
    """The range to choose from: below the ephemeral range where the kernel tells it."""
    try:
        ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        ephemeral = HIGHEST
    highest = min(HIGHEST, ephemeral)
    return (LOWEST, highest) if highest - LOWEST >= 1000 else (1024, max(highest, 2024))
