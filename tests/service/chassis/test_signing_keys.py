"""Keys of statements come from the topic that publishes them: whole at the start, and while the process runs."""

import asyncio
from datetime import timedelta

from aiokafka import AIOKafkaProducer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.clock import system_clock, system_random
from chassis.guard import Guard
from chassis.signing_keys import KeyRing
from chassis.statements import SigningKey, Unproven, public_text
from chassis.topic_creation import create_topics, specs_of
from contracts.events.envelope import encode
from contracts.events.facts import SIGNING_KEY_FACT, SigningKeyFact
from contracts.topics import PORTAL_FACTS
from contracts.values.access import Caller
from contracts.values.ids import time_ordered_id
from tests.support.callers import a_caller, statement

PATIENCE_S = 20


def a_key() -> SigningKey:
    return SigningKey(key_id=f"t-{system_random(8).hex()}", private=Ed25519PrivateKey.generate())


async def publish(kafka: str, *values: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for value in values:
        await producer.send_and_wait(PORTAL_FACTS.name, value=value)
    await producer.stop()


def fact_of(key: SigningKey, *, version: int = 1, hours: int = 1) -> bytes:
    now = system_clock()
    fact = SigningKeyFact(
        key_id=key.key_id,
        version=version,
        public_key=public_text(key.private.public_key()),
        valid_from_at=now - timedelta(hours=1),
        valid_until_at=now + timedelta(hours=hours, seconds=-1),
    )
    event_id = time_ordered_id(now, system_random)
    return encode(kind=SIGNING_KEY_FACT, event_id=event_id, source="portal", time=now, data=fact)


async def until(found: type[Caller] | type[Unproven], guard: Guard, header: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if isinstance(guard.read(header), found):
                return
            await asyncio.sleep(0.05)


async def test_published_keys_count_from_the_end_of_the_topic_on_and_withdrawn_ones_no_more(
    kafka_bootstrap: str,
) -> None:
    await create_topics(kafka_bootstrap, specs_of())
    before, later, never = a_key(), a_key(), a_key()
    await publish(kafka_bootstrap, b"not an event", fact_of(before))
    ring = KeyRing()
    guard = Guard(audience="reporting", clock=system_clock, keys=ring)
    header = statement(a_caller(), "reporting", key=before)
    assert isinstance(guard.read(header), Unproven)
    following = asyncio.create_task(ring.follow(kafka_bootstrap))
    try:
        await until(Caller, guard, header)
        assert await ring.known() is None
        await publish(kafka_bootstrap, fact_of(later))
        await until(Caller, guard, statement(a_caller(), "reporting", key=later))
        await publish(kafka_bootstrap, fact_of(before, version=2, hours=0))
        await until(Unproven, guard, header)
        assert isinstance(guard.read(statement(a_caller(), "reporting", key=never)), Unproven)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_a_broker_that_is_away_leaves_the_process_not_ready() -> None:
    ring = KeyRing()
    following = asyncio.create_task(ring.follow("127.0.0.1:1"))
    await asyncio.sleep(0.3)
    assert await ring.known() is not None
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
