"""Where call legs stand; locked while a batch decides on them."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from chassis.database import Connection
from services.usage_rating.store.queries import QUERIES


class LegRow(NamedTuple):
    """A leg as stored, in the order of `insert_new_legs`. live_*: the rating that counts now, if any."""

    account_id: str
    usage_id: str
    revision: int
    content_hash: bytes
    rating_revision: int
    live_rated_usage_id: str | None
    live_month: date | None


async def insert_new_legs(connection: Connection, legs: Iterable[LegRow]) -> set[str]:
    """Insert legs in key order; the usage ids of those that were not there before."""
    ordered = sorted(legs, key=_key)
    columns = zip(*[_as_text(leg) for leg in ordered], strict=True)
    row = await connection.fetchrow(
        QUERIES["insert_new_legs"], *[" ".join(column) for column in columns], len(ordered)
    )
    if row["new"] == len(ordered):
        return {leg.usage_id for leg in ordered}
    return set(row["which"] or ())


async def lock_legs(connection: Connection, keys: Iterable[tuple[str, str]]) -> dict[str, LegRow]:
    """Legs that exist, locked until the transaction ends, by usage id."""
    rows = await connection.fetch(QUERIES["lock_legs"], *zip(*sorted(set(keys)), strict=True))
    legs = (
        LegRow(
            row["account_id"],
            str(row["usage_id"]),
            row["revision"],
            row["content_hash"],
            row["rating_revision"],
            None if row["live_rated_usage_id"] is None else str(row["live_rated_usage_id"]),
            row["live_month"],
        )
        for row in rows
    )
    return {leg.usage_id: leg for leg in legs}


async def update_leg(connection: Connection, leg: LegRow) -> None:
    """Store where a locked leg stands now."""
    await connection.execute(QUERIES["update_leg"], *leg)


def _as_text(leg: LegRow) -> tuple[str, ...]:
    return (
        leg.account_id,
        leg.usage_id,
        str(leg.revision),
        leg.content_hash.hex(),
        str(leg.rating_revision),
        leg.live_rated_usage_id or "-",
        "-" if leg.live_month is None else leg.live_month.isoformat(),
    )


def _key(leg: LegRow) -> tuple[str, str]:
    return leg.account_id, leg.usage_id
