"""Re-ratings asked for, approved and cancelled: each by a named principal, in the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from chassis.audit.recording import record_change
from chassis.clock import Clock, Random
from chassis.database import Connection, Pool, account_transaction
from chassis.outbox.lanes import open_command_lane
from chassis.stripes import StripeClass, Stripes, take_stripes
from contracts.events.envelope import encode, to_json
from contracts.events.facts import RERATING_FACT, ReratingFact
from contracts.topics import USAGE_RATING_FACTS
from contracts.values.access import Caller
from contracts.values.audit import Change
from contracts.values.ids import IdKind, derived_id, time_ordered_id
from services.usage_rating import store
from services.usage_rating.domain.activation import Activation
from services.usage_rating.domain.rerating import Asked, State, course_of, prices_alike
from services.usage_rating.handlers.messages import SOURCE
from services.usage_rating.store import reratings

Told = Literal["requested", "approved", "cancelled"]
LONGEST = timedelta(days=400)
"""As far back as rated usage is kept, and a little more."""

SHARED = (Stripes(kind=StripeClass.DIRECTORY),)
ACTIONS: Mapping[Told, str] = {
    "requested": "rerating.ask",
    "approved": "rerating.approve",
    "cancelled": "rerating.cancel",
}
"""What each command is called in the audit log, by the state it leads to."""

CANCELLABLE: frozenset[State] = frozenset({"requested", "previewing", "previewed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command was not done. code: stable, for programs; says: a sentence, for people."""

    code: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReratingsHandler:
    """Takes what callers ask about re-ratings of their account; the job does the rest."""

    pool: Pool
    schema: str
    clock: Clock
    random: Random

    async def ask(self, asked: Asked, reason: str, caller: Caller) -> str | Refusal:
        """Ask for a preview; the re-rating's id. Nothing is posted before somebody approves what it shows."""
        now = self.clock()
        if not timedelta(0) < asked.to_at - asked.from_at <= LONGEST:
            return Refusal(code="bad_range", says=f"from_at is before to_at, by at most {LONGEST.days} days.")
        async with account_transaction(self.pool, asked.account_id) as connection:
            accounts = await store.list_accounts(connection, [asked.account_id])
            if asked.account_id not in accounts:
                return Refusal(code="unknown_account", says="This account has not been heard of: it has no uses.")
            if asked.plan_id is not None and await _plan_version(connection, asked) is None:
                return Refusal(
                    code="unknown_plan", says="The account may use no such plan, or no such version of it."
                )
            wanted = reratings.Wanted(
                rerating_id=str(time_ordered_id(now, self.random)),
                asked=asked,
                reason=reason,
                currency=accounts[asked.account_id].currency,
                asked_by=caller.author,
                asked_at=now,
            )
            await reratings.insert_rerating(connection, wanted)
            await _tell(connection, caller, asked, wanted.rerating_id, None, "requested", now)
        return wanted.rerating_id

    async def approve(self, account_id: str, rerating_id: str, caller: Caller) -> Refusal | None:
        """Have it posted as previewed, unless prices have changed since then."""
        now = self.clock()
        async with account_transaction(self.pool, account_id) as connection:
            await take_stripes(connection, schema=self.schema, stripes=SHARED, accounts=[account_id])
            item = await reratings.lock_rerating(connection, account_id, rerating_id)
            if item is None:
                return _unknown(rerating_id)
            if item.state != "previewed" or item.course is None:
                return Refusal(
                    code="not_previewed", says=f"It is {item.state}: only what is previewed is approved."
                )
            if not item.changes:
                return Refusal(code="nothing_to_change", says="Nothing would change: there is nothing to approve.")
            if not prices_alike(item.course, await read_course(connection, item.asked), item.asked.from_at):
                return Refusal(
                    code="preview_outdated",
                    says="Plans or activations have changed since the preview: ask for another.",
                )
            await reratings.approve_rerating(connection, item, caller.author, now)
            await _tell(connection, caller, item.asked, rerating_id, item.state, "approved", now)
        return None

    async def cancel(self, account_id: str, rerating_id: str, caller: Caller) -> Refusal | None:
        """Let it be, unless it is approved: then it is posted to its end."""
        now = self.clock()
        async with account_transaction(self.pool, account_id) as connection:
            item = await reratings.lock_rerating(connection, account_id, rerating_id)
            if item is None:
                return _unknown(rerating_id)
            if item.state not in CANCELLABLE:
                return Refusal(
                    code="not_cancellable", says=f"It is {item.state}: only what nobody approved is cancelled."
                )
            await reratings.cancel_rerating(connection, item, caller.author, now)
            await _tell(connection, caller, item.asked, rerating_id, item.state, "cancelled", now)
        return None


async def read_course(connection: Connection, asked: Asked) -> tuple[Activation, ...]:
    """The activations that price what is asked, as they stand; the plan that is asked for alone, where one is."""
    if asked.plan_id is None:
        return course_of(await store.list_activations(connection, [asked.account_id]), asked)
    version = await _plan_version(connection, asked)
    if version is None:
        return ()
    return (
        Activation(
            activation_id=f"{asked.plan_id} {version}",
            plan_id=asked.plan_id,
            plan_version=version,
            effective_at=asked.from_at.astimezone(UTC),
            account_id=asked.account_id,
        ),
    )


async def _plan_version(connection: Connection, asked: Asked) -> int | None:
    assert asked.plan_id is not None, "asked for without a plan"
    return await reratings.find_plan_version(connection, asked.account_id, asked.plan_id, asked.plan_version)


async def _tell(
    connection: Connection,
    caller: Caller,
    asked: Asked,
    rerating_id: str,
    former: State | None,
    state: Told,
    at: datetime,
) -> None:
    """Keep the command in the audit log and publish it; the reason, which may name a person, goes into neither."""
    fact = ReratingFact(
        account_id=asked.account_id,
        rerating_id=rerating_id,
        version=1 if former is None else 2,
        state=state,
        from_at=asked.from_at.astimezone(UTC),
        to_at=asked.to_at.astimezone(UTC),
        plan_id=asked.plan_id,
        plan_version=asked.plan_version,
    )
    change = Change(
        action=ACTIONS[state],
        subject=rerating_id,
        before=None if former is None else to_json({"state": former}).decode(),
        after=to_json(fact).decode() if former is None else to_json({"state": state}).decode(),
    )
    outgoing = await open_command_lane(connection, asked.account_id)
    event_id = derived_id(IdKind.FACT, RERATING_FACT.name, asked.account_id, rerating_id, str(fact.version))
    value = encode(kind=RERATING_FACT, event_id=event_id, source=SOURCE, time=at, data=fact)
    outgoing.send(USAGE_RATING_FACTS.name, key=f"{asked.account_id}|{rerating_id}".encode(), value=value)
    await record_change(connection, caller, change, at)
    await outgoing.record(connection, at)


def _unknown(rerating_id: str) -> Refusal:
    return Refusal(code="not_found", says=f"This account has no re-rating {rerating_id}.")
