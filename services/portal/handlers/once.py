"""What was asked under an Idempotency-Key takes effect once; the same again gets the answer of the first time."""

import hmac
from dataclasses import dataclass, replace
from hashlib import sha256

import orjson

from chassis.clock import Clock
from chassis.database import Pool, account_transaction
from contracts.values.access import Caller
from services.portal.clients import Answer
from services.portal.handlers.people import Refusal
from services.portal.store.idempotency import (
    KnownRequest,
    delete_idempotency_key,
    find_idempotency_key,
    insert_idempotency_key,
    update_idempotency_key,
)

REPLAYED = "idempotency-replayed"
NOT_DONE = frozenset({401, 429, 503})
"""Answers that say that nothing was done: such a request may be sent again under its key."""

OTHER_BODY = Refusal(code="idempotency_key_reused", says="This Idempotency-Key was sent with another request.")
IN_FLIGHT = Refusal(
    code="in_flight",
    says="A request with this Idempotency-Key has begun and has not been answered; look at what became of it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """A request under a key. content: its method, path, query and body, which a repeat has too."""

    caller: Caller
    key: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """Requests under keys and what was answered to them.

    secret: what hashes of requests are keyed with; a body may hold a password, which a plain hash would let guess.
    """

    pool: Pool
    clock: Clock
    secret: bytes

    async def begin(self, asked: Keyed) -> Answer | Refusal | None:
        """None for a key that is new; else what became of it."""
        request_hash = hmac.new(self.secret, asked.content, sha256).digest()
        account_id, caller_id = asked.caller.account_id, asked.caller.caller_id
        async with account_transaction(self.pool, account_id) as connection:
            if await insert_idempotency_key(
                connection, account_id, caller_id, asked.key, request_hash, self.clock()
            ):
                return None
            known = await find_idempotency_key(connection, account_id, caller_id, asked.key)
        if known is None:
            return IN_FLIGHT
        return OTHER_BODY if known.request_hash != request_hash else _answer_of(known)

    async def end(self, asked: Keyed, answer: Answer) -> None:
        """Keep the answer, or forget the request where the answer says that nothing was done."""
        if answer.status in NOT_DONE:
            await self.forget(asked)
            return
        async with account_transaction(self.pool, asked.caller.account_id) as connection:
            await update_idempotency_key(
                connection,
                asked.caller.account_id,
                asked.caller.caller_id,
                asked.key,
                status=answer.status,
                headers=orjson.dumps(dict(answer.headers)).decode(),
                body=answer.body,
            )

    async def forget(self, asked: Keyed) -> None:
        """Let the request be sent again under its key."""
        async with account_transaction(self.pool, asked.caller.account_id) as connection:
            await delete_idempotency_key(connection, asked.caller.account_id, asked.caller.caller_id, asked.key)


def content_of(method: str, path: str, query: str, body: bytes) -> bytes:
    """What tells a repeat from another request. path: below `/api/v1/`."""
    return b"\n".join([method.encode(), path.encode(), query.encode(), body])


def _answer_of(known: KnownRequest) -> Answer | Refusal:
    if known.status is None or known.headers is None or known.body is None:
        return IN_FLIGHT
    answer = Answer(status=known.status, headers=orjson.loads(known.headers), body=known.body)
    return replace(answer, headers={**answer.headers, REPLAYED: "true"})
