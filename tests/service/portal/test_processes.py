"""Portal as it runs: its jobs publish a key, its API reads it back, `ringledger` makes the first admin."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import orjson
import pytest
from click.testing import Result
from typer.testing import CliRunner

from chassis.clock import system_clock
from chassis.migrate import api_role, ingest_role
from chassis.signing_keys import KeyRing
from chassis.statements import verify
from chassis.topic_creation import create_topics, specs_of
from cli.main import app
from cli.stack.ports import free_port
from cli.stack.processes import wait_until
from contracts.topics import BILLING_UNITS_FACTS, CALLS
from contracts.values.access import Caller, Privilege
from services.portal.handlers.signing_keys import KeySecret, Signer
from tests.support.adopting import an_account_with
from tests.support.broker import Broker, Message, until
from tests.support.callers import PRIVATE_KEY, PUBLIC_KEY, Signed, a_caller
from tests.support.databases import Databases
from tests.support.platform import ONE, call_event
from tests.support.rating_records import fact_message
from tests.support.schemas import as_role, migrated
from tests.support.stack import scratch_folder

READY_S = 40
PATIENCE_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where portal answers. dsn: the administrator's; secret: what its keys are derived from."""

    dsn: str
    kafka: str
    url: str
    secret: str


@pytest.fixture(scope="module")
def running(kafka_bootstrap: str, databases: Databases) -> Iterator[Running]:
    """Both roles as processes of their own."""
    asyncio.run(create_topics(kafka_bootstrap, specs_of()))
    dsn = asyncio.run(databases.create(migrated("portal")))
    folder, ports, secret = scratch_folder(), {"ingest": free_port(), "api": free_port()}, f"of {dsn}"
    processes = [start(folder, role, port, dsn, kafka_bootstrap, secret) for role, port in ports.items()]
    try:
        for port in ports.values():
            assert wait_until(lambda port=port: is_ready(port), timeout_s=READY_S, every_s=0.2), logs(folder)
        yield Running(dsn=dsn, kafka=kafka_bootstrap, url=f"http://127.0.0.1:{ports['api']}", secret=secret)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=20) for process in processes]
        asyncio.run(databases.drop(dsn))
    assert codes == [0, 0], logs(folder)


def start(folder: Path, role: str, port: int, dsn: str, kafka: str, secret: str) -> subprocess.Popen[bytes]:
    database = as_role(dsn, ingest_role("portal") if role == "ingest" else api_role("portal"))
    environment = os.environ | {
        f"PORTAL_{role.upper()}_POSTGRES_DSN": database,
        "PORTAL_KAFKA_BOOTSTRAP_SERVERS": kafka,
        "PORTAL_HTTP_PORT": str(port),
        "PORTAL_STATEMENT_SECRET": secret,
        "PORTAL_OPERATOR_PUBLIC_KEY": PUBLIC_KEY,
    }
    with (folder / f"{role}.log").open("wb") as log:
        command = [sys.executable, "-m", "services.portal", "--role", role]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def logs(folder: Path) -> str:
    return "\n".join(f"{log.name}: {log.read_text()[-2000:]}" for log in sorted(folder.glob("*.log")))


async def following(running: Running) -> tuple[KeyRing, asyncio.Task[None]]:
    ring = KeyRing()
    task = asyncio.create_task(ring.follow(running.kafka))
    async with asyncio.timeout(PATIENCE_S):
        while await ring.known() is not None:  # noqa: ASYNC110 - another task fills it
            await asyncio.sleep(0.05)
    return ring, task


async def test_what_portal_signs_a_service_believes(running: Running) -> None:
    ring, task = await following(running)
    secret = KeySecret(secret=running.secret.encode())
    signer = Signer(secret=secret, published=ring.facts, clock=system_clock)
    assert await signer.ready() is None
    asking = a_caller("acme", Privilege.EDIT_BILLING)
    statement = signer.authorization(asking, "reporting").partition(" ")[2]
    believed = verify(statement, audience="reporting", now=system_clock(), find_key=ring.find)
    assert isinstance(believed, Caller) and believed == asking
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_private_keys_are_nowhere(running: Running) -> None:
    connection = await asyncpg.connect(running.dsn)
    [row] = await connection.fetch("SELECT * FROM portal.signing_key")
    await connection.close()
    private = KeySecret(secret=running.secret.encode()).private_key(row["key_id"]).private_bytes_raw()
    assert private.hex() not in str(dict(row)) and row["version"] == 1


def run(*words: str, stdin: str | None = None, url: str) -> Result:
    here = {"RINGLEDGER_PORTAL_URL": url, "RINGLEDGER_OPERATOR_KEY": PRIVATE_KEY}
    return CliRunner().invoke(app, ["people", *words], env=here, input=stdin)


def test_the_first_admin_is_made_by_the_operator(running: Running) -> None:
    words = ("create-admin", "--account", "acme", "--sign-in-name", "Ada@Acme.example", "--name", "Ada Moss")
    made = run(*words, url=running.url)
    assert made.exit_code == 0, made.output
    assert "ada@acme.example is Admin of acme" in made.stdout
    assert len(made.stdout.partition("password: ")[2].strip()) >= 20
    again = run(*words, "--password-stdin", stdin="correct horse battery\n", url=running.url)
    assert (again.exit_code, "has a person with that sign-in name" in again.stderr) == (2, True)
    away = run(*words, url=f"http://127.0.0.1:{free_port()}")
    assert (away.exit_code, "does not answer" in away.stderr) == (1, True)


async def test_an_accounts_model_comes_from_its_fact(running: Running) -> None:
    account = f"test-{uuid.uuid4().hex[:12]}"
    facts = [an_account_with("access_groups", account), an_account_with("basic_roles", account, version=2)]
    messages = [Message(value=fact_message(fact), key=account.encode(), partition=3) for fact in facts]
    await Broker(running.kafka).publish(BILLING_UNITS_FACTS.name, messages)
    connection = await asyncpg.connect(running.dsn)

    async def adopted() -> bool:
        found = await connection.fetchval("SELECT access FROM portal.account WHERE account_id = $1", account)
        return bool(found == "basic_roles")

    await until(adopted, timeout_s=PATIENCE_S, said="the fact was not adopted")
    asking = Signed(caller=a_caller(account), audience="portal")
    async with httpx.AsyncClient(base_url=running.url, auth=asking) as client:
        assert (await client.get("/api/v1/me")).json()["data"]["access"] == "basic_roles"
    await connection.close()


async def test_an_event_goes_through_the_process_into_its_topic(running: Running) -> None:
    event = call_event("through-the-process")
    asking = Signed(caller=a_caller("acme"), audience="portal")
    async with httpx.AsyncClient(base_url=running.url, auth=asking) as client:
        answer = await client.post(
            "/api/v1/events", content=orjson.dumps(event), headers={"Content-Type": ONE}, timeout=30
        )
    assert answer.status_code == 202, answer.text
    values = [orjson.loads(record.value) for record in await Broker(running.kafka).records(CALLS.name)]
    assert event in values
