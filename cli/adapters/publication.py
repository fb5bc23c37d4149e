"""Call records on their way to Kafka: the message of a leg, and an idempotent producer that confirms batches."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from cli.adapters.outcomes import Leg
from contracts.events.call import CALL_RECORDED
from contracts.events.envelope import CONTENT_TYPE, encode, to_json
from contracts.topics import CALLS
from contracts.values.ids import IdKind, derived_id

BATCH_LEGS = 1_000
WAIT_S = 60
"""How long a batch may stay unconfirmed; aiokafka's idempotent producer never gives up by itself."""


class BrokerUnavailable(Exception):
    """Kafka could not be reached, or did not confirm; the message says what was confirmed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One record for the topic of calls. first_row: where its leg begins in the file."""

    key: bytes
    value: bytes
    first_row: int


def message_of(leg: Leg, source: str) -> Message:
    """The leg as a CloudEvents message.

    Its id is derived from source and record, so that the same file imported again gives the same ids and
    every leg is a duplicate; its time is the leg's end, for the same reason.
    """
    record = leg.record
    own_source = leg.source or source
    event_id = leg.event_id or derived_id(IdKind.CALL_EVENT, own_source, to_json(record).decode())
    return Message(
        key=f"{record.account_id}|{record.call_id}".encode(),
        value=encode(kind=CALL_RECORDED, event_id=event_id, source=own_source, time=record.ended_at, data=record),
        first_row=leg.rows[0],
    )


async def publish(
    messages: Iterable[Message], *, bootstrap_servers: str, on_confirmed: Callable[[int, int], Any]
) -> None:
    """Publishes every message, at most one batch ahead of the broker's confirmation.

    on_confirmed: called after each batch with its number of messages and the first row of its last one. Raises
    BrokerUnavailable when the broker or the topic is away, or does not confirm within a minute.
    """
    await _require_topic(bootstrap_servers)
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers,
        enable_idempotence=True,
        acks="all",
        linger_ms=5,
        client_id="ringledger-cdrs-import",
    )
    try:
        await asyncio.wait_for(producer.start(), WAIT_S)
        iterator = iter(messages)
        while batch := list(islice(iterator, BATCH_LEGS)):
            await asyncio.wait_for(_confirmed(producer, batch), WAIT_S)
            on_confirmed(len(batch), batch[-1].first_row)
    except (KafkaError, TimeoutError, OSError) as error:
        raise BrokerUnavailable(f"Kafka at {bootstrap_servers} did not confirm ({type(error).__name__})") from error
    finally:
        await _stop(producer)


async def _confirmed(producer: AIOKafkaProducer, batch: list[Message]) -> None:
    headers = [("content-type", CONTENT_TYPE.encode())]
    waiting = [
        await producer.send(CALLS.name, key=message.key, value=message.value, headers=headers) for message in batch
    ]
    await asyncio.gather(*waiting)


async def _require_topic(bootstrap_servers: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, request_timeout_ms=10_000)
    try:
        await asyncio.wait_for(admin.start(), 15)
        topics = await asyncio.wait_for(admin.list_topics(), 15)
    except (KafkaError, TimeoutError, OSError) as error:
        raise BrokerUnavailable(
            f"no Kafka broker answers at {bootstrap_servers} ({type(error).__name__})"
        ) from error
    finally:
        await admin.close()
    if CALLS.name not in topics:
        raise BrokerUnavailable(
            f"the broker at {bootstrap_servers} has no topic {CALLS.name}; start the stack with `ringledger up`, "
            "which creates the topics"
        )


async def _stop(producer: AIOKafkaProducer) -> None:
    """Stops it within seconds, also when it would wait for ever to flush to a broker that is away."""
    try:
        await asyncio.wait_for(producer.stop(), 5)
    except (KafkaError, TimeoutError, OSError):
        return
