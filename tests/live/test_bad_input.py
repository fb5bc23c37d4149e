"""Every kind of bad record among good ones, on a real broker: a clear answer each, and nothing lost."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import pytest

from chassis.clock import system_clock, system_random
from chassis.database import open_pool
from chassis.intake.consumer import Intake
from chassis.migrate import api_role, ingest_role
from chassis.outbox.lanes import MessageList
from chassis.outbox.producer import LaneProducer
from chassis.outbox.publisher import PartitionPublisher, StandingPublisher
from contracts.topics import BILLING_UNITS_FACTS, CALLS, RATED_USAGE, USAGE_RATING_FACTS
from contracts.values.access import EVERY_ACCOUNT
from services.usage_rating.consumers import SERVICE, routes
from services.usage_rating.handlers.calls import CALL_RECORDS
from services.usage_rating.handlers.other_uses import USAGE_RECORDS
from services.usage_rating.handlers.plans import PlanAccepted, PlansHandler
from services.usage_rating.handlers.pricing import PlanCache
from services.usage_rating.handlers.suspense import SuspenseHandler
from services.usage_rating.handlers.uses import UsesHandler
from services.usage_rating.jobs import retry_suspense
from services.usage_rating.settings import UsageRatingSettings
from tests.conftest import FreshDatabase
from tests.support.bad_calls import BAD, BINARY, DATA, ODD_NAME
from tests.support.broker import Broker, Message, until
from tests.support.builders import a_call, a_plan, a_rate
from tests.support.callers import a_caller
from tests.support.rating import TOKENS
from tests.support.rating_records import an_account_fact, call_message, fact_message
from tests.support.schemas import as_role, migrated


class OwnTopics(LaneProducer):
    """Publishes to topics of this test's own what would go to the declared ones."""

    def __init__(self, servers: str, topics: dict[str, str]) -> None:
        super().__init__(servers, "test-bad-input")
        self._topics = topics

    async def publish(self, lane: str, messages: MessageList) -> None:
        await super().publish(lane, replace(messages, topic=self._topics.get(messages.topic, messages.topic)))


@dataclass(slots=True, kw_only=True)
class Service:
    """usage_rating's consumer and job as its app wires them, on topics of this test's own."""

    broker: Broker
    dsn: str
    group: str
    topics: dict[str, str]
    admin: Any

    async def accept_plan(self, *prefixes: str) -> None:
        pool = await open_pool(
            as_role(self.dsn, api_role(SERVICE)), schema=SERVICE, application_name="test", max_size=1
        )
        handler = PlansHandler(pool=pool, schema=SERVICE, clock=system_clock, random=system_random)
        accepted = await handler.accept(a_plan(*(a_rate(prefix) for prefix in prefixes)), a_caller(EVERY_ACCOUNT))
        await pool.close()
        assert isinstance(accepted, PlanAccepted)

    async def know(self, account_id: str) -> None:
        fact = Message(value=fact_message(an_account_fact(account_id)))
        await self.broker.publish(self.topics[BILLING_UNITS_FACTS.name], [fact])

    async def fates(self) -> Counter[str]:
        names = ("accepted", "duplicate", "conflict", "dead_letter", "suspense", "absent")
        columns = ", ".join(f"coalesce(sum({name}), 0)::int AS {name}" for name in names)
        row = await self.admin.fetchrow(
            f"SELECT {columns} FROM offset_fate WHERE topic = $1", self.topics[CALLS.name]
        )
        return Counter({name: row[name] for name in names if row[name]})

    async def rated(self) -> set[str]:
        """Call ids with a live rating."""
        rows = await self.admin.fetch(
            "SELECT call FROM leg JOIN usage USING (account_id, usage_id, revision) WHERE live_month IS NOT NULL"
        )
        return {orjson.loads(row["call"])["call_id"] for row in rows}

    async def run(self) -> None:
        settings = UsageRatingSettings(
            kafka_bootstrap_servers=self.broker.servers,
            ingest_postgres_dsn=as_role(self.dsn, ingest_role(SERVICE)),
            instance="one",
            session_timeout_ms=6000,
            dead_letter_limit=1000,
        )
        pool = await open_pool(settings.ingest_postgres_dsn, schema=SERVICE, application_name="test", max_size=8)
        producer = OwnTopics(settings.kafka_bootstrap_servers, self.topics)
        publisher = PartitionPublisher(pool, producer)
        plans = PlanCache(2)
        calls = UsesHandler(records=CALL_RECORDS, plans=plans, tokens=TOKENS)
        others = UsesHandler(records=USAGE_RECORDS, plans=plans, tokens=TOKENS)
        declared = routes(calls, others, record_max_bytes=settings.record_max_bytes)
        intake = Intake(
            settings=settings,
            group=self.group,
            schema=SERVICE,
            pool=pool,
            publisher=publisher,
            routes=[replace(one, topic=self.topics[one.topic]) for one in declared if one.topic in self.topics],
            clock=system_clock,
        )
        job = SuspenseHandler(pool=pool, schema=SERVICE, plans=plans, tokens=TOKENS, clock=system_clock)
        standing = StandingPublisher(pool, producer, schema=SERVICE)
        try:
            await asyncio.gather(publisher.run(), standing.run(), intake.run(), retry_suspense(job))
        finally:
            await producer.close()
            await pool.close()


