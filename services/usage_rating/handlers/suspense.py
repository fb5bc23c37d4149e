"""Suspense out: when an account or a plan appears, what waited for it is priced, in small transactions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from chassis.clock import Clock
from chassis.database import ACQUIRE_TIMEOUT_S, Pool
from chassis.outbox.lanes import open_standing_lane
from chassis.stripes import StripeClass, Stripes, take_stripes
from contracts.events.call import CallDetailRecord
from contracts.events.usage import UsageRecord
from services.usage_rating import store
from services.usage_rating.handlers.calls import CALL_RECORDS
from services.usage_rating.handlers.messages import Tokens
from services.usage_rating.handlers.other_uses import USAGE_RECORDS
from services.usage_rating.handlers.pricing import PlanCache, Priced, load_prices
from services.usage_rating.handlers.uses import Recorded, RecordHandling
from services.usage_rating.store import RecordKind

CHUNK = 500
LANE = "jobs/suspense"
_FIRST = "00000000-0000-0000-0000-000000000000"
_KINDS: Mapping[RecordKind, tuple[TypeAdapter[Any], RecordHandling]] = {
    "call": (TypeAdapter(CallDetailRecord), CALL_RECORDS),
    "usage": (TypeAdapter(UsageRecord), USAGE_RECORDS),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspenseHandler:
    """Retries suspended uses."""

    pool: Pool
    schema: str
    plans: PlanCache
    tokens: Tokens
    clock: Clock

    async def retry_due(self) -> int:
        """Work off every retry that was asked for; the number of legs priced."""
        rows = await self.pool.fetch(store.QUERIES["list_suspense_retries"])
        priced = 0
        for row in rows:
            account_ids = [row["account_id"]]
            if row["account_id"] == store.EVERY_ACCOUNT:
                found = await self.pool.fetch(store.QUERIES["list_suspended_accounts"])
                account_ids = [account["account_id"] for account in found]
            for account_id in account_ids:
                priced += await self._retry_account(account_id)
            await self.pool.execute(store.QUERIES["delete_suspense_retry"], row["account_id"], row["recorded_at"])
        return priced

    async def _retry_account(self, account_id: str) -> int:
        priced, after = 0, _FIRST
        while True:
            count, last = await self._retry_chunk(account_id, after, self.clock())
            priced += count
            if last is None:
                return priced
            after = last

    async def _retry_chunk(self, account_id: str, after: str, recorded_at: datetime) -> tuple[int, str | None]:
        """Price what can be priced now of one chunk; (legs priced, where to go on or None at the end)."""
        async with self.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection, connection.transaction():
            await take_stripes(
                connection,
                schema=self.schema,
                stripes=(Stripes(kind=StripeClass.DIRECTORY), Stripes(kind=StripeClass.PERIOD)),
                accounts=[account_id],
            )
            waiting = await store.list_suspended(connection, account_id, after, CHUNK)
            if not waiting:
                return 0, None
            uses = []
            for one in waiting:
                reader, records = _KINDS[one.suspense.record_kind]
                uses.append((records, records.use_of(reader.validate_json(one.call), one.source, one.event_id)))
            instants = [(account_id, records.plan_at(use.record)) for records, use in uses]
            prices = await load_prices(
                connection,
                self.plans,
                instants,
                numbers=lambda: {number for records, use in uses for number in records.numbers([use.record])},
            )
            legs = await store.lock_legs(connection, [(account_id, one.suspense.usage_id) for one in waiting])
            recorded = Recorded()
            for one, (records, use) in zip(waiting, uses, strict=True):
                leg = legs[one.suspense.usage_id]
                price = records.price(prices, use.record)
                # A higher revision may have come between the list and the lock: it decided then.
                if leg.revision != one.suspense.revision or leg.live_rated_usage_id is not None:
                    continue
                if isinstance(price, Priced):
                    leg, rated = records.rate_anew(leg, use, price, self.tokens)
                    recorded.rated.append((rated, use.key))
                    recorded.released.append((account_id, leg.usage_id))
                    await store.update_leg(connection, leg)
            outgoing = await open_standing_lane(connection, LANE)
            await recorded.write(connection, outgoing, recorded_at)
            await outgoing.record(connection, recorded_at)
            return len(recorded.rated), waiting[-1].suspense.usage_id if len(waiting) == CHUNK else None
