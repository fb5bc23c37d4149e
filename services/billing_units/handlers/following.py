"""Puts what follows a call where its call is: charged when the call is, moved when it moves, nobody's after a day.

A use that follows a call is never decided where it arrives. It waits in `follower` for this job, which reads where
the call stands; whoever changes that afterwards wakes what follows it. So the two may arrive in any order, in any
partition and at the same time, and end alike; and calls pay nothing for it. One order of locks everywhere:
allocations, then followers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import TypeAdapter

from chassis.clock import Clock
from chassis.database import ACQUIRE_TIMEOUT_S, Connection, Pool
from chassis.outbox.lanes import Outgoing, open_standing_lane
from contracts.events.rated_usage import RatedUsage
from services.billing_units.domain.allocation import Allocation
from services.billing_units.domain.following import Leg, following, is_overdue, next_look
from services.billing_units.domain.moving import Move, move
from services.billing_units.domain.shares import Share, shares_of
from services.billing_units.handlers.charge_messages import ChargedUse, quantities_of, send_charge
from services.billing_units.handlers.stored_uses import StoredUse, stored_use
from services.billing_units.handlers.usage import FIRST_ALLOCATION
from services.billing_units.store import charges, followers, reattribution, views
from services.billing_units.store.charges import ChargeRecord, RatingKey, RatingRow
from services.billing_units.store.followers import Follower
from services.billing_units.store.reattribution import LiveRating

LANE = "following"
PER_CHUNK = 500
ACCOUNTS_AT_ONCE = 16
_RATED_USAGE = TypeAdapter(RatedUsage)


@dataclass(slots=True, kw_only=True)
class _Chunk:
    """What one transaction has read, and what it leads to."""

    now: datetime
    directory_revision: int
    legs: Mapping[str, Leg]
    outgoing: Outgoing
    records: list[ChargeRecord] = field(default_factory=list)
    charged: list[RatingRow] = field(default_factory=list)
    moved: list[tuple[RatingKey, int, Sequence[str]]] = field(default_factory=list)
    standing: list[Follower] = field(default_factory=list)

    def send(self, use: ChargedUse, shares: Sequence[Share]) -> None:
        self.records += [send_charge(self.outgoing, use, share, self.now) for share in shares]

    async def write(self, connection: Connection) -> None:
        if self.records:
            await charges.copy_charges(connection, self.records)
        await charges.update_allocations(connection, self.charged)
        await reattribution.update_moved(connection, self.moved)
        await followers.update_followers(connection, self.standing)
        await self.outgoing.record(connection, self.now)


@dataclass(slots=True, kw_only=True)
class FollowingHandler:
    """Works off what is due, a chunk of every account at a time."""

    pool: Pool
    clock: Clock
    per_chunk: int = PER_CHUNK

    async def work_off(self) -> int:
        """Look at a chunk of every account that has something due, a few accounts; how many uses were looked at.

        An account whose chunk fails holds up no other; what failed is raised when all have had their turn.
        """
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            accounts = await followers.list_accounts_due(connection, self.clock(), ACCOUNTS_AT_ONCE)
        looked, failures = 0, []
        for account_id in accounts:
            try:
                looked += await self.work_off_chunk(account_id)
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup(f"{len(failures)} of {len(accounts)} accounts not followed", failures)
        return looked

    async def work_off_chunk(self, account_id: str) -> int:
        """Put a chunk of an account's due uses right; how many were looked at."""
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
            now = self.clock()
            due = await followers.list_due(connection, account_id, now, self.per_chunk)
            if not due:
                return 0
            rows = await charges.lock_allocations(connection, due)
            found = await followers.lock_due(connection, due, now)
            legs = await _legs(connection, account_id, {one.follows for one in found})
            standings = await views.list_standings(connection, {account_id})
            chunk = _Chunk(
                now=now,
                directory_revision=standings.get(account_id, views.NO_DIRECTORY).revision,
                legs=legs,
                outgoing=await open_standing_lane(connection, LANE),
            )
            charged = await _charged(connection, account_id, [rows[one.key] for one in found])
            for one in found:
                _look(chunk, one, rows[one.key], charged.get(one.key))
            await chunk.write(connection)
            return len(found)


