"""usage_rating's handlers on a real database, fed with records as the consumer would."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from chassis.clock import system_random
from chassis.database import Pool, account_transaction, open_pool
from chassis.intake.batch import DeadLetter, Fate, Slice
from chassis.intake.events import Event
from chassis.intake.transaction import QUERIES as INTAKE
from chassis.intake.transaction import BatchTransaction, Done, Work, lane_of
from chassis.intake.worker import Route
from chassis.migrate import api_role, ingest_role
from chassis.outbox.lanes import QUERIES as LANES
from chassis.outbox.packing import unpack_messages
from contracts.events.call import CallDetailRecord
from contracts.events.facts import AccountFact, NumberFact
from contracts.events.usage import UsageRecord
from contracts.topics import BILLING_UNITS_FACTS, CALLS, RATED_USAGE, USAGE, group_of
from contracts.values.access import EVERY_ACCOUNT
from services.usage_rating.consumers import SERVICE, routes
from services.usage_rating.domain.linting import WarningName
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.rerating import Asked
from services.usage_rating.handlers.calls import CALL_RECORDS
from services.usage_rating.handlers.messages import Tokens
from services.usage_rating.handlers.other_uses import USAGE_RECORDS
from services.usage_rating.handlers.plans import PlanAccepted, PlansHandler, Review
from services.usage_rating.handlers.pricing import PlanCache
from services.usage_rating.handlers.rerating import RatingAnewHandler
from services.usage_rating.handlers.reratings import ReratingsHandler
from services.usage_rating.handlers.suspense import SuspenseHandler
from services.usage_rating.handlers.uses import UsesHandler
from services.usage_rating.store.reratings import find_rerating
from tests.support.builders import an_instant
from tests.support.callers import a_caller
from tests.support.rating_records import BEGAN_AT, call_message, fact_message
from tests.support.records import a_record
from tests.support.schemas import as_role
from tests.support.uses import usage_message

TOKENS = Tokens(secret=b"a token key of tests", key_id="k1")
ALL_MEANT = Review(accepted=frozenset(WarningName))
"""Of plans that only set the ground: however one differs from the one before, it is meant."""


async def role_pool(dsn: str, role: str, size: int = 4) -> Pool:
    """A pool of one of the service's roles."""
    return await open_pool(as_role(dsn, role), schema=SERVICE, application_name="test", max_size=size)


