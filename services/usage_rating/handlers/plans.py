"""Rate plans in: a deck or a document is checked, stored as the next version, activated and published as facts."""

import json
from asyncio import to_thread
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from chassis.audit.recording import record_change
from chassis.clock import Clock, Random
from chassis.database import Connection, Pool, account_transaction
from chassis.outbox.lanes import Outgoing, open_command_lane
from chassis.stripes import StripeClass, Stripes, take_all_stripes, take_stripes
from contracts.events.envelope import Data, EventType, encode, to_json
from contracts.events.facts import (
    PLAN_ACTIVATION_FACT,
    PLAN_FACT,
    PLAN_PART_FACT,
    PlanActivationFact,
    PlanFact,
    PlanPartFact,
)
from contracts.topics import USAGE_RATING_FACTS
from contracts.values.access import Caller
from contracts.values.audit import Change
from contracts.values.ids import IdKind, derived_id, time_ordered_id
from services.usage_rating import store
from services.usage_rating.domain.activation import Activations
from services.usage_rating.domain.document import canonical_text, digest_of, parse_document
from services.usage_rating.domain.linting import JUMP_PERCENT, PlanWarning, WarningName, lint, not_accepted
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.problems import Problem, Problems
from services.usage_rating.handlers.messages import SOURCE

PART_CHARACTERS = 100_000
"""A part stays under 500 kB (DESIGN §1) even when every character takes four bytes and its quote is escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAccepted:
    """A plan version that was stored and activated."""

    plan_id: str
    version: int
    sha256: str
    rates: int
    activation_id: UUID
    effective_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWarned:
    """A plan that nothing is wrong with, held back until its warnings are accepted by name."""

    warnings: tuple[PlanWarning, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the importer has looked at and means. jump_percent: by how much the cost of a call may change."""

    accepted: frozenset[WarningName] = frozenset()
    jump_percent: int = JUMP_PERCENT


NOTHING_ACCEPTED = Review()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlansHandler:
    """Accepts plans of the caller's account; of an operator who asks for all: for every account without one."""

    pool: Pool
    schema: str
    clock: Clock
    random: Random

    async def accept_document(
        self, document: Mapping[str, Any], caller: Caller, review: Review = NOTHING_ACCEPTED
    ) -> PlanAccepted | PlanWarned | Problems:
        """Accept a plan document; its version is given here, whatever it says."""
        parsed = parse_document({**document, "version": 1})
        return parsed if isinstance(parsed, Problems) else await self.accept(parsed, caller, review)

    async def accept(
        self, plan: RatePlan, caller: Caller, review: Review = NOTHING_ACCEPTED
    ) -> PlanAccepted | PlanWarned | Problems:
        """Store the plan as its next version, effective from the instant it says, and publish its facts.

        Its warnings are looked for before any lock is taken, beside the version in force at that moment.
        """
        owner = caller.account_id
        async with account_transaction(self.pool, owner) as connection:
            in_force = await find_plan_in_force(connection, owner, plan.effective_from)
        # A large plan takes seconds to compare; other requests are answered meanwhile.
        warnings = await to_thread(lint, plan, in_force, jump_percent=review.jump_percent)
        if left := not_accepted(warnings, review.accepted):
            return PlanWarned(warnings=tuple(left))
        meant = sorted({warning.name for warning in warnings})
        return await self._store(plan, caller, {"accepted_warnings": meant, "jump_percent": review.jump_percent})

    async def _store(self, plan: RatePlan, caller: Caller, reviewed: Mapping[str, Any]) -> PlanAccepted | Problems:
        """reviewed: what the importer said of the plan's warnings, for the audit log."""
        owner = caller.account_id
        account_id = None if owner == store.EVERY_ACCOUNT else owner
        recorded_at = self.clock()
        async with account_transaction(self.pool, owner) as connection:
            await self._take_stripes(connection, account_id)
            last = await connection.fetchval(store.QUERIES["get_last_plan_version"], owner, plan.plan_id)
            plan = replace(plan, version=int(last) + 1)
            text = canonical_text(plan)
            accepted = PlanAccepted(
                plan_id=plan.plan_id,
                version=plan.version,
                sha256=digest_of(text),
                rates=len(plan.rates),
                activation_id=time_ordered_id(recorded_at, self.random),
                effective_at=plan.effective_from,
            )
            try:
                await _insert(connection, owner, plan, accepted, text, recorded_at)
            except asyncpg.ForeignKeyViolationError:
                return _taken(plan.plan_id, account_id)
            outgoing = await open_command_lane(connection, owner)
            _publish(outgoing, plan, accepted, text, account_id, recorded_at)
            await record_change(connection, caller, _change(plan, accepted, reviewed), recorded_at)
            await outgoing.record(connection, recorded_at)
        return accepted

    async def _take_stripes(self, connection: Connection, account_id: str | None) -> None:
        if account_id is None:
            await take_all_stripes(connection, schema=self.schema, kind=StripeClass.DIRECTORY)
        else:
            stripes = (Stripes(kind=StripeClass.DIRECTORY, exclusive=True),)
            await take_stripes(connection, schema=self.schema, stripes=stripes, accounts=[account_id])


