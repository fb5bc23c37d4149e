"""Starts a service from the command line: reads its role and settings, sets up logs, runs its loop."""

import argparse
import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import uvloop
from pydantic import ValidationError

from chassis.database import UnsafeRole
from chassis.guard import OpenDoor
from chassis.logs import configure_logs, get_logger
from chassis.service import StuckError
from chassis.settings import Role, ServiceSettings

Settings = TypeVar("Settings", bound=ServiceSettings)
EXIT_SETTINGS = 2
EXIT_FAILED = 1


def start(
    service: str,
    settings_of: Callable[[], Settings],
    run: Callable[[Role, Settings], Coroutine[Any, Any, None]],
) -> None:
    """Run one role of a service until SIGTERM. Exits 2 when a setting is missing or wrong, naming it."""
    parser = argparse.ArgumentParser(prog=f"python -m services.{service}")
    parser.add_argument("--role", choices=("ingest", "api"), required=True, help="which doors to open")
    role: Role = parser.parse_args().role
    try:
        settings = settings_of()
    except ValidationError as error:
        prefix = settings_of.model_config.get("env_prefix", "")  # type: ignore[attr-defined]
        for problem in error.errors(include_url=False, include_input=False):
            name = f"{prefix}{'_'.join(str(part) for part in problem['loc'])}".upper()
            sys.stderr.write(f"{service}: {name}: {problem['msg']}\n")
        raise SystemExit(EXIT_SETTINGS) from None
    if missing := settings.missing_for(role):
        prefix = settings.model_config.get("env_prefix", "")
        names = ", ".join(f"{prefix}{name}".upper() for name in missing)
        sys.stderr.write(f"{service}: role {role} needs {names}\n")
        raise SystemExit(EXIT_SETTINGS)
    configure_logs(service, settings.instance, settings.log_level)
    log = get_logger(__name__)
    _collect_garbage_seldom()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run(role, settings))
    except (UnsafeRole, OpenDoor) as error:
        sys.stderr.write(f"{service}: {error}\n")
        raise SystemExit(EXIT_SETTINGS) from None
    except StuckError:
        raise SystemExit(EXIT_FAILED) from None
    log.info("stopped", role=role)


def _collect_garbage_seldom() -> None:
    """A batch makes tens of thousands of objects without a cycle among them, and reference counts free them.

    With the default thresholds the cycle collector walked the whole heap, price lists included, many times a
    second and took half of the time of a loaded process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
