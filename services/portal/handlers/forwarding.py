"""Hands a request on to the service that answers it, a POST with an Idempotency-Key once only."""

from dataclasses import dataclass, replace
from hashlib import sha256

import orjson

from chassis.clock import Clock
from chassis.database import Pool, account_transaction
from contracts.values.access import Caller
from services.portal.clients import Answer, Asked, NotReached, Services, Stream
from services.portal.domain.routing import STREAMED, service_of
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

NO_ROUTE = Refusal(code="not_found", says="Nothing answers this path.")
OTHER_BODY = Refusal(code="idempotency_key_reused", says="This Idempotency-Key was sent with another request.")
IN_FLIGHT = Refusal(
    code="in_flight",
    says="A request with this Idempotency-Key has begun and has not been answered; look at what became of it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """Requests to services, with what was answered to those that may come twice."""

    pool: Pool
    services: Services
    clock: Clock

    async def forward(self, caller: Caller, asked: Asked, idempotency_key: str | None) -> Answer | Stream | Refusal:
        """What the service answers, or answered before. Raises NotReached."""
        service = service_of(asked.path)
        if service is None:
            return NO_ROUTE
        if asked.path in STREAMED:
            return await self.services.stream(service, caller, asked)
        if idempotency_key is None or asked.method != "POST":
            return await self.services.ask(service, caller, asked)
        known = await self._begin(caller, idempotency_key, asked)
        if known is not None:
            return known
        try:
            answer = await self.services.ask(service, caller, asked)
        except NotReached as error:
            if not error.sent:
                await self._forget(caller, idempotency_key)
            raise
        if answer.status in NOT_DONE:
            await self._forget(caller, idempotency_key)
        else:
            await self._keep(caller, idempotency_key, answer)
        return answer

    async def _begin(self, caller: Caller, key: str, asked: Asked) -> Answer | Refusal | None:
        """None for a key that is new; else what became of it."""
        content = b"\n".join([asked.method.encode(), asked.path.encode(), asked.query.encode(), asked.body])
        request_hash = sha256(content).digest()
        account_id, caller_id = caller.account_id, caller.caller_id
        async with account_transaction(self.pool, account_id) as connection:
            if await insert_idempotency_key(connection, account_id, caller_id, key, request_hash, self.clock()):
                return None
            known = await find_idempotency_key(connection, account_id, caller_id, key)
        if known is None:
            return IN_FLIGHT
        return OTHER_BODY if known.request_hash != request_hash else _answer_of(known)

    async def _keep(self, caller: Caller, key: str, answer: Answer) -> None:
        async with account_transaction(self.pool, caller.account_id) as connection:
            await update_idempotency_key(
                connection,
                caller.account_id,
                caller.caller_id,
                key,
                status=answer.status,
                headers=orjson.dumps(dict(answer.headers)).decode(),
                body=answer.body,
            )

    async def _forget(self, caller: Caller, key: str) -> None:
        async with account_transaction(self.pool, caller.account_id) as connection:
            await delete_idempotency_key(connection, caller.account_id, caller.caller_id, key)


def _answer_of(known: KnownRequest) -> Answer | Refusal:
    if known.status is None or known.headers is None or known.body is None:
        return IN_FLIGHT
    answer = Answer(status=known.status, headers=orjson.loads(known.headers), body=known.body)
    return replace(answer, headers={**answer.headers, REPLAYED: "true"})
