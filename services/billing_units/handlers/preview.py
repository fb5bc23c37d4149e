"""What-if: a command tried and rolled back, and the charges that it would move, computed and never posted."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from chassis.database import ACQUIRE_TIMEOUT_S, Connection, account_transaction
from chassis.stripes import take_stripes
from contracts.values import money
from services.billing_units.domain.directory_view import DirectoryView
from services.billing_units.domain.following import Leg
from services.billing_units.domain.moving import Move, flows
from services.billing_units.domain.touched import Part
from services.billing_units.handlers.commands import EXCLUSIVE, Commands, Refusal
from services.billing_units.handlers.directory_cache import DirectoryCache, NamingUse, learn
from services.billing_units.handlers.following import find_following
from services.billing_units.handlers.reattribution import decide, find_candidates
from services.billing_units.handlers.stored_uses import StoredUse
from services.billing_units.store import reattribution
from services.billing_units.store.charges import RatingKey
from services.billing_units.store.reattribution import Cursor, LiveRating

EXAMINED_MAX = 50_000
"""Ratings that a preview looks at; what lies beyond is said to be left out."""

_RATINGS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One number, user or unit, as a use would name it."""

    account_id: str
    own_number: str | None = None
    user_id: str | None = None
    unit_override: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """What a tried command touches, and what its members would mean."""

    parts: Sequence[Part]
    view: DirectoryView


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An amount of so many ratings that would go from one unit to another; None: *Unassigned*."""

    from_unit_id: str | None
    to_unit_id: str | None
    booked_period: date
    currency: str
    ratings: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a command would move.

    examined: ratings looked at. moved: those whose charges would be replaced, with what follows them.
    complete: whether all was looked at; beyond EXAMINED_MAX nothing is.
    """

    examined: int
    moved: int
    complete: bool
    moves: Sequence[Moved]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial(Commands):
    """Commands whose transactions are rolled back; `caught` gets what each would have touched."""

    caught: list[Caught] = field(default_factory=list)

    @asynccontextmanager
    async def changing(self, account_id: str) -> AsyncIterator[Connection]:
        """The stripe is held while the command is tried, not while the charges are looked at."""
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute("SELECT set_config('app.account', $1, true)", account_id)
                await take_stripes(connection, schema=self.schema, stripes=EXCLUSIVE, accounts=[account_id])
                yield connection
                parts = await reattribution.find_parts(connection, account_id)
                named = [_named(account_id, part) for part in parts]
                views = await DirectoryCache().views(connection, [*named, Named(account_id=account_id)])
                self.caught.append(Caught(parts=parts, view=views[account_id]))
            finally:
                await transaction.rollback()


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The directory as it would be: what the tried command changed, and all else as it stands."""

    view: DirectoryView

    async def views(self, connection: Connection, uses: Sequence[NamingUse]) -> Mapping[str, DirectoryView]:
        """As DirectoryCache.views, for the one account."""
        found = {use.account_id: self.view for use in uses}
        await learn(connection, uses, found)
        return found


async def preview(
    commands: Commands, account_id: str, command: Callable[[Commands], Awaitable[Any]]
) -> Preview | Refusal:
    """Try a command and say what it would move; its own refusal when it is refused."""
    trial = Trial(
        pool=commands.pool,
        schema=commands.schema,
        clock=commands.clock,
        random=commands.random,
        caller=commands.caller,
    )
    made = await command(trial)
    if isinstance(made, Refusal):
        return made
    caught = trial.caught[-1]
    async with account_transaction(commands.pool, account_id) as connection:
        return await _previewed(connection, account_id, caught)


async def _previewed(connection: Connection, account_id: str, caught: Caught) -> Preview:
    cursor, moved = Cursor(), 0
    seen: set[RatingKey] = set()
    sums: dict[tuple[str | None, str | None, date, str], tuple[int, Decimal]] = {}
    directory = WhatIf(view=caught.view)
    while cursor.part_no <= len(caught.parts) and len(seen) < EXAMINED_MAX:
        candidates, cursor = await find_candidates(connection, account_id, caught.parts, cursor, _RATINGS_AT_ONCE)
        fresh = {candidate.rating for candidate in candidates} - seen
        seen |= fresh
        ratings = await reattribution.list_live_ratings(connection, fresh, lock=False)
        for use, found in await _moves(connection, account_id, ratings, directory):
            moved += 1
            for flow in flows(found):
                key = (flow.from_unit, flow.to_unit, use.booked_period, use.currency)
                count, amount = sums.get(key, (0, Decimal(0)))
                sums[key] = (count + 1, money.total_amount([amount, flow.amount]))
    moves = [
        Moved(
            from_unit_id=giver,
            to_unit_id=taker,
            booked_period=period,
            currency=currency,
            ratings=count,
            amount=amount,
        )
        for (giver, taker, period, currency), (count, amount) in sums.items()
    ]
    return Preview(
        examined=len(seen),
        moved=moved,
        complete=cursor.part_no > len(caught.parts),
        moves=sorted(moves, key=lambda each: (each.booked_period, each.from_unit_id or "", each.to_unit_id or "")),
    )


async def _moves(
    connection: Connection, account_id: str, ratings: Sequence[LiveRating], directory: WhatIf
) -> list[tuple[StoredUse, Move]]:
    """What the directory would move, and what would follow it."""
    moved = [(use, found) for _, use, found in await decide(connection, account_id, ratings, directory)]
    legs = {
        use.usage_id: Leg(usage_id=use.usage_id, shares=found.given, cause_id=use.cause_id) for use, found in moved
    }
    return moved + (await find_following(connection, account_id, legs) if legs else [])


def _named(account_id: str, part: Part) -> Named:
    match part.kind:
        case "number":
            return Named(account_id=account_id, own_number=part.member)
        case "user":
            return Named(account_id=account_id, user_id=part.member)
        case _:
            return Named(account_id=account_id, unit_override=part.member)
