"""Apache Kafka's published jars: the pinned list, the per-user cache, and their download through jgo.

`python -m cli.stack.jars` writes the list again from KAFKA_VERSION, as a lock file is.
"""

import fcntl
import hashlib
import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cli.stack.processes import StackError

KAFKA_VERSION = "4.1.2"
BROKER = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
# What Kafka's own distribution adds, so that its log lines reach Log4j; it has Log4j's version.
LOGGING_BRIDGE = "org.apache.logging.log4j:log4j-slf4j-impl"
LOCK_FILE = Path(__file__).with_name("kafka-jars.lock")
DOWNLOADS_AT_ONCE = 8
TIMEOUT_S = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class LockedJar:
    """One jar by its Maven coordinate and the SHA-256 of its bytes in hexadecimal."""

    coordinate: str
    sha256: str

    def path_in(self, cache: Path) -> Path:
        """Where Maven's layout puts this jar."""
        group, artifact, version = self.coordinate.split(":")
        return cache.joinpath(*group.split("."), artifact, version, f"{artifact}-{version}.jar")


def cache_folder() -> Path:
    """Where jars are kept for all checkouts of this user: RINGLEDGER_CACHE, else the system's place for caches."""
    given = os.environ.get("RINGLEDGER_CACHE")
    base = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ringledger"
    return base.expanduser().absolute() / "jars"


def locked_jars() -> tuple[LockedJar, ...]:
    """The pinned list, in class path order."""
    lines = (line.split() for line in LOCK_FILE.read_text().splitlines() if line and not line.startswith("#"))
    return tuple(LockedJar(coordinate=coordinate, sha256=digest) for coordinate, digest in lines)


def missing_jars(cache: Path) -> tuple[LockedJar, ...]:
    """Jars of the list that the cache does not hold yet."""
    return tuple(jar for jar in locked_jars() if not jar.path_in(cache).exists())


def class_path(cache: Path | None = None) -> list[Path]:
    """All jars, downloaded and checked if need be; raises StackError where one cannot be had."""
    cache = cache or cache_folder()
    if missing_jars(cache):
        with _only_one(cache):
            _download(missing_jars(cache), cache)
    return [jar.path_in(cache) for jar in locked_jars()]


def unreachable(jar: LockedJar) -> str | None:
    """Why a jar could not be downloaded now, None if it could; only its small description is fetched."""
    group, artifact, version = jar.coordinate.split(":")
    with TemporaryDirectory() as folder:
        component = _maven(Path(folder)).project(group, artifact).at_version(version)
        try:
            component.artifact(packaging="pom").resolve()
        except (OSError, RuntimeError) as error:
            return str(error)
    return None


def _download(jars: tuple[LockedJar, ...], cache: Path) -> None:
    """Fetch jars beside the cache and move each into it once its digest is right."""
    arrivals = cache / ".arrivals"
    context = _maven(arrivals)
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        list(pool.map(lambda jar: _fetch(jar, context, arrivals, cache), jars))


def _fetch(jar: LockedJar, context: Any, arrivals: Path, cache: Path) -> None:
    arrived = jar.path_in(arrivals)
    # A file left by an interrupted download would be taken for the whole.
    arrived.unlink(missing_ok=True)
    try:
        context.create_dependency(jar.coordinate).artifact.resolve()
    except (OSError, RuntimeError) as error:
        raise StackError(
            f"{jar.coordinate}, a part of Apache Kafka, could not be downloaded: {error}. Without network access "
            "give a broker's address in RINGLEDGER_KAFKA_BOOTSTRAP_SERVERS; behind a mirror set "
            "RINGLEDGER_MAVEN_REPOSITORY"
        ) from error
    digest = hashlib.sha256(arrived.read_bytes()).hexdigest()
    if digest != jar.sha256:
        arrived.unlink()
        raise StackError(f"{jar.coordinate} arrived with SHA-256 {digest}, expected {jar.sha256}: refused")
    place = jar.path_in(cache)
    place.parent.mkdir(parents=True, exist_ok=True)
    arrived.replace(place)


def _maven(repository_cache: Path) -> Any:
    """jgo with its pure-Python resolver, whatever Maven this machine may have or not have."""
    from jgo.maven import MavenContext, PythonResolver

    logging.getLogger("jgo").setLevel(logging.ERROR)
    mirror = os.environ.get("RINGLEDGER_MAVEN_REPOSITORY")
    return MavenContext(
        resolver=PythonResolver(),
        repo_cache=repository_cache,
        remote_repos={"mirror": mirror} if mirror else None,
        timeout=TIMEOUT_S,
    )


@contextmanager
def _only_one(cache: Path) -> Iterator[None]:
    """Hold the cache's lock, so that two checkouts do not write the same jar at once."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write_lock(cache: Path) -> None:
    """Resolve the broker with all it needs at run time, and write coordinates and digests down.

    The bridge is added by itself: resolved together, each would bend the other's versions.
    """
    context = _maven(cache / ".resolving")
    inputs, transitive = context.resolver.resolve([context.create_dependency(BROKER)])
    needed = [*inputs, *(item for item in transitive if item.scope in {"compile", "runtime"})]
    artifacts = [item.artifact for item in needed]
    log4j = next(artifact.version for artifact in artifacts if artifact.artifactId == "log4j-core")
    artifacts.append(context.create_dependency(f"{LOGGING_BRIDGE}:{log4j}").artifact)
    lines = ["# Written by `python -m cli.stack.jars`: Apache Kafka with all it needs to run, and SHA-256 digests."]
    for artifact in sorted(artifacts, key=str):
        coordinate = f"{artifact.groupId}:{artifact.artifactId}:{artifact.version}"
        lines.append(f"{coordinate} {hashlib.sha256(artifact.resolve().read_bytes()).hexdigest()}")
    LOCK_FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    _write_lock(cache_folder())
    sys.stdout.write(f"{LOCK_FILE.name}: {len(locked_jars())} jars\n")