async def find_plan_in_force(connection: Connection, owner: str, at: datetime) -> RatePlan | None:
    """The plan version that prices the owner's calls at an instant, as activations stand; None when none does."""
    found = Activations(await store.list_activations(connection, [owner])).at(owner, at)
    if found is None:
        return None
    document = await store.get_plan_document(connection, owner, found.plan_id, found.plan_version)
    parsed = parse_document(json.loads(document))
    if isinstance(parsed, Problems):
        raise ValueError(f"stored plan {found.plan_id} version {found.plan_version}: {parsed.items[0]}")
    return parsed


def _change(plan: RatePlan, accepted: PlanAccepted, reviewed: Mapping[str, Any]) -> Change:
    """The import as the audit log keeps it; the digest names the document, which stays as it is."""
    after = {
        "version": plan.version,
        "sha256": accepted.sha256,
        "currency": plan.currency,
        "rates": accepted.rates,
        "activation_id": str(accepted.activation_id),
        "effective_at": accepted.effective_at,
        **reviewed,
    }
    return Change(
        action="plan.import",
        subject=plan.plan_id,
        before=to_json({"version": plan.version - 1}).decode() if plan.version > 1 else None,
        after=to_json(after).decode(),
    )


async def _insert(
    connection: Connection,
    owner: str,
    plan: RatePlan,
    accepted: PlanAccepted,
    text: str,
    recorded_at: datetime,
) -> None:
    await connection.execute(store.QUERIES["insert_plan_scope"], plan.plan_id, owner == store.EVERY_ACCOUNT)
    await connection.execute(
        store.QUERIES["insert_plan"],
        owner,
        plan.plan_id,
        plan.version,
        accepted.sha256,
        plan.name,
        plan.currency,
        plan.effective_from,
        accepted.rates,
        text,
        recorded_at,
    )
    await connection.execute(
        store.QUERIES["insert_activation"],
        owner,
        accepted.activation_id,
        plan.plan_id,
        plan.version,
        accepted.effective_at,
        recorded_at,
    )
    await connection.execute(store.QUERIES["insert_suspense_retry"], owner, recorded_at)


def _publish(
    outgoing: Outgoing,
    plan: RatePlan,
    accepted: PlanAccepted,
    text: str,
    account_id: str | None,
    recorded_at: datetime,
) -> None:
    """Parts first, then the plan that names them, then its activation."""
    owner = account_id or store.EVERY_ACCOUNT
    key = f"{owner}|{plan.plan_id}"
    parts = [PlanPartFact(sha256=digest_of(part), content=part) for part in _parts(text)]
    for part in parts:
        _send(outgoing, PLAN_PART_FACT, part, key, (part.sha256,), recorded_at)
    fact = PlanFact(
        plan_id=plan.plan_id,
        version=plan.version,
        sha256=accepted.sha256,
        parts=tuple(part.sha256 for part in parts),
        currency=plan.currency,
        effective_from=plan.effective_from,
        account_id=account_id,
    )
    _send(outgoing, PLAN_FACT, fact, key, (owner, plan.plan_id, str(plan.version)), recorded_at)
    activation = PlanActivationFact(
        activation_id=str(accepted.activation_id),
        version=1,
        plan_id=plan.plan_id,
        plan_version=plan.version,
        effective_at=accepted.effective_at,
        account_id=account_id,
        deleted=False,
    )
    _send(outgoing, PLAN_ACTIVATION_FACT, activation, key, (activation.activation_id,), recorded_at)


def _send(
    outgoing: Outgoing,
    kind: EventType[Data],
    fact: Data,
    key: str,
    identity: tuple[str, ...],
    recorded_at: datetime,
) -> None:
    event_id = derived_id(IdKind.FACT, kind.name, *identity)
    value = encode(kind=kind, event_id=event_id, source=SOURCE, time=recorded_at, data=fact)
    outgoing.send(USAGE_RATING_FACTS.name, key=key.encode(), value=value)


def _parts(text: str) -> Iterator[str]:
    for start in range(0, len(text), PART_CHARACTERS):
        yield text[start : start + PART_CHARACTERS]


def _taken(plan_id: str, account_id: str | None) -> Problems:
    whose = "an account's own plan" if account_id is None else "a plan for every account"
    return Problems(items=(Problem(field="plan_id", value=plan_id, says=f"is the id of {whose}: choose another"),))
