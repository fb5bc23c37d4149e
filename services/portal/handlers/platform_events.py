"""Events of platforms without Kafka: each is checked as its consumer checks it, published, and then answered."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chassis.intake.events import Event, EventReader, RecordRefused
from contracts.events.call import CallDetailRecord
from contracts.events.refusals import refusal_of
from contracts.events.usage import UsageRecord
from contracts.topics import CALLS, DIRECTORY, USAGE
from contracts.values.access import Caller, Privilege
from services.portal.clients.platform_topics import PlatformRecord, PlatformTopics

TOPICS = (CALLS, USAGE, DIRECTORY)
ITEMS_MAX = 1000
"""Events of one request."""

_READ_BETWEEN_YIELDS = 100
_TOPIC_OF = {kind.name: topic.name for topic in TOPICS for kind in topic.events}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The broker has it."""

    event_id: str
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It was not published. pointer: where in the event the fault is (RFC 6901), empty for all of it."""

    code: str
    says: str
    pointer: str
    event_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """It is good, and the broker has not said that it has it."""

    event_id: str
    topic: str


Result = Accepted | Refused | Unconfirmed


class _Item(NamedTuple):
    """An event as a reader of records takes it."""

    value: bytes
    headers: Sequence[Any] = ()


class PlatformEvents:
    """Takes events in for the topics of platforms."""

    def __init__(self, topics: PlatformTopics, *, record_max_bytes: int) -> None:
        self._topics = topics
        self._reader = EventReader([kind for topic in TOPICS for kind in topic.events], max_bytes=record_max_bytes)

    async def publish(self, caller: Caller, items: Sequence[bytes]) -> list[Result]:
        """What becomes of each event, in order; it is accepted only once the broker has confirmed it."""
        results: list[Result] = []
        records: list[PlatformRecord] = []
        for index, item in enumerate(items):
            if index % _READ_BETWEEN_YIELDS == _READ_BETWEEN_YIELDS - 1:
                await asyncio.sleep(0)
            checked = self._checked(caller, item)
            if isinstance(checked, Refused):
                results.append(checked)
            else:
                topic = _TOPIC_OF[checked.type]
                records.append(PlatformRecord(topic=topic, key=_key_of(checked.data), value=item))
                results.append(Unconfirmed(event_id=checked.event_id, topic=topic))
        if not records:
            return results
        confirmed = iter(await self._topics.publish(records))
        return [
            Accepted(event_id=one.event_id, topic=one.topic)
            if isinstance(one, Unconfirmed) and next(confirmed)
            else one
            for one in results
        ]

    async def close(self) -> None:
        """Stop the producer."""
        await self._topics.close()

    def _checked(self, caller: Caller, item: bytes) -> Event[Any] | Refused:
        """The event, once it has passed what its consumer asks and is the caller's own account's."""
        try:
            event = self._reader.read(_Item(item))
        except RecordRefused as refused:
            bare = refused.code == "not_a_cloudevent"
            says = "`specversion` is missing: an event is a CloudEvent 1.0" if bare else refused.detail
            return Refused(code=refused.code, says=says, pointer=refused.pointer)
        if Privilege.OPERATE not in caller.privileges and event.account_id != caller.account_id:
            return Refused(
                code="other_account",
                says=f"The event is of account {event.account_id}, and you publish for {caller.account_id}.",
                pointer="/data/account_id",
                event_id=event.event_id,
            )
        wrong = refusal_of(event.data)
        if wrong is not None:
            return Refused(code="invalid", says=wrong, pointer="/data", event_id=event.event_id)
        return event


def _key_of(data: Any) -> bytes:
    """The key that the topic's declaration asks for: what is one call, one use or one account stays in order."""
    match data:
        case CallDetailRecord():
            return f"{data.account_id}|{data.call_id}".encode()
        case UsageRecord():
            return f"{data.account_id}|{data.call_id or data.usage_key}".encode()
        case _:
            return str(data.account_id).encode()
