"""Keys of statements: made from a secret and an id, published before they are used, used once they are known.

The private half of a key is never stored: HKDF makes it from the secret and the key's id, in every process alike.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chassis.clock import Clock, Random
from chassis.database import Connection, Pool
from chassis.outbox.lanes import open_standing_lane
from chassis.statements import SCHEME, SigningKey, public_text, sign
from contracts.events.envelope import encode
from contracts.events.facts import SIGNING_KEY_FACT, SigningKeyFact
from contracts.topics import PORTAL_FACTS
from contracts.values.access import Caller
from contracts.values.ids import time_ordered_id
from services.portal.domain.key_plan import KnownKey, key_to_use, next_validity, withdrawn
from services.portal.store.signing_keys import list_signing_keys, lock_signing_keys, upsert_signing_key

LANE = "signing-keys"
SOURCE = "portal"


class NoSigningKey(RuntimeError):
    """No key that this process can sign with has been published yet: nothing can be asked of a service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySecret:
    """What every private key is made from."""

    secret: bytes

    def private_key(self, key_id: str) -> Ed25519PrivateKey:
        """The private half of a key."""
        return Ed25519PrivateKey.from_private_bytes(self._derived(f"ringledger statement key {key_id}"))

    def request_key(self) -> bytes:
        """What hashes of requests under an Idempotency-Key are keyed with."""
        return self._derived("ringledger requests under a key")

    def makes(self, key: KnownKey) -> bool:
        """Whether this secret makes that key."""
        return public_text(self.private_key(key.key_id).public_key()) == key.public_key

    def _derived(self, info: str) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info.encode()).derive(self.secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlanner:
    """Sees to it that there is always a key, and that keys of a former secret end."""

    pool: Pool
    secret: KeySecret
    clock: Clock
    random: Random

    async def plan(self) -> int:
        """Publish what is due, in one transaction; how many keys."""
        async with self.pool.acquire() as connection, connection.transaction():
            await lock_signing_keys(connection)
            now = self.clock()
            known = await list_signing_keys(connection, now)
            due = withdrawn(known, now=now, ours=self.secret.makes)
            validity = next_validity(known, now=now, ours=self.secret.makes)
            if validity is not None:
                due.append(self._new_key(now, *validity))
            await self._publish(connection, due, now)
            return len(due)

    def _new_key(self, now: datetime, valid_from_at: datetime, valid_until_at: datetime) -> KnownKey:
        key_id = f"k{now:%Y%m%d}-{self.random(6).hex()}"
        return KnownKey(
            key_id=key_id,
            version=1,
            public_key=public_text(self.secret.private_key(key_id).public_key()),
            valid_from_at=valid_from_at,
            valid_until_at=valid_until_at,
        )

    async def _publish(self, connection: Connection, keys: Sequence[KnownKey], now: datetime) -> None:
        if not keys:
            return
        outgoing = await open_standing_lane(connection, LANE)
        for key in keys:
            await upsert_signing_key(connection, key)
            fact = SigningKeyFact(
                key_id=key.key_id,
                version=key.version,
                public_key=key.public_key,
                valid_from_at=key.valid_from_at,
                valid_until_at=key.valid_until_at,
            )
            event_id = time_ordered_id(now, self.random)
            value = encode(kind=SIGNING_KEY_FACT, event_id=event_id, source=SOURCE, time=now, data=fact)
            outgoing.send(PORTAL_FACTS.name, key=key.key_id.encode(), value=value)
        await outgoing.record(connection, now)


@dataclass(slots=True, kw_only=True)
class Signer:
    """Signs statements with a key that has been published: read back from the topic, as services read it."""

    secret: KeySecret
    published: Callable[[], Sequence[SigningKeyFact]]
    clock: Clock
    _using: SigningKey | None = None

    def authorization(self, caller: Caller, audience: str) -> str:
        """The header by which a service knows the caller. Raises NoSigningKey."""
        now = self.clock()
        known = [
            KnownKey(
                key_id=fact.key_id,
                version=fact.version,
                public_key=fact.public_key,
                valid_from_at=fact.valid_from_at,
                valid_until_at=fact.valid_until_at,
            )
            for fact in self.published()
        ]
        chosen = key_to_use(known, now=now, ours=self._ours)
        if chosen is None:
            raise NoSigningKey("no key of statements is valid now; does `portal --role ingest` run?")
        if self._using is None or self._using.key_id != chosen.key_id:
            self._using = SigningKey(key_id=chosen.key_id, private=self.secret.private_key(chosen.key_id))
        return f"{SCHEME} {sign(caller, audience=audience, now=now, key=self._using)}"

    def _ours(self, key: KnownKey) -> bool:
        return (self._using is not None and self._using.key_id == key.key_id) or self.secret.makes(key)

    async def ready(self) -> str | None:
        """None when there is a key to sign with; for readiness."""
        now = self.clock()
        known = [fact for fact in self.published() if fact.valid_from_at <= now < fact.valid_until_at]
        return None if known else "no key of statements has been published yet"
