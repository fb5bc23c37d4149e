"""What pages ask of usage_rating: how a use got its price. It may be away, and the pages still stand."""

from dataclasses import dataclass

from chassis.logs import get_logger
from services.portal.clients import NotReached
from services.portal.clients.asking import NotAnswered, Row, ServiceApi

LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """usage_rating as one caller sees it."""

    api: ServiceApi

    async def explanation(self, usage_id: str) -> Row | None:
        """The steps from the use to its amount; None where it has none, or while they cannot be had."""
        try:
            found: Row | None = await self.api.one(f"rated-usage/{usage_id}/explanation")
        except (NotReached, NotAnswered) as error:
            LOG.warning("no explanation of a price", usage_id=usage_id, error=str(error))
            return None
        return found
