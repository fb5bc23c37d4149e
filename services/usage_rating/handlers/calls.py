"""Calls in: what is peculiar to their records; the rest is as with any use."""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import Connection
from contracts.events.call import CallDetailRecord
from services.usage_rating.domain.activation import Activations
from services.usage_rating.handlers.messages import rating, use_of
from services.usage_rating.handlers.pricing import PlanCache, Prices, load_prices, numbers_of
from services.usage_rating.handlers.uses import RecordHandling


def _plan_at(call: CallDetailRecord) -> datetime | None:
    return call.answered_at


CALL_RECORDS = RecordHandling(
    kind="call", plan_at=_plan_at, numbers=numbers_of, use_of=use_of, price=Prices.price, rating=rating
)


async def load_call_prices(
    connection: Connection,
    cache: PlanCache,
    calls: Sequence[CallDetailRecord],
    activations: Activations | None = None,
) -> Prices:
    """What the prices of these calls depend on. activations: by which, where not by those that stand."""
    return await load_prices(
        connection,
        cache,
        [(call.account_id, call.answered_at) for call in calls],
        numbers=lambda: numbers_of(calls),
        activations=activations,
    )
