"""Uses that follow a call: which leg each belongs to, and when to look for it again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from chassis.database import Connection
from chassis.sql import Queries
from services.billing_units.store.charges import RatingKey
from services.billing_units.store.reattribution import LiveRating

QUERIES = Queries("services.billing_units", "queries/following.sql")
FollowerState = Literal["waiting", "unassigned", "following"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """A rating of a use that follows a call leg.

    follows: the leg's usage id. waits_since: since when the leg has had no charge. look_at: when to look for it
    again, None when somebody will say so. rated_usage: what was rated, as JSON, while no charge says it.
    """

    key: RatingKey
    follows: str
    state: FollowerState
    waits_since: datetime
    look_at: datetime | None
    rated_usage: str | None


async def insert_followers(connection: Connection, followers: Sequence[Follower]) -> None:
    """Remember uses that have just come."""
    await connection.executemany(
        QUERIES["insert_follower"],
        [
            (*one.key, one.follows, one.state, one.waits_since, one.look_at, one.rated_usage)
            for one in sorted(followers, key=lambda one: one.key)
        ],
    )


async def find_rated_usage(connection: Connection, key: RatingKey) -> str:
    """What a use without a charge was rated. Raises LookupError when it is not there."""
    found: str | None = await connection.fetchval(QUERIES["find_rated_usage"], *key)
    if found is None:
        raise LookupError(f"rating {key[2]} of usage {key[1]} waits for no call")
    return found


async def end_and_wake(
    connection: Connection, ended: Collection[RatingKey], legs: Collection[tuple[str, str]], now: datetime
) -> None:
    """Forget ratings that were taken back, and let what follows these legs (account, usage id) be looked at.

    One statement locks all of them in key order, so that no two of these wait for each other.
    """
    keys, awake = sorted(ended), sorted(legs)
    columns = [[key[place] for key in keys] for place in range(3)]
    columns += [[leg[place] for leg in awake] for place in range(2)]
    await connection.execute(QUERIES["lock_ended_and_woken"], *columns)
    if keys:
        await connection.execute(QUERIES["delete_followers"], *columns[:3])
    if awake:
        await connection.execute(QUERIES["wake_followers"], *columns[3:], now)


async def list_accounts_due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Accounts with uses to look at, the longest due first."""
    rows = await connection.fetch(QUERIES["list_accounts_due"], now, limit)
    return [row["account_id"] for row in rows]


async def list_due(connection: Connection, account_id: str, now: datetime, limit: int) -> list[RatingKey]:
    """Ratings of an account to look at, not locked."""
    rows = await connection.fetch(QUERIES["list_due"], account_id, now, limit)
    return [(account_id, str(row["usage_id"]), row["rating_revision"]) for row in rows]


async def lock_due(connection: Connection, keys: Collection[RatingKey], now: datetime) -> list[Follower]:
    """Those of these that are still to be looked at, locked in key order; their allocations are locked already."""
    ordered = sorted(keys)
    rows = await connection.fetch(
        QUERIES["lock_due"], *[[key[place] for key in ordered] for place in range(3)], now
    )
    return [_follower(row) for row in rows]


async def list_leg_ratings(connection: Connection, account_id: str, legs: Collection[str]) -> dict[str, LiveRating]:
    """The live rating of each of these legs that has one, by usage id; the last when two are live for a moment."""
    rows = await connection.fetch(QUERIES["list_leg_ratings"], account_id, sorted(legs))
    return {str(row["usage_id"]): _live_rating(account_id, row) for row in rows}


async def list_following(
    connection: Connection, account_id: str, legs: Collection[str]
) -> list[tuple[str, LiveRating]]:
    """What follows these legs and is charged where they are, each with its leg."""
    rows = await connection.fetch(QUERIES["list_following"], account_id, sorted(legs))
    return [(str(row["follows"]), _live_rating(account_id, row)) for row in rows]


async def update_followers(connection: Connection, followers: Iterable[Follower]) -> None:
    """Store where locked followers stand now."""
    await connection.executemany(
        QUERIES["update_follower"],
        [(*one.key, one.state, one.waits_since, one.look_at, one.rated_usage) for one in followers],
    )


def _live_rating(account_id: str, row: Mapping[str, Any]) -> LiveRating:
    return LiveRating(
        key=(account_id, str(row["usage_id"]), row["rating_revision"]),
        use_on=row["use_on"],
        charge_ids=tuple(str(charge_id) for charge_id in row["charge_ids"]),
    )


def _follower(row: Mapping[str, Any]) -> Follower:
    return Follower(
        key=(row["account_id"], str(row["usage_id"]), row["rating_revision"]),
        follows=str(row["follows"]),
        state=row["state"],
        waits_since=row["waits_since"],
        look_at=row["look_at"],
        rated_usage=row["rated_usage"],
    )
