"""Puts charges right after a change of the directory: chunk by chunk, each one short transaction.

A chunk takes the account's stripe shared, as a batch of use does, so no change commits while it decides; what
changes afterwards leaves work of its own. It decides by the directory as it stands, not as it was after the
change: works of one account may therefore be done in any order and end alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Protocol

from chassis.clock import Clock, monotonic_s
from chassis.database import ACQUIRE_TIMEOUT_S, Connection, Pool
from chassis.outbox.lanes import Outgoing, open_standing_lane
from chassis.stripes import StripeClass, Stripes, take_stripes
from services.billing_units.domain.allocation import Allocation, allocate
from services.billing_units.domain.directory_view import DirectoryView
from services.billing_units.domain.moving import Move, move
from services.billing_units.domain.touched import Part
from services.billing_units.handlers.charge_messages import send_charge
from services.billing_units.handlers.directory_cache import DirectoryCache, NamingUse
from services.billing_units.handlers.stored_uses import StoredUse, stored_use
from services.billing_units.store import charges, followers, reattribution
from services.billing_units.store.charges import RatingKey
from services.billing_units.store.reattribution import Candidate, Cursor, LiveRating, Reattribution

LANE = "reattribution"
RATINGS_PER_CHUNK = 500
CANDIDATES_PER_READ = 500
LOOKING_S_MAX = 0.3
"""A chunk that finds little to do still ends soon: it holds the stripe."""

_SHARED = (Stripes(kind=StripeClass.DIRECTORY),)


class Views(Protocol):
    """Where the meaning of what uses name comes from."""

    async def views(self, connection: Connection, uses: Sequence[NamingUse]) -> Mapping[str, DirectoryView]: ...


@dataclass(slots=True, kw_only=True)
class ReattributionHandler:
    """Works off what changes left, one chunk at a time; `schema` names the stripes."""

    pool: Pool
    schema: str
    clock: Clock
    directory: DirectoryCache = field(default_factory=DirectoryCache)
    ratings_per_chunk: int = RATINGS_PER_CHUNK

    async def work_off(self) -> int:
        """Put a chunk of every waiting account right, a few accounts; how many had something to do.

        An account whose chunk fails holds up no other; what failed is raised when all have had their turn.
        """
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            accounts = await reattribution.list_undone(connection, 16)
        worked, failures = 0, []
        for account_id in accounts:
            try:
                worked += await self.work_off_chunk(account_id)
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup(f"{len(failures)} of {len(accounts)} accounts not put right", failures)
        return worked

    async def work_off_chunk(self, account_id: str) -> bool:
        """Go on with the account's oldest change; False when there is none or another process has it."""
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
            await take_stripes(connection, schema=self.schema, stripes=_SHARED, accounts=[account_id])
            item = await reattribution.lock_undone(connection, account_id)
            if item is None:
                return False
            candidates, cursor = await find_candidates(
                connection, item.account_id, item.parts, item.cursor, self.ratings_per_chunk
            )
            ratings = await reattribution.list_live_ratings(
                connection, {candidate.rating for candidate in candidates}, lock=True
            )
            outgoing = await open_standing_lane(connection, LANE)
            moved = await self._move(connection, item, ratings, outgoing)
            now = self.clock()
            done = cursor.part_no > len(item.parts)
            progress = replace(item, cursor=cursor, examined=item.examined + len(ratings), moved=item.moved + moved)
            await reattribution.update_progress(connection, progress, now if done else None)
            await outgoing.record(connection, now)
        return True

    async def _move(
        self, connection: Connection, item: Reattribution, ratings: Sequence[LiveRating], outgoing: Outgoing
    ) -> int:
        """Write and send the pairs of those ratings that others owe now; how many."""
        now, records, changed = self.clock(), [], []
        for key, use, found in await decide(connection, item.account_id, ratings, self.directory):
            caused = replace(use, cause_id=item.reattribution_id)
            records += [send_charge(outgoing, caused, share, now) for share in (*found.taken, *found.given)]
            live = [share.charge_id for share in found.given]
            changed.append((key, found.given[0].allocation_revision, live))
        if changed:
            await charges.copy_charges(connection, records)
            await reattribution.update_moved(connection, changed)
            await followers.end_and_wake(connection, (), {key[:2] for key, _, _ in changed}, now)
        return len(changed)


async def find_candidates(
    connection: Connection, account_id: str, parts: Sequence[Part], cursor: Cursor, ratings_max: int
) -> tuple[list[Candidate], Cursor]:
    """Charges to look at from the cursor on, and where to go on; after the last part when all were found."""
    began_s = monotonic_s()
    found: list[Candidate] = []
    while cursor.part_no <= len(parts) and len(found) < ratings_max and monotonic_s() - began_s < LOOKING_S_MAX:
        limit = min(CANDIDATES_PER_READ, ratings_max - len(found))
        read = await reattribution.list_candidates(connection, account_id, parts[cursor.part_no - 1], cursor, limit)
        found += read
        cursor = read[-1].cursor if len(read) == limit else Cursor(part_no=cursor.part_no + 1)
    return found, cursor


async def decide(
    connection: Connection, account_id: str, ratings: Sequence[LiveRating], directory: Views
) -> list[tuple[RatingKey, StoredUse, Move]]:
    """The ratings that others owe now than do, with what puts each right."""
    if not ratings:
        return []
    rows = await reattribution.list_whole_charges(connection, account_id, ratings)
    uses = {key: stored_use(found[0]) for key, found in rows.items()}
    view = (await directory.views(connection, list(uses.values())))[account_id]
    moved = []
    for rating in ratings:
        use = uses[rating.key]
        live = [charges.share_of(row) for row in rows[rating.key]]
        found = move(
            live,
            _allocation(view, use),
            usage_id=use.usage_id,
            rating_revision=use.rating_revision,
            directory_revision=view.revision,
        )
        if found is not None:
            moved.append((rating.key, use, found))
    return moved


def _allocation(view: DirectoryView, use: StoredUse) -> Allocation:
    return allocate(
        view,
        occurred_at=use.occurred_at.astimezone(UTC),
        own_number=use.own_number,
        user_id=use.user_id,
        unit_override=use.unit_override,
    )
