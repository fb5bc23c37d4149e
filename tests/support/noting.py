"""A small service on the chassis, in usage_rating's schema: each note has one effect and sends one message.

Also a program, so that it can be sent signals: `python -m tests.support.noting --role ingest`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache

import asyncpg
import httpx
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.clock import system_clock
from chassis.database import Pool, open_pool
from chassis.intake.batch import Batch, RecordFailed
from chassis.intake.consumer import Intake
from chassis.intake.events import EventReader
from chassis.intake.worker import Route
from chassis.outbox.producer import LaneProducer
from chassis.outbox.publisher import PartitionPublisher
from chassis.probes import Probes
from chassis.service import Process, Watch
from chassis.settings import Role, ServiceSettings
from chassis.start import start
from tests.support.databases import Prepare
from tests.support.records import NOTED
from tests.support.schemas import migrated

SCHEMA = "usage_rating"
FINISH_S = 5

EFFECTS = f"""
    CREATE TABLE {SCHEMA}.effect (account_id text NOT NULL, event_id text NOT NULL, number integer NOT NULL);
    GRANT SELECT, INSERT ON {SCHEMA}.effect TO ringledger_usage_rating_ingest;
"""
"""No key: an effect that came twice must show."""


class NotingSettings(ServiceSettings):
    """The common knobs, and which topics."""

    model_config = SettingsConfigDict(env_prefix="NOTING_", extra="ignore")

    topic: str = Field(description="Where notes come in.")
    out: str = Field(description="Where each effect is told.")
    group: str = Field(description="The consumer group.")
    batch_pause_s: float = Field(default=0, description="How long a batch takes at least.")


@cache
def noting() -> Prepare:
    """Prepares a database with usage_rating's schema and the table of effects."""

    async def prepare(dsn: str) -> None:
        await migrated(SCHEMA)(dsn)
        connection = await asyncpg.connect(dsn)
        await connection.execute(EFFECTS)
        await connection.close()

    return prepare


@dataclass(slots=True, kw_only=True)
class Notes:
    """Records notes. What the word says happens to the whole transaction, unless it is among `healed`.

    raise: an error of ours; data: an error of the database; guilty: the event is named as the one to blame.
    """

    out: str
    pause_s: float = 0
    healed: Sequence[str] = ()

    async def __call__(self, batch: Batch) -> None:
        for event in batch.events:
            word = event.data.word
            if word == "raise" and word not in self.healed:
                raise ValueError(f"cannot bear {event.event_id}")
            if word == "data" and word not in self.healed:
                await batch.connection.execute("SELECT ($1::text)::integer", event.event_id)
            if word == "guilty" and word not in self.healed:
                raise RecordFailed(event, "blamed", f"{event.event_id} is to blame")
            batch.outgoing.send(self.out, key=event.account_id.encode(), value=event.event_id.encode())
        await batch.connection.executemany(
            "INSERT INTO effect VALUES ($1, $2, $3)",
            [(event.account_id, event.event_id, event.data.number) for event in batch.events],
        )
        await asyncio.sleep(self.pause_s)


def process_of(settings: NotingSettings, pool: Pool, notes: Notes) -> Process:
    """Consumer, publisher and watch, as a service's app wires them."""
    producer = LaneProducer(settings.kafka_bootstrap_servers, f"{settings.group}-{settings.instance}")
    publisher = PartitionPublisher(pool, producer)
    reader = EventReader([NOTED], max_bytes=settings.record_max_bytes)
    intake = Intake(
        settings=settings,
        group=settings.group,
        schema=SCHEMA,
        pool=pool,
        publisher=publisher,
        routes=[Route(topic=settings.topic, reader=reader, handler=notes)],
        clock=system_clock,
    )
    watch = Watch(settings=settings, intake=intake, pool=pool, clock=system_clock)
    probes = Probes(
        live=watch.live,
        ready={"database": watch.database, "consumer": watch.consumer, "partitions": watch.partitions},
    )
    return Process(
        settings=settings,
        application=probes.application(),
        intake=intake,
        parts=(publisher.run, watch.run),
        closing=(producer.close, pool.close),
    )


async def pool_of(settings: NotingSettings) -> Pool:
    """The pool of the ingest role."""
    return await open_pool(
        settings.ingest_postgres_dsn,
        schema=SCHEMA,
        application_name="noting",
        max_size=settings.batch_workers + 4,
    )


@asynccontextmanager
async def running(settings: NotingSettings, notes: Notes | None = None) -> AsyncIterator[Process]:
    """The service inside this process, without signals and HTTP; what it has taken in it finishes."""
    process = process_of(settings, await pool_of(settings), notes or Notes(out=settings.out))
    assert process.intake is not None
    tasks = [asyncio.create_task(part()) for part in (*process.parts, process.intake.run)]
    try:
        yield process
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_S):
                await process.intake.finish()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for close in process.closing:
            await close()


async def readiness(process: Process) -> tuple[int, dict[str, str]]:
    """What `/readyz?verbose` answers: the status and each check."""
    transport = httpx.ASGITransport(app=process.application)
    async with httpx.AsyncClient(transport=transport, base_url="http://noting") as client:
        answer = await client.get("/readyz?verbose")
    return answer.status_code, answer.json()["checks"]


async def run(role: Role, settings: NotingSettings) -> None:
    """The program: runs until SIGTERM."""
    notes = Notes(out=settings.out, pause_s=settings.batch_pause_s)
    await process_of(settings, await pool_of(settings), notes).run()


if __name__ == "__main__":
    start("noting", NotingSettings, run)
