"""What pages ask of usage_rating: how a use got its price, and what a call would cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.logs import get_logger
from services.portal.clients import NotReached
from services.portal.clients.asking import NotAnswered, Refused, Row, ServiceApi

LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """usage_rating as one caller sees it."""

    api: ServiceApi

    async def quote(self, call: Mapping[str, Any]) -> Row | Refused:
        """What a call would cost, or why it cannot be said. Raises NotAnswered."""
        return await self.api.command("POST", "quotes", call)

    async def explanation(self, usage_id: str) -> Row | None:
        """The steps from the use to its amount; None where it has none, or while usage_rating is away."""
        try:
            found: Row | None = await self.api.one(f"rated-usage/{usage_id}/explanation")
        except (NotReached, NotAnswered) as error:
            LOG.warning("no explanation of a price", usage_id=usage_id, error=str(error))
            return None
        return found
