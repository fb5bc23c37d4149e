"""What a re-rating would change, found use by use: nothing is locked, and what differs is written down."""

from asyncio import sleep
from decimal import Decimal

import orjson

from chassis.database import Connection
from contracts.events.call import CallDetailRecord
from services.usage_rating.domain.activation import Activations
from services.usage_rating.domain.rating import Rated
from services.usage_rating.domain.rerating import Term
from services.usage_rating.handlers.calls import load_call_prices
from services.usage_rating.handlers.pricing import PlanCache, Priced, Waits
from services.usage_rating.handlers.stored_calls import stored_calls
from services.usage_rating.store import rerating_parts
from services.usage_rating.store.rerating_parts import ChangeRow, Part, StoredRating
from services.usage_rating.store.reratings import Rerating

TURN = 250
"""Uses priced between two turns of the loop: live traffic goes on beside."""

_FREE = Decimal("0.000000")


async def preview_chunk(
    connection: Connection, item: Rerating, part: Part, plans: PlanCache, uses_max: int
) -> None:
    """Price the next uses of a locked part again, and note those whose price or plan version would be another."""
    assert item.course is not None, "a preview goes by the course it began with"
    stored, last = await rerating_parts.list_stored_ratings(connection, item, part, uses_max)
    if stored:
        calls = stored_calls([one.call for one in stored])
        prices = await load_call_prices(connection, plans, calls, Activations(item.course))
        changes = []
        for place, (one, call) in enumerate(zip(stored, calls, strict=True), start=1):
            change = _change(item, part, one, call, prices.price(call))
            if change is not None:
                changes.append(change)
            if place % TURN == 0:
                await sleep(0)
        if changes:
            await rerating_parts.insert_changes(connection, changes)
    await rerating_parts.update_part_previewed(connection, item, part, last, len(stored))


def _change(
    item: Rerating, part: Part, stored: StoredRating, call: CallDetailRecord, price: Priced | Waits
) -> ChangeRow | None:
    """What would become of a live rating; None when nothing."""
    certificate = orjson.loads(stored.published)["certificate"]
    destination = certificate.get("destination")
    before = Term(stored.amount, certificate.get("plan_id"), certificate.get("plan_version"))
    after, reason = Term(_FREE, None, None), None
    if isinstance(price, Waits):
        reason = price.reason
    else:
        after, named = _term(price)
        if after == before:
            return None
        destination = named or destination
    return ChangeRow(
        item.asked.account_id,
        item.rerating_id,
        part.month,
        stored.usage_id,
        stored.revision,
        stored.rated_usage_id,
        stored.occurred_at,
        call.direction,
        call.own_number,
        call.user_id,
        destination,
        before.amount,
        after.amount if reason is None else None,
        before.plan_id,
        before.plan_version,
        after.plan_id,
        after.plan_version,
        reason,
    )


def _term(priced: Priced) -> tuple[Term, str | None]:
    """What a price comes to, and the destination it names."""
    outcome, kept = priced.outcome, priced.plan
    if not isinstance(outcome, Rated) or kept is None:
        return Term(_FREE, None, None), None
    destination = None if outcome.rate is None else outcome.rate.destination
    return Term(outcome.amount, kept.plan.plan_id, kept.plan.version), destination
