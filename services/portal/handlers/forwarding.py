"""Hands a request on to the service that answers it, a POST with an Idempotency-Key once only."""

from dataclasses import dataclass

from contracts.values.access import Caller
from services.portal.clients import Answer, Asked, NotReached, Services, Stream
from services.portal.domain.routing import STREAMED, service_of
from services.portal.handlers.once import Keyed, Once, content_of
from services.portal.handlers.people import Refusal

NO_ROUTE = Refusal(code="not_found", says="Nothing answers this path.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarding:
    """Requests to services, with what was answered to those that may come twice."""

    services: Services
    once: Once

    async def forward(self, caller: Caller, asked: Asked, idempotency_key: str | None) -> Answer | Stream | Refusal:
        """What the service answers, or answered before. Raises NotReached."""
        service = service_of(asked.path)
        if service is None:
            return NO_ROUTE
        if asked.path in STREAMED:
            return await self.services.stream(service, caller, asked)
        if idempotency_key is None or asked.method != "POST":
            return await self.services.ask(service, caller, asked)
        content = content_of(asked.method, asked.path, asked.query, asked.body)
        keyed = Keyed(caller=caller, key=idempotency_key, content=content)
        known = await self.once.begin(keyed)
        if known is not None:
            return known
        try:
            answer = await self.services.ask(service, caller, asked)
        except NotReached as error:
            if not error.sent:
                await self.once.forget(keyed)
            raise
        await self.once.end(keyed, answer)
        return answer
