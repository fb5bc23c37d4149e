"""Uses in, of whatever kind: each is priced, suspended, or found to be an older or repeated word about itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from chassis.database import Connection
from chassis.intake.batch import Batch
from chassis.intake.events import Event, content_hash
from chassis.outbox.lanes import Outgoing
from contracts.events.fields import wire_text
from contracts.topics import RATED_USAGE
from services.usage_rating import store
from services.usage_rating.domain.revising import LegState, Revising, revising
from services.usage_rating.handlers.messages import Tokens, Use, envelope, message_key, reversal
from services.usage_rating.handlers.pricing import PlanCache, Priced, Prices, Waits, load_prices
from services.usage_rating.store import LegRow, RatedRow, RecordKind, SuspenseRow, UsageRow


@dataclass(slots=True)
class Recorded:
    """What a transaction has decided, gathered to be written in a few statements."""

    usage: list[UsageRow] = field(default_factory=list)
    rated: list[tuple[RatedRow, str]] = field(default_factory=list)
    """Each with what its message is keyed by beside the account."""
    suspended: list[SuspenseRow] = field(default_factory=list)
    released: list[tuple[str, str]] = field(default_factory=list)

    async def write(self, connection: Connection, outgoing: Outgoing, recorded_at: datetime) -> None:
        """Write everything and send the messages."""
        if self.usage:
            await store.insert_usage(connection, self.usage)
        if self.rated:
            await store.insert_rated(connection, [row for row, _ in self.rated])
        if self.released:
            await store.delete_suspense(connection, self.released)
        if self.suspended:
            await store.insert_suspense(connection, self.suspended, recorded_at)
        at = wire_text(recorded_at)
        for row, key in self.rated:
            outgoing.send(RATED_USAGE.name, key=message_key(row.account_id, key), value=envelope(row, at))


class _First(NamedTuple):
    """What the first record of a use would make of it, if none came before."""

    event: Event[Any]
    use: Use
    price: Priced | Waits
    leg: LegRow
    rated: RatedRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordHandling:
    """What differs between the records of calls and those of other uses; all that follows is alike.

    plan_at: the instant whose plan prices a record, None when it costs nothing by rule. numbers: what prices of
    records may ask of the account's numbers. price: with what a batch
    has loaded. rating: the row of a priced record, from its use, price and rating revision.
    """

    kind: RecordKind
    plan_at: Callable[[Any], datetime | None]
    numbers: Callable[[Iterable[Any]], set[tuple[str, str]]]
    use_of: Callable[[Any, str, str], Use]
    price: Callable[[Prices, Any], Priced | Waits]
    rating: Callable[[Use, Priced, int, Tokens], RatedRow]

    def rate_anew(self, leg: LegRow, use: Use, price: Priced, tokens: Tokens) -> tuple[LegRow, RatedRow]:
        """The next rating of a leg that has none live, and the leg as it then stands."""
        rated = self.rating(use, price, leg.rating_revision + 1, tokens)
        return (
            leg._replace(
                rating_revision=rated.rating_revision,
                live_rated_usage_id=rated.rated_usage_id,
                live_month=rated.month,
            ),
            rated,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UsesHandler:
    """Handles batches of records of one kind."""

    records: RecordHandling
    plans: PlanCache
    tokens: Tokens

    async def __call__(self, batch: Batch) -> None:
        """Load prices, decide each use, record; the first word about a use needs no look at its past.

        Each goes from its record to its rating in one turn of the loop, while its parts are still in the
        processor's cache.
        """
        plan_at, use_of, price = self.records.plan_at, self.records.use_of, self.records.price
        prices = await load_prices(
            batch.connection,
            self.plans,
            [(event.account_id, plan_at(event.data)) for event in batch.events],
            numbers=lambda: self.records.numbers(event.data for event in batch.events),
        )
        recorded = Recorded()
        firsts: dict[str, _First] = {}
        later: list[tuple[Event[Any], Use]] = []
        for event in batch.events:
            use = use_of(event.data, event.source, event.event_id)
            if use.usage_id in firsts:
                later.append((event, use))
            else:
                firsts[use.usage_id] = self._first(event, use, price(prices, use.record))
        new = await store.insert_new_legs(batch.connection, [first.leg for first in firsts.values()])
        known = []
        for usage_id, first in firsts.items():
            if usage_id in new:
                self._take_first(recorded, batch, first)
            else:
                known.append((first.event, first.use))
        if known or later:
            await self._take_revisions(recorded, batch, prices, [*known, *later])
        await recorded.write(batch.connection, batch.outgoing, batch.recorded_at)

    def _first(self, event: Event[Any], use: Use, price: Priced | Waits) -> _First:
        """The use as its first record leaves it, with its rating when it has one."""
        rated = None
        if isinstance(price, Priced) and not use.record.voided:
            rated = self.records.rating(use, price, 1, self.tokens)
        leg = LegRow(
            use.record.account_id,
            use.usage_id,
            use.record.revision,
            event.content_hash,
            0 if rated is None else 1,
            None if rated is None else rated.rated_usage_id,
            None if rated is None else rated.month,
        )
        return _First(event, use, price, leg, rated)

    def _take_first(self, recorded: Recorded, batch: Batch, first: _First) -> None:
        recorded.usage.append(self._usage_row(first.event, first.use))
        if first.rated is not None:
            recorded.rated.append((first.rated, first.use.key))
        elif isinstance(first.price, Waits) and not first.use.record.voided:
            recorded.suspended.append(self._suspense_row(first.use, first.price))
            batch.suspend(first.event)

    async def _take_revisions(
        self, recorded: Recorded, batch: Batch, prices: Prices, records: list[tuple[Event[Any], Use]]
    ) -> None:
        """Records of uses that are known: compare revisions under the lock of each, in the order of the log."""
        legs = await store.lock_legs(
            batch.connection, [(use.record.account_id, use.usage_id) for _, use in records]
        )
        for event, use in records:
            leg = legs[use.usage_id]
            revision = use.record.revision
            known_hash = None
            if revision < leg.revision:
                known = _content_in(recorded, use) or await store.find_call_revision(
                    batch.connection, leg.account_id, leg.usage_id, revision
                )
                known_hash = None if known is None else content_hash(event.type, known)
            state = LegState(
                revision=leg.revision, content_hash=leg.content_hash, rating_revision=leg.rating_revision
            )
            match revising(state, revision=revision, content_hash=event.content_hash, known_hash=known_hash):
                case Revising.REPEATED:
                    batch.found_duplicate(event)
                case Revising.CONTRADICTS:
                    batch.found_conflict(event, "the same use and revision with other content")
                case Revising.SUPERSEDED:
                    recorded.usage.append(self._usage_row(event, use))
                case Revising.REPLACES:
                    legs[use.usage_id] = await self._replace(recorded, batch, prices, leg, event, use)

    async def _replace(
        self, recorded: Recorded, batch: Batch, prices: Prices, leg: LegRow, event: Event[Any], use: Use
    ) -> LegRow:
        """Take back what the use cost, and price the new revision unless it withdraws the use."""
        recorded.usage.append(self._usage_row(event, use))
        if leg.live_rated_usage_id is not None and leg.live_month is not None:
            published = await _published(
                recorded, batch.connection, leg.account_id, leg.live_rated_usage_id, leg.live_month
            )
            recorded.rated.append((reversal(published, use.cause_id), use.key))
        if leg.live_rated_usage_id is None:
            recorded.suspended = [row for row in recorded.suspended if row.usage_id != leg.usage_id]
            recorded.released.append((leg.account_id, leg.usage_id))
        leg = leg._replace(
            revision=use.record.revision,
            content_hash=event.content_hash,
            live_rated_usage_id=None,
            live_month=None,
        )
        if not use.record.voided:
            price = self.records.price(prices, use.record)
            if isinstance(price, Waits):
                recorded.suspended.append(self._suspense_row(use, price))
                batch.suspend(event)
            else:
                leg, rated = self.records.rate_anew(leg, use, price, self.tokens)
                recorded.rated.append((rated, use.key))
        await store.update_leg(batch.connection, leg)
        return leg

    def _usage_row(self, event: Event[Any], use: Use) -> UsageRow:
        """The record as it came, for the usage table."""
        return UsageRow(
            event.account_id,
            use.usage_id,
            use.record.revision,
            use.month,
            event.source,
            event.event_id,
            self.records.kind,
            event.content,
            use.occurred_at,
        )

    def _suspense_row(self, use: Use, waits: Waits) -> SuspenseRow:
        """The use as it waits."""
        return SuspenseRow(
            account_id=use.record.account_id,
            usage_id=use.usage_id,
            revision=use.record.revision,
            month=use.month,
            reason=waits.reason,
            record_kind=self.records.kind,
        )


def _content_in(recorded: Recorded, use: Use) -> bytes | None:
    """The content of the same revision earlier in this very batch."""
    for row in recorded.usage:
        if row.usage_id == use.usage_id and row.revision == use.record.revision:
            return row.call
    return None


async def _published(
    recorded: Recorded, connection: Connection, account_id: str, rated_usage_id: str, month: date
) -> bytes:
    """What is to be reversed: rated in this batch, or before it."""
    for row, _ in recorded.rated:
        if row.rated_usage_id == rated_usage_id:
            return row.published
    return await store.get_published(connection, account_id, rated_usage_id, month)