@pytest.fixture
async def service(kafka_bootstrap: str, fresh_database: FreshDatabase) -> AsyncIterator[Service]:
    broker, dsn, group = Broker(kafka_bootstrap), await fresh_database(migrated(SERVICE)), f"test.{uuid4().hex[:8]}"
    declared = (CALLS, BILLING_UNITS_FACTS, RATED_USAGE, USAGE_RATING_FACTS)
    topics = {topic.name: await broker.topic(topic.name.replace(".", "-")) for topic in declared}
    for name in (CALLS.name, BILLING_UNITS_FACTS.name):
        await broker.make(f"{topics[name]}.{group}.dlq", large=True)
    admin = await asyncpg.connect(dsn, server_settings={"search_path": SERVICE})
    made = Service(broker=broker, dsn=dsn, group=group, topics=topics, admin=admin)
    await made.accept_plan("49")
    running = asyncio.create_task(made.run())
    await made.know("acme")
    yield made
    await until(partial(_all_sent, made), said="an empty outbox")
    running.cancel()
    await asyncio.wait([running])
    await admin.close()


async def test_bad_records_are_answered_and_their_neighbours_rated(service: Service) -> None:
    calls = service.topics[CALLS.name]
    await until(partial(_known, service, "acme"), said="the account")
    neighbours = [f"good-{number}" for number in range(len(BAD) + 1)]
    messages = [_good(neighbours[0])]
    for bad, name in zip(BAD, neighbours[1:], strict=True):
        key = f"key of {bad.what}".encode()
        messages += [Message(value=bad.value, key=key, headers=bad.headers), _good(name)]
    messages += [
        _good("good-0"),
        Message(value=call_message(a_call(call_id="good-0", seconds=61), "good-0-1")),
        Message(value=DATA, headers=[*BINARY.items(), ("x-\u00e4", b"\xff\xfe"), ("nothing", None)]),
        Message(value=call_message(a_call(call_id="unknown", account_id="nobody-yet"), "unknown")),
        Message(value=call_message(a_call(call_id="no-prefix", to="+39061234567"), "no-prefix")),
        Message(value=call_message(a_call(call_id="future"), "future", x={"\x00": ["\u2028", 2**64 - 1, 1e300]})),
        _good("last"),
    ]
    await service.broker.publish(calls, messages)
    await until(partial(_passed, service, calls, len(messages)), said="every record passed")
    assert await service.rated() == {*neighbours, "good-like", "future", "last"}
    assert await service.fates() == {
        "accepted": len(neighbours) + 3,
        "duplicate": 1,
        "conflict": 1,
        "suspense": 2,
        "dead_letter": len(BAD),
    }

    dead = {record.key: record for record in await _dead_letters(service, len(BAD))}
    for bad in BAD:
        record = dead[f"key of {bad.what}".encode()]
        headers = dict(record.headers)
        said = headers["dlq_detail"].decode()
        assert record.value == bad.value, bad.what
        assert record.headers[: len(bad.headers)] == bad.headers, bad.what
        assert (headers["dlq_code"].decode(), headers["dlq_topic"].decode()) == (bad.code, calls), bad.what
        assert bad.says in said, f"{bad.what}: {said}"
        assert not re.search(r"\+[0-9]{7}", said), f"{bad.what} repeats a number: {said}"

    await service.know("nobody-yet")
    await service.accept_plan("39", "49")
    await until(partial(_none_waits, service), said="suspense priced")
    assert {"unknown", "no-prefix"} <= await service.rated()


async def test_a_header_name_that_is_no_text_holds_nobody_up(service: Service) -> None:
    calls = service.topics[CALLS.name]
    await until(partial(_known, service, "acme"), said="the account")
    odd = (ODD_NAME, b"\xff")
    bad = [
        Message(value=b"not JSON", key=b"not_json", headers=[("first", b"1"), odd, ("nothing", None)]),
        Message(value=DATA, key=b"bad_header", headers=[*BINARY.items(), ("ce_\udcff", b"1")]),
    ]
    harmless = [replace(_good("odd-1"), headers=[odd]), Message(value=DATA, headers=[*BINARY.items(), odd])]
    messages = [_good("good-1"), bad[0], harmless[0], _good("good-2"), bad[1], harmless[1], _good("good-3")]
    await service.broker.publish_in_one_batch(calls, messages)
    await until(partial(_passed, service, calls, len(messages)), said="every record passed")
    assert await service.rated() == {"good-1", "odd-1", "good-2", "good-like", "good-3"}
    assert await service.fates() == {"accepted": 5, "dead_letter": 2}
    dead = {record.key: record for record in await _dead_letters(service, 2)}
    for message in bad:
        record = dead[message.key]
        assert (record.value, list(record.headers[: len(message.headers)])) == (message.value, message.headers)
        assert dict(record.headers)["dlq_code"] == message.key


def _good(name: str) -> Message:
    return Message(value=call_message(a_call(call_id=name), f"{name}-1"), key=f"acme|{name}".encode())


async def _known(service: Service, account_id: str) -> bool:
    return bool(await service.admin.fetchval("SELECT true FROM account WHERE account_id = $1", account_id))


async def _passed(service: Service, topic: str, offset: int) -> bool:
    found = await service.admin.fetchval("SELECT next_offset FROM input_position WHERE topic = $1", topic)
    return found == offset


async def _all_sent(service: Service) -> bool:
    return not await service.admin.fetchval("SELECT count(*) FROM outbox")


async def _none_waits(service: Service) -> bool:
    return not await service.admin.fetchval("SELECT count(*) FROM suspense")


async def _dead_letters(service: Service, count: int) -> list[Any]:
    """Dead letters once the broker has that many."""
    topic = f"{service.topics[CALLS.name]}.{service.group}.dlq"
    found: list[Any] = []

    async def complete() -> bool:
        found[:] = await service.broker.records(topic)
        return len(found) >= count

    await until(complete, said=f"{count} dead letters")
    assert len(found) == count
    return found
