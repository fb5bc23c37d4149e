"""The public keys that statements are verified with: read from the facts that publish them, kept in memory.

Every API process reads the whole topic from its beginning, without a group, and goes on reading. Until it has
reached the end once, no published key counts, so nothing is decided on half of what is known.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import TypeAdapter, ValidationError

from chassis.broker_errors import BROKER_ERRORS
from chassis.logs import get_logger
from chassis.statements import OPERATOR_KEY_ID, read_public
from contracts.events.envelope import structured
from contracts.events.facts import SIGNING_KEY_FACT, SigningKeyFact
from contracts.topics import PORTAL_FACTS

LOG = get_logger(__name__)
RETRY_S = 2
POLL_MS = 1000

_FACT = TypeAdapter(structured(SigningKeyFact))


@dataclass(slots=True, kw_only=True)
class KeyRing:
    """The keys known to this process. operator: the command line's key, None where it has no access."""

    operator: Ed25519PublicKey | None = None
    complete: bool = False
    _facts: dict[str, SigningKeyFact] = field(default_factory=dict)

    def find(self, key_id: str, now: datetime) -> Ed25519PublicKey | None:
        """The public key of that id if it is valid now."""
        if key_id == OPERATOR_KEY_ID:
            return self.operator
        fact = self._facts.get(key_id) if self.complete else None
        if fact is None or not fact.valid_from_at <= now < fact.valid_until_at:
            return None
        return read_public(fact.public_key)

    def take(self, fact: SigningKeyFact) -> None:
        """Adopt a fact; the highest version of a key stands. The operator's id is not for publishing."""
        known = self._facts.get(fact.key_id)
        if fact.key_id != OPERATOR_KEY_ID and (known is None or fact.version > known.version):
            self._facts[fact.key_id] = fact

    def facts(self) -> list[SigningKeyFact]:
        """Every key that has been published, once the topic has been read to its end."""
        return list(self._facts.values()) if self.complete else []

    async def known(self) -> str | None:
        """None when the topic has been read to its end once; for readiness."""
        return None if self.complete else "the keys of statements have not been read yet"

    async def follow(self, bootstrap_servers: str) -> None:
        """Read the topic for ever; a broker that is away is tried again, and the keys known stay known."""
        while True:
            try:
                await self._read(bootstrap_servers)
            except BROKER_ERRORS as error:
                LOG.warning("keys_not_read", error=repr(error))
            await asyncio.sleep(RETRY_S)

    async def _read(self, bootstrap_servers: str) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap_servers, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            await consumer.start()
            places = [TopicPartition(PORTAL_FACTS.name, number) for number in range(PORTAL_FACTS.partitions)]
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            await consumer.seek_to_beginning(*places)
            while True:
                if not self.complete:
                    self.complete = all([await consumer.position(place) >= ends[place] for place in places])
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for record in records:
                        self._adopt(record)
        finally:
            await consumer.stop()

    def _adopt(self, record: ConsumerRecord) -> None:
        try:
            event = _FACT.validate_json(record.value or b"")
            if event.type == SIGNING_KEY_FACT.name:
                read_public(event.data.public_key)
                self.take(event.data)
        except (ValidationError, ValueError) as error:
            LOG.warning("key_not_adopted", offset=record.offset, error=str(error)[:200])
