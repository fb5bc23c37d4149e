"""The whole way of a call as it runs: the services as processes on one broker and database."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import httpx

from chassis.clock import system_clock, system_random
from chassis.database import open_pool
from chassis.migrate import api_role, ingest_role
from chassis.topic_creation import create_topics, specs_of
from cli.demo.centre import contact_centre
from cli.demo.month import month_of_calls
from cli.demo.prices import deck_csv
from cli.demo.records import call_record, directory_records
from cli.publishing import PlatformRecord, publish
from cli.stack.ports import free_port
from cli.stack.processes import wait_until
from contracts.topics import SERVICES
from contracts.values.access import EVERY_ACCOUNT
from services.usage_rating.domain.deck import DeckTerms, read_deck
from services.usage_rating.domain.messages import ChannelPrices
from services.usage_rating.domain.minutes import MinutePrice
from services.usage_rating.domain.problems import Problems
from services.usage_rating.domain.use_prices import UsePrices
from services.usage_rating.handlers.plans import PlanAccepted, PlansHandler
from tests.support.builders import a_price
from tests.support.callers import PUBLIC_KEY, a_caller
from tests.support.schemas import as_role

READY_S = 40
USES = UsePrices(
    messages={"sms": ChannelPrices(otherwise=Decimal("0.07"), inbound=Decimal("0.01"))},
    detection=Decimal("0.005"),
    recording=MinutePrice(per_minute=Decimal("0.002"), increment_s=60, initial_increment_s=60),
    analytics=MinutePrice(per_minute=Decimal("0.01")),
    metered={"recording_storage": Decimal("0.025")},
)
SESSION_TIMEOUT_MS = 6_000


@dataclass(slots=True, kw_only=True)
class WayOfACall:
    """The services by name; each can be started and stopped apart."""

    dsn: str
    kafka: str
    folder: Path
    _running: dict[str, tuple[subprocess.Popen[bytes], int]] = field(default_factory=dict)

    def start(self, services: Sequence[str] = SERVICES, **settings: str) -> None:
        """Start services' consumers and jobs, with further settings, and wait until each says it is ready."""
        for service in services:
            self._running[service] = self._start(service, settings)
        for service in services:
            port = self._running[service][1]
            assert wait_until(lambda port=port: _ready(port), timeout_s=READY_S, every_s=0.2), self.log(service)

    def stop(self, services: Sequence[str] | None = None) -> None:
        """Ask services to end, and wait until they have."""
        ending = [self._running.pop(service)[0] for service in services or tuple(self._running)]
        for process in ending:
            process.send_signal(signal.SIGTERM)
        for process in ending:
            assert process.wait(timeout=20) == 0

    def log(self, service: str) -> str:
        """The end of a service's log."""
        return (self.folder / f"{service}.log").read_text()[-3000:]

    def _start(self, service: str, settings: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], int]:
        prefix, port = service.upper(), free_port()
        environment = {
            **os.environ,
            f"{prefix}_INGEST_POSTGRES_DSN": as_role(self.dsn, ingest_role(service)),
            f"{prefix}_API_POSTGRES_DSN": as_role(self.dsn, api_role(service)),
            f"{prefix}_KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            f"{prefix}_HTTP_PORT": str(port),
            f"{prefix}_SESSION_TIMEOUT_MS": str(SESSION_TIMEOUT_MS),
            f"{prefix}_OPERATOR_PUBLIC_KEY": PUBLIC_KEY,
            "USAGE_RATING_TOKEN_KEY": "a-token-key-for-tests",
            "PORTAL_STATEMENT_SECRET": "a-secret-for-tests",
            **settings,
        }
        command = [sys.executable, "-m", f"services.{service}", "--role", "ingest"]
        with (self.folder / f"{service}.log").open("ab") as log:
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log), port


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


async def make_topics(kafka: str) -> None:
    """Every declared topic."""
    await create_topics(kafka, specs_of())


async def accept_demo_plan(dsn: str, *, inbound: str = "0.012") -> PlanAccepted:
    """The demo's prices and some of other uses, for every account, through the service's own handler."""
    terms = DeckTerms(plan_id="demo", name="Demo", inbound=a_price(inbound, initial_s=60, increment_s=60))
    plan = read_deck(deck_csv(), terms)
    assert not isinstance(plan, Problems), plan.items[0]
    plan = replace(plan, uses=USES)
    pool = await open_pool(
        as_role(dsn, api_role("usage_rating")), schema="usage_rating", application_name="test", max_size=2
    )
    try:
        handler = PlansHandler(pool=pool, schema="usage_rating", clock=system_clock, random=system_random)
        accepted = await handler.accept(plan, a_caller(EVERY_ACCOUNT))
    finally:
        await pool.close()
    assert isinstance(accepted, PlanAccepted), accepted
    return accepted


def demo_month(*, seed: int, calls: int) -> list[PlatformRecord]:
    """The records of a month of calls, corrections included."""
    month = month_of_calls(centre=contact_centre(), seed=seed, calls=calls)
    return [call_record(told) for told in month.records]


def demo_directory() -> list[PlatformRecord]:
    """The demo's account with its units, users, teams, numbers and assignments."""
    return list(directory_records(contact_centre()))


async def play(kafka: str, records: Iterable[PlatformRecord]) -> int:
    """Publish as a platform does; how many records."""
    return await publish(kafka, records)
