"""Re-rating as a job: previews what was asked for and posts what was approved, a chunk at a time.

Every chunk is one short transaction that also moves its part's cursor: a crash loses nothing and repeats nothing.
Parts are worked off side by side by as many workers as there are, in one process or several.
"""

from dataclasses import dataclass

from chassis.clock import Clock
from chassis.database import ACQUIRE_TIMEOUT_S, Connection, Pool
from chassis.stripes import take_stripes
from services.usage_rating.domain.rerating import SLICES, months_of
from services.usage_rating.handlers.messages import Tokens
from services.usage_rating.handlers.pricing import PlanCache
from services.usage_rating.handlers.rerating_posting import post_chunk
from services.usage_rating.handlers.rerating_preview import preview_chunk
from services.usage_rating.handlers.reratings import SHARED, read_course
from services.usage_rating.store import rerating_parts, reratings
from services.usage_rating.store.reratings import Rerating

USES_PER_PREVIEW = 4000
CHANGES_PER_POSTING = 500
UNDONE_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingAnewHandler:
    """Works off re-ratings; `schema` names the stripes."""

    pool: Pool
    schema: str
    plans: PlanCache
    tokens: Tokens
    clock: Clock
    uses_per_preview: int = USES_PER_PREVIEW
    changes_per_posting: int = CHANGES_PER_POSTING

    async def work_off(self) -> int:
        """Do a step of every re-rating that has one to do; how many had.

        One whose step fails holds up no other; what failed is raised when all have had their turn.
        """
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            undone = await reratings.list_undone_reratings(connection, UNDONE_AT_ONCE)
        worked, failures = 0, []
        for item in undone:
            try:
                worked += await self._step(item)
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup(f"{len(failures)} of {len(undone)} re-ratings not gone on with", failures)
        return worked

    async def _step(self, item: Rerating) -> bool:
        """One transaction; False when other workers have all that is left to do."""
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
            match item.state:
                case "requested":
                    return await self._begin(connection, item)
                case "previewing":
                    return await self._preview(connection, item)
                case _:
                    return await self._post(connection, item)

    async def _begin(self, connection: Connection, item: Rerating) -> bool:
        """Pin the activations that stand: what is previewed, approved and posted goes by these."""
        await take_stripes(connection, schema=self.schema, stripes=SHARED, accounts=[item.asked.account_id])
        course = await read_course(connection, item.asked)
        await reratings.begin_rerating(connection, item, course, months_of(item.asked), SLICES)
        return True

    async def _preview(self, connection: Connection, item: Rerating) -> bool:
        part = await rerating_parts.lock_part_to_preview(connection, item)
        if part is not None:
            await preview_chunk(connection, item, part, self.plans, self.uses_per_preview)
            return True
        if not await self._is_last(connection, item, to_post=False):
            return False
        await reratings.end_preview(connection, item, self.clock())
        return True

    async def _post(self, connection: Connection, item: Rerating) -> bool:
        if item.state == "approved":
            await reratings.begin_posting(connection, item)
            return True
        if await post_chunk(connection, self, item):
            return True
        if not await self._is_last(connection, item, to_post=True):
            return False
        await reratings.end_posting(connection, item, self.clock())
        return True

    async def _is_last(self, connection: Connection, item: Rerating, *, to_post: bool) -> bool:
        """Whether nothing is left and nobody else has said so: the worker who finds that ends the phase."""
        stands = await reratings.lock_rerating(connection, item.asked.account_id, item.rerating_id)
        if stands is None or stands.state != item.state:
            return False
        return not await rerating_parts.has_parts_left(connection, item, to_post=to_post)
