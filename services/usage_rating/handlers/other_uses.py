"""Uses that are no calls in: what is peculiar to their records; the rest is as with any use."""

from collections.abc import Iterable

from contracts.events.usage import UsageRecord
from services.usage_rating.domain.rating_uses import use_instant
from services.usage_rating.handlers.other_ratings import other_rating, other_use_of
from services.usage_rating.handlers.pricing import Prices
from services.usage_rating.handlers.uses import RecordHandling


def _none(_: Iterable[UsageRecord]) -> set[tuple[str, str]]:
    """No price of what is no call asks about numbers."""
    return set()


USAGE_RECORDS = RecordHandling(
    kind="usage",
    plan_at=use_instant,
    numbers=_none,
    use_of=other_use_of,
    price=Prices.price_use,
    rating=other_rating,
)
