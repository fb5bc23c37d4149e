"""What was approved is posted: of each use the reversal of its live rating and the one that replaces it."""

from asyncio import sleep
from collections.abc import Sequence
from typing import Protocol

from chassis.clock import Clock
from chassis.database import Connection
from chassis.outbox.lanes import open_standing_lane
from chassis.stripes import StripeClass, Stripes, take_stripes
from services.usage_rating import store
from services.usage_rating.domain.activation import Activations
from services.usage_rating.handlers.calls import CALL_RECORDS, load_call_prices
from services.usage_rating.handlers.messages import Tokens, call_use, reversal
from services.usage_rating.handlers.pricing import PlanCache, Priced
from services.usage_rating.handlers.rerating_preview import TURN
from services.usage_rating.handlers.stored_calls import stored_calls
from services.usage_rating.handlers.uses import Recorded
from services.usage_rating.store import LegRow, rerating_parts
from services.usage_rating.store.rerating_parts import ChangeToPost, Part
from services.usage_rating.store.reratings import Rerating

LANE = "jobs/rerating"
"""A lane for each slice, so that workers need not wait for each other; a use is always in the same one."""

DECIDE = (Stripes(kind=StripeClass.DIRECTORY), Stripes(kind=StripeClass.PERIOD))


class Means(Protocol):
    """What posting needs of the job."""

    @property
    def schema(self) -> str: ...
    @property
    def plans(self) -> PlanCache: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def changes_per_posting(self) -> int: ...


async def post_chunk(connection: Connection, means: Means, item: Rerating) -> bool:
    """Post the next changes of a part that nobody has; False when there is none.

    Stripes and locks in the order of live traffic (DESIGN §5): it decides beside, and neither waits for long.
    """
    account_id, now = item.asked.account_id, means.clock()
    await take_stripes(connection, schema=means.schema, stripes=DECIDE, accounts=[account_id])
    part = await rerating_parts.lock_part_to_post(connection, item)
    if part is None:
        return False
    changes = await rerating_parts.list_changes_to_post(connection, item, part, means.changes_per_posting)
    recorded, legs = Recorded(), list[LegRow]()
    if changes:
        legs = await _rate_anew(connection, means, item, part, changes, recorded)
    if legs:
        await rerating_parts.update_legs_rated(connection, account_id, legs)
    whole = len(changes) < means.changes_per_posting
    posted = {leg.usage_id for leg in legs}
    skipped = [change.usage_id for change in changes if change.usage_id not in posted]
    last_id = None if whole else changes[-1].usage_id
    await rerating_parts.update_part_posted(connection, item, part, last_id, len(legs), skipped)
    if recorded.rated:
        outgoing = await open_standing_lane(connection, f"{LANE}/{part.slice}")
        await recorded.write(connection, outgoing, now)
        await outgoing.record(connection, now)
    return True


async def _rate_anew(
    connection: Connection,
    means: Means,
    item: Rerating,
    part: Part,
    changes: Sequence[ChangeToPost],
    recorded: Recorded,
) -> list[LegRow]:
    """Reverse and replace, under the legs' locks, what is still as it was previewed; the legs as they then stand.

    A leg that a revision or another re-rating has changed meanwhile stays as it is: nobody approved that.
    """
    assert item.course is not None, "what is posted goes by the course of its preview"
    account_id = item.asked.account_id
    wanted = {change.usage_id: change for change in changes}
    locked = await store.lock_legs(connection, [(account_id, usage_id) for usage_id in wanted])
    live = {
        usage_id: leg
        for usage_id, leg in locked.items()
        if leg.revision == wanted[usage_id].revision and leg.live_rated_usage_id == wanted[usage_id].rated_usage_id
    }
    if not live:
        return []
    uses = await rerating_parts.list_uses_to_rate(connection, account_id, part.month, list(live.values()))
    calls = stored_calls([use.call for use in uses])
    prices = await load_call_prices(connection, means.plans, calls, Activations(item.course))
    legs = []
    for place, (stored, call) in enumerate(zip(uses, calls, strict=True), start=1):
        price = prices.price(call)
        if isinstance(price, Priced):
            use = call_use(call, stored.source, stored.usage_id, item.rerating_id)
            leg, rated = CALL_RECORDS.rate_anew(live[use.usage_id], use, price, means.tokens)
            if rated.amount == wanted[use.usage_id].amount_after:
                recorded.rated.append((reversal(stored.published, use.cause_id), call.call_id))
                recorded.rated.append((rated, call.call_id))
                legs.append(leg)
        if place % TURN == 0:
            await sleep(0)
    return legs
