"""Runs Schemathesis over the whole merged OpenAPI document as a role, against the world behind a port."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from chassis.describing import Document, operations_of
from tests.hostile.callers import credentials_of
from tests.hostile.places import ALIASES
from tests.hostile.values import belongings_of
from tests.hostile.world import OURS, World
from tests.support.front import listening

EVENTS = "/api/v1/events"
KNOWN, HOOKS = "RINGLEDGER_FUZZ_KNOWN", "tests.hostile.hooks"
"""The variable that names the file of ids, and the module that reads it, in Schemathesis' own process."""

ROOT = Path(__file__).parents[2]
PHASES = ("examples", "coverage", "fuzzing", "stateful")
CONFIG = f"""
hooks = "{HOOKS}"
[phases.fuzzing.extra-data-sources]
responses = false
[checks]
positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 409, 412, 415, 422]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428]
missing_required_header.expected-statuses = [401, 403, 404, 422, 428]
"""
"""Ids that answers named are not put into requests that are to be wrong: they would make them right ones.

422 is also for what cannot be, such as a unit without a name; that the form is right, the hooks check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """How much is asked. examples: of each operation in fuzzing, and sequences of calls."""

    examples: int
    phases: Sequence[str] = PHASES
    seed: int = 1
    workers: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What Schemathesis said, and its own report of the run."""

    role: str
    passed: bool
    said: str
    report: Mapping[str, object]


async def conform(world: World, role: str, ordered: Ordered) -> Found:
    """Ask as a role; whether every answer was one that the document tells of, and none a failure of ours."""
    async with listening(world.front.app) as address:
        headers = {**(await credentials_of(world.front))[role], "Origin": address}
        headers = {name: value for name, value in headers.items() if name.lower() in _CREDENTIALS}
        with TemporaryDirectory() as folder:
            files = Path(folder)
            (files / "schemathesis.toml").write_text(CONFIG + _exceptions(world.document), "utf-8")
            (files / "known.json").write_text(json.dumps(await _known(world, address, headers)), "utf-8")
            code, said = await _run(files, address, headers, ordered)
            report = files / "report.json"
            found = json.loads(report.read_text("utf-8")) if report.exists() else {}
        async with httpx.AsyncClient(base_url=address, headers=headers) as client:
            still = await client.get("/api/v1/me")
        assert still.status_code == 200, f"{role} is no longer let in: {still.text}"
    return Found(role=role, passed=code == 0, said=said, report=found)


_CREDENTIALS = frozenset({"authorization", "cookie", "origin", "x-form-token"})


def _exceptions(document: Document) -> str:
    """Where a body that the document does not allow is not refused as a whole.

    Where it may be left out, null in its place is taken too. Of events, each has its own result within a 202.
    """
    optional = [
        f"{method.upper()} {path}"
        for path, method, operation in operations_of(document)
        if "requestBody" in operation and not operation["requestBody"].get("required")
    ] + [f"POST {EVENTS}"]
    off = "checks.negative_data_rejection.enabled = false"
    return "".join(f'[[operations]]\ninclude-name = "{name}"\n{off}\n' for name in optional)


async def _known(world: World, address: str, headers: Mapping[str, str]) -> dict[str, object]:
    """Ids of the account, by the names under which the document asks for them; first those that are to spare."""
    ours = (await belongings_of(world.dsn, OURS)).columns
    known: dict[str, object] = {name: values[:20] for name, values in ours.items() if name.endswith("_id")}
    known |= {name: ours[column][:20] for name, column in ALIASES.items() if column in ours and name != "cursor"}
    known |= {"number": ours["number"], "account_id": [OURS]}
    async with httpx.AsyncClient(base_url=address, headers=headers) as client:
        caller = (await client.get("/api/v1/me")).json()["data"]["id"]
    return known | {"caller": caller}


async def _run(files: Path, address: str, headers: Mapping[str, str], ordered: Ordered) -> tuple[int, str]:
    given = [part for name, value in headers.items() for part in ("--header", f"{name}: {value}")]
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "--no-color"),
        *("--config-file", str(files / "schemathesis.toml")),
        *("run", f"{address}/api/v1/openapi.json", "--url", address),
        *("--phases", ",".join(ordered.phases), "--max-examples", str(ordered.examples)),
        *("--seed", str(ordered.seed), "--workers", str(ordered.workers), "--request-timeout", "30"),
        *("--generation-database", "none", "--warnings", "off", "--suppress-health-check", "all"),
        *("--report-json-path", str(files / "report.json"), "--continue-on-failure"),
        *given,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), KNOWN: str(files / "known.json")}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=files,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode("utf-8", "replace")