@dataclass(kw_only=True)
class Rating:
    """A service whose consumer is the test; its clock goes on by a second with every transaction."""

    ingest: Pool
    api: Pool
    plans: PlanCache = field(default_factory=lambda: PlanCache(4))
    fates: Counter[Fate] = field(default_factory=Counter)
    _now: datetime = BEGAN_AT
    _routes: dict[str, Route] = field(init=False)
    _positions: dict[tuple[str, int], tuple[int, int]] = field(default_factory=lambda: defaultdict(lambda: (0, 0)))

    def __post_init__(self) -> None:
        calls = UsesHandler(records=CALL_RECORDS, plans=self.plans, tokens=TOKENS)
        others = UsesHandler(records=USAGE_RECORDS, plans=self.plans, tokens=TOKENS)
        self._routes = {route.topic: route for route in routes(calls, others, record_max_bytes=1_000_000)}

    @classmethod
    async def on(cls, dsn: str) -> "Rating":
        """The service on a migrated database."""
        return cls(ingest=await role_pool(dsn, ingest_role(SERVICE)), api=await role_pool(dsn, api_role(SERVICE)))

    async def close(self) -> None:
        await self.ingest.close()
        await self.api.close()

    def clock(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now

    async def know(self, *facts: AccountFact | NumberFact) -> None:
        """Accounts and numbers adopted from facts."""
        await self.take(BILLING_UNITS_FACTS.name, [fact_message(fact) for fact in facts])

    async def use(self, plan: RatePlan, account_id: str | None = None) -> PlanAccepted:
        """A plan accepted for an account, or for everybody."""
        handler = PlansHandler(pool=self.api, schema=SERVICE, clock=self.clock, random=system_random)
        accepted = await handler.accept(plan, a_caller(account_id or EVERY_ACCOUNT), ALL_MEANT)
        assert isinstance(accepted, PlanAccepted), accepted
        return accepted

    async def rate(self, *calls: CallDetailRecord, partition: int = 0) -> Done:
        """Calls as one batch, each under an event id of its own."""
        values = [call_message(call, f"{call.call_id}-{call.revision}") for call in calls]
        return await self.take(CALLS.name, values, partition)

    async def rate_uses(self, *uses: UsageRecord, partition: int = 0) -> Done:
        """Uses that are no calls as one batch, each under an event id of its own."""
        values = [usage_message(use, f"{use.usage_key}-{use.revision}") for use in uses]
        return await self.take(USAGE.name, values, partition)

    async def retry_suspense(self) -> int:
        """Let the job work once; the number of legs priced."""
        handler = SuspenseHandler(
            pool=self.ingest, schema=SERVICE, plans=self.plans, tokens=TOKENS, clock=self.clock
        )
        return await handler.retry_due()

    def reratings(self) -> ReratingsHandler:
        """What takes callers' commands about re-ratings."""
        return ReratingsHandler(pool=self.api, schema=SERVICE, clock=self.clock, random=system_random)

    def rating_anew(self, *, chunk: int = 1000) -> RatingAnewHandler:
        """The job, with as many uses to a transaction."""
        return RatingAnewHandler(
            pool=self.ingest, schema=SERVICE, plans=self.plans, tokens=TOKENS, clock=self.clock,
            uses_per_preview=chunk, changes_per_posting=chunk,
        )  # fmt: skip

    async def work_off(self, *, chunk: int = 1000) -> int:
        """Let the job work until nothing is left; how many steps it took."""
        job, steps = self.rating_anew(chunk=chunk), 0
        while await job.work_off():
            steps += 1
        return steps

    async def ask(
        self, account: str = "acme", *, from_at: str = "2026-03-01", to_at: str = "2026-04-01",
        plan: tuple[str, int | None] = ("", None), reason: str = "wrong deck",
    ) -> str:  # fmt: skip
        """A re-rating asked for; its id."""
        asked = Asked(
            account_id=account, from_at=an_instant(from_at), to_at=an_instant(to_at), plan_id=plan[0] or None,
            plan_version=plan[1],
        )  # fmt: skip
        made = await self.reratings().ask(asked, reason, a_caller(account))
        assert isinstance(made, str), made
        return made

    async def preview(self, account: str = "acme", *, chunk: int = 1000, **wanted: Any) -> str:
        """A re-rating asked for and previewed; its id."""
        rerating_id = await self.ask(account, **wanted)
        await self.work_off(chunk=chunk)
        return rerating_id

    async def approve(self, rerating_id: str, account: str = "acme", *, chunk: int = 1000) -> None:
        """Approved and posted."""
        refused = await self.reratings().approve(account, rerating_id, a_caller(account))
        assert refused is None, refused
        await self.work_off(chunk=chunk)

    async def rerating(self, rerating_id: str, account: str = "acme") -> dict[str, Any]:
        """One as it stands."""
        async with account_transaction(self.api, account) as connection:
            row = await find_rerating(connection, account, rerating_id)
        assert row is not None
        return dict(row)

    async def take(self, topic: str, values: Sequence[bytes], partition: int = 0) -> Done:
        """Apply records as one batch."""
        route = self._routes[topic]
        epoch, first = self._positions[topic, partition]
        if epoch == 0:
            epoch, first = await self._claim(topic, partition)
        records = [
            a_record(value, topic=topic, partition=partition, offset=first + index)
            for index, value in enumerate(values)
        ]
        events, dead = _read(route, records)
        work = Work(
            slice=Slice(topic=topic, partition=partition, generation=1, records=records),
            expected=first,
            epoch=epoch,
            events=events,
            dead=dead,
            quarantined=(),
        )
        transaction = BatchTransaction(pool=self.ingest, schema=SERVICE, group=group_of(SERVICE))
        done = await transaction.apply(work, route.handler, route.stripes, self.clock())
        self._positions[topic, partition] = epoch, first + len(records)
        self.fates.update(done.fates)
        return done

    async def _claim(self, topic: str, partition: int) -> tuple[int, int]:
        async with self.ingest.acquire() as connection:
            row = await connection.fetchrow(
                INTAKE["claim_position"], group_of(SERVICE), topic, partition, "test", 0
            )
            await connection.execute(LANES["insert_lane"], lane_of(topic, partition), None, False)
        return row["epoch"], row["next_offset"]

    async def published(self) -> list[dict[str, Any]]:
        """The data of every rated usage sent so far, in the order of recording."""
        rows = await self.ingest.fetch(
            "SELECT messages FROM outbox WHERE topic = $1 ORDER BY recorded_at, lane, first_seq",
            RATED_USAGE.name,
        )
        return [orjson.loads(value)["data"] for row in rows for value in unpack_messages(row["messages"]).values]

    async def suspense(self) -> dict[str, str]:
        """The reasons of what waits, by call id or usage key."""
        rows = await self.ingest.fetch(
            "SELECT u.call, s.reason FROM suspense s JOIN usage u USING (account_id, usage_id, revision, month)"
        )
        told = [(orjson.loads(row["call"]), row["reason"]) for row in rows]
        return {record.get("call_id") or record["usage_key"]: reason for record, reason in told}

    async def conflicts(self) -> list[Any]:
        """What is held back."""
        return list(await self.ingest.fetch("SELECT * FROM event_conflict ORDER BY recorded_at, record_offset"))

    async def total(self, account_id: str = "acme") -> Decimal:
        """Σ of what was recorded for an account."""
        found = await self.ingest.fetchval(
            "SELECT coalesce(sum(amount), 0) FROM rated_usage WHERE account_id = $1", account_id
        )
        return Decimal(found)


def _read(route: Route, records: Sequence[Any]) -> tuple[list[Event[Any]], list[DeadLetter]]:
    events, dead = [], []
    for record in records:
        event = route.reader.read(record)
        refusal = route.refusal(event.data) if route.refusal else None
        if refusal is None:
            events.append(event)
        else:
            dead.append(DeadLetter(record=record, code="invalid", detail=refusal))
    return events, dead
