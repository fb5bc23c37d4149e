"""Creates the declared topics, with dead-letter and replay topics for every group that reads them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from chassis.broker_errors import BROKER_ERRORS
from contracts.topics import (
    CUSTOMER,
    DAYS_90,
    TOPICS,
    UNIT_COSTS,
    Topic,
    dead_letter_topic,
    replay_topic,
)

DAY_MS = 24 * 3600 * 1000
CREATE_TIMEOUT_MS = 30_000
BROKER_MAX_MESSAGE_BYTES = 1_048_588
"""What a broker takes unless it is told otherwise."""

_ALREADY_EXISTS = TopicAlreadyExistsError.errno


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSpec:
    """A topic to be: its partitions and how many days a record is kept, None for ever.

    max_message_bytes: the largest batch it takes.
    """

    name: str
    partitions: int
    retention_days: int | None
    max_message_bytes: int = BROKER_MAX_MESSAGE_BYTES


class TopicCreationFailed(RuntimeError):
    """The broker refused to create a topic; the message names it and says why."""


def specs_of(topics: Iterable[Topic] = TOPICS) -> list[TopicSpec]:
    """What must exist before services start: every fixed topic, and what dead-lettering it needs."""
    specs = []
    for topic in topics:
        if topic is UNIT_COSTS:
            continue
        specs.append(TopicSpec(name=topic.name, partitions=topic.partitions, retention_days=topic.retention_days))
        for service in topic.consumers:
            if service == CUSTOMER:
                continue
            for name in (dead_letter_topic(topic.name, service), replay_topic(topic.name, service)):
                # A dead letter is its record and more headers: the largest record must still fit.
                specs.append(
                    TopicSpec(
                        name=name,
                        partitions=1,
                        retention_days=DAYS_90,
                        max_message_bytes=2 * BROKER_MAX_MESSAGE_BYTES,
                    )
                )
    return specs


async def create_topics(
    bootstrap_servers: str, specs: Iterable[TopicSpec], *, replication_factor: int = 1
) -> list[str]:
    """Create what is missing; returns the names created. Existing topics are left as they are.

    Raises TopicCreationFailed when the broker refuses one.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        wanted = [spec for spec in specs if spec.name not in existing]
        if not wanted:
            return []
        response = await admin.create_topics(
            [_new_topic(spec, replication_factor) for spec in wanted], timeout_ms=CREATE_TIMEOUT_MS
        )
        created = []
        for name, code, *detail in response.topic_errors:
            if code == 0:
                created.append(name)
            elif code != _ALREADY_EXISTS:
                raise TopicCreationFailed(f"topic {name}: {for_code(code).__name__} {detail[0] if detail else ''}")
        return created
    finally:
        await admin.close()


def _new_topic(spec: TopicSpec, replication_factor: int) -> NewTopic:
    retention_ms = -1 if spec.retention_days is None else spec.retention_days * DAY_MS
    return NewTopic(
        name=spec.name,
        num_partitions=spec.partitions,
        replication_factor=replication_factor,
        topic_configs={
            "cleanup.policy": "delete",
            # The broker's own time: retention and the horizon of deduplication must not follow a producer's clock.
            "message.timestamp.type": "LogAppendTime",
            "retention.ms": str(retention_ms),
            "retention.bytes": "-1",
            "max.message.bytes": str(spec.max_message_bytes),
            "min.insync.replicas": str(max(1, replication_factor - 1)),
        },
    )


async def create_topics_patiently(
    bootstrap_servers: str, specs: Iterable[TopicSpec], *, replication_factor: int = 1, patience_s: float = 60
) -> list[str]:
    """As `create_topics`, waiting up to `patience_s` seconds for a broker that is still starting."""
    wanted = list(specs)
    deadline = asyncio.get_running_loop().time() + patience_s
    while True:
        try:
            return await create_topics(bootstrap_servers, wanted, replication_factor=replication_factor)
        except BROKER_ERRORS:
            if asyncio.get_running_loop().time() >= deadline:
                raise
            await asyncio.sleep(0.5)