async def find_following(
    connection: Connection, account_id: str, legs: Mapping[str, Leg]
) -> list[tuple[StoredUse, Move]]:
    """What would move with these legs, were they owed as said; legs: by usage id."""
    found = await followers.list_following(connection, account_id, legs)
    rows = await reattribution.list_whole_charges(connection, account_id, [rating for _, rating in found])
    moved = []
    for leg_id, rating in found:
        leg, of_use = legs[leg_id], rows[rating.key]
        _, usage_id, rating_revision = rating.key
        move_of_use = move(
            [charges.share_of(row) for row in of_use],
            following(leg),
            usage_id=usage_id,
            rating_revision=rating_revision,
            directory_revision=leg.shares[0].directory_revision,
        )
        if move_of_use is not None:
            moved.append((stored_use(of_use[0]), move_of_use))
    return moved


def _look(chunk: _Chunk, one: Follower, row: RatingRow, charged: tuple[ChargedUse, Sequence[Share]] | None) -> None:
    """Charge, move or leave one use, and say when to look at it again."""
    leg = chunk.legs.get(one.follows)
    lost = leg is None and one.state == "following"
    since = chunk.now if lost else one.waits_since
    if leg is not None:
        _put(chunk, one, row, charged, following(leg), leg)
        stands = replace(one, state="following", look_at=None, rated_usage=None)
    elif is_overdue(since, chunk.now):
        _put(chunk, one, row, charged, Allocation(rule="unassigned"), None)
        stands = replace(one, state="unassigned", look_at=next_look(since, chunk.now), rated_usage=None)
    else:
        stands = replace(one, state="waiting", waits_since=since, look_at=next_look(since, chunk.now))
    chunk.standing.append(stands)


def _put(
    chunk: _Chunk,
    one: Follower,
    row: RatingRow,
    charged: tuple[ChargedUse, Sequence[Share]] | None,
    allocation: Allocation,
    leg: Leg | None,
) -> None:
    """The use's first charges, or the pairs that move those it has; decided by the call's directory revision."""
    revision = chunk.directory_revision if leg is None else leg.shares[0].directory_revision
    _, usage_id, rating_revision = one.key
    if charged is None:
        assert one.rated_usage is not None, "a use without a charge says what it was rated"
        usage = _RATED_USAGE.validate_json(one.rated_usage)
        given = shares_of(
            quantities_of(usage),
            allocation,
            usage_id=usage_id,
            rating_revision=rating_revision,
            allocation_revision=FIRST_ALLOCATION,
            directory_revision=revision,
        )
        chunk.send(usage, given)
        ids = tuple([share.charge_id for share in given])
        chunk.charged.append(replace(row, state="allocated", charge_ids=ids))
        return
    use, live = charged
    moved = move(live, allocation, usage_id=usage_id, rating_revision=rating_revision, directory_revision=revision)
    if moved is not None:
        chunk.send(use if leg is None else replace(use, cause_id=leg.cause_id), (*moved.taken, *moved.given))
        ids = tuple([share.charge_id for share in moved.given])
        chunk.moved.append((one.key, moved.given[0].allocation_revision, ids))


async def _legs(connection: Connection, account_id: str, usage_ids: set[str]) -> dict[str, Leg]:
    """The legs that have a charge now, by usage id."""
    ratings = await followers.list_leg_ratings(connection, account_id, usage_ids)
    rows = await reattribution.list_whole_charges(connection, account_id, list(ratings.values()))
    return {
        usage_id: Leg(
            usage_id=usage_id,
            shares=[charges.share_of(row) for row in rows[rating.key]],
            cause_id=str(rows[rating.key][0]["cause_id"]),
        )
        for usage_id, rating in ratings.items()
    }


async def _charged(
    connection: Connection, account_id: str, rows: Sequence[RatingRow]
) -> dict[RatingKey, tuple[ChargedUse, Sequence[Share]]]:
    """Those of these uses that have charges, with them."""
    live = [
        LiveRating(key=row.key, use_on=row.use_on, charge_ids=row.charge_ids)
        for row in rows
        if row.state == "allocated"
    ]
    found = await reattribution.list_whole_charges(connection, account_id, live)
    return {
        key: (stored_use(of_use[0]), [charges.share_of(row) for row in of_use]) for key, of_use in found.items()
    }
