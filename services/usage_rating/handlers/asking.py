"""Answers what a call or another use would cost, and how one that was rated got its price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson

from chassis.database import Connection
from contracts.events.call import CallDetailRecord, Channel, Direction
from contracts.events.envelope import to_json
from contracts.events.usage import UsageRecord
from contracts.values.calendar import zone_of
from services.usage_rating import store
from services.usage_rating.domain.certificate import certificate_of_rated, certificate_of_zero
from services.usage_rating.domain.explaining import WAITS, Explained
from services.usage_rating.domain.explaining_uses import explain as explain_any
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.rating import Numbers, Rated, Unrateable, ZeroRated, charging_instant, rate_call
from services.usage_rating.domain.rating_uses import RatedUse, rate_use, use_instant
from services.usage_rating.handlers.calls import load_call_prices
from services.usage_rating.handlers.other_ratings import certificate_of_use
from services.usage_rating.handlers.pricing import PlanCache, Waits, load_prices
from services.usage_rating.store.reratings import find_plan_version

QUOTED = "quote"
FOLLOWING = frozenset({"detection", "recording", "analytics"})
"""Kinds of use that belong to a call."""

QuoteOutcome = Literal["priced", "free", "not_priced"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAsked:
    """A plan by its id, in a version or in its newest."""

    plan_id: str
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a use would cost. reason: why it would wait for a price; None when it has one."""

    outcome: QuoteOutcome
    currency: str
    steps: Sequence[Explained]
    amount: str | None = None
    certificate: dict[str, Any] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingExplained:
    """A rating of a use, in words. taken_back: another rating replaced it, or the use was withdrawn."""

    rated_usage_id: str
    rating_revision: int
    taken_back: bool
    amount: str
    currency: str
    steps: Sequence[Explained]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Every rating of a use, the newest first; waits: why it has no price now, with what to do about it."""

    usage_id: str
    ratings: Sequence[RatingExplained]
    waits: tuple[str, str] | None


class UnknownPlan(LookupError):
    """The account may use no such plan, or the plan has no such version."""


class UnknownAccount(LookupError):
    """No fact of the account has come yet."""


def hypothetical(
    account_id: str,
    *,
    direction: Direction,
    channel: Channel,
    other_party: str,
    own_number: str | None,
    answered_at: datetime,
    duration_ms: int,
) -> CallDetailRecord:
    """A call that nobody made, answered at an instant and as long as said."""
    return CallDetailRecord(
        account_id=account_id,
        call_id=QUOTED,
        leg_id="1",
        direction=direction,
        channel=channel,
        other_party=other_party,
        own_number=own_number,
        disposition="answered",
        started_at=answered_at,
        answered_at=answered_at,
        ended_at=answered_at + timedelta(milliseconds=duration_ms),
    )


def hypothetical_use(account_id: str, at: datetime, said: Mapping[str, Any]) -> UsageRecord:
    """A use that nobody made; what belongs to a call belongs to one that nobody made either."""
    fields: dict[str, Any] = {**said, "sent_at" if said["kind"] == "message" else "used_at": at}
    if said["kind"] in FOLLOWING:
        fields |= {"call_id": QUOTED, "leg_id": "1"}
    return UsageRecord(account_id=account_id, usage_key=QUOTED, **fields)


async def quote(connection: Connection, cache: PlanCache, call: CallDetailRecord, plan: PlanAsked | None) -> Quote:
    """The price of a call by the plan in force then, or by the plan asked for.

    Raises UnknownAccount and UnknownPlan.
    """
    terms = await _terms_of(connection, call.account_id)
    outcome, priced_by = await _outcome(connection, cache, call, plan)
    if isinstance(outcome, str):
        return _waits(outcome, terms)
    data: dict[str, Any] = {
        "category": "call",
        "direction": call.direction,
        "channel": call.channel,
        "occurred_at": charging_instant(call).isoformat(),
        "duration_ms": outcome.duration_ms,
        "currency": terms.currency if priced_by is None else priced_by.currency,
    }
    if isinstance(outcome, Rated):
        assert priced_by is not None, "a rated call was rated by a plan"
        data |= {"certificate": certificate_of_rated(priced_by, outcome), "amount": format(outcome.amount, "f")}
    else:
        data |= {"certificate": certificate_of_zero(outcome), "amount": "0.000000"}
    return _priced("priced" if isinstance(outcome, Rated) else "free", data, terms)


async def quote_use(connection: Connection, cache: PlanCache, use: UsageRecord, plan: PlanAsked | None) -> Quote:
    """The price of a use that is no call, in the same way."""
    terms = await _terms_of(connection, use.account_id)
    if plan is None:
        priced = (await load_prices(connection, cache, [(use.account_id, use_instant(use))])).price_use(use)
        if isinstance(priced, Waits):
            return _waits(priced.reason, terms)
        assert isinstance(priced.outcome, RatedUse) and priced.plan is not None, "only a plan prices it"
        rated, priced_by = priced.outcome, priced.plan.plan
    else:
        priced_by = await _plan_asked(connection, cache, use.account_id, plan)
        outcome = rate_use(priced_by, use)
        if not isinstance(outcome, RatedUse):
            return _waits(outcome.reason.value, terms)
        rated = outcome
    data: dict[str, Any] = {
        "category": use.kind,
        "channel": use.channel,
        "meter": use.meter,
        "occurred_at": use_instant(use).isoformat(),
        "billed_s": rated.billed_s,
        "currency": priced_by.currency,
        "certificate": orjson.loads(to_json(certificate_of_use(priced_by, rated))),
        "amount": format(rated.amount, "f"),
    }
    return _priced("priced", data, terms)


async def _terms_of(connection: Connection, account_id: str) -> store.AccountTerms:
    terms = (await store.list_accounts(connection, [account_id])).get(account_id)
    if terms is None:
        raise UnknownAccount(account_id)
    return terms


def _waits(reason: str, terms: store.AccountTerms) -> Quote:
    return Quote(outcome="not_priced", currency=terms.currency, reason=reason, steps=[_waiting(reason)])


def _priced(outcome: QuoteOutcome, data: dict[str, Any], terms: store.AccountTerms) -> Quote:
    return Quote(
        outcome=outcome,
        currency=data["currency"],
        amount=data["amount"],
        certificate=data["certificate"],
        steps=explain_any(data, zone_of(terms.zone)),
    )


async def _outcome(
    connection: Connection, cache: PlanCache, call: CallDetailRecord, plan: PlanAsked | None
) -> tuple[Rated | ZeroRated | str, RatePlan | None]:
    """What comes of the call and by which plan; a text is why it would wait."""
    if plan is None:
        priced = (await load_call_prices(connection, cache, [call])).price(call)
        if isinstance(priced, Waits):
            return priced.reason, None
        assert not isinstance(priced.outcome, RatedUse), "a call was asked about"
        return priced.outcome, None if priced.plan is None else priced.plan.plan
    priced_by = await _plan_asked(connection, cache, call.account_id, plan)
    outcome = rate_call(priced_by, call, await _numbers(connection, call))
    return (outcome.reason.value if isinstance(outcome, Unrateable) else outcome), priced_by


async def _plan_asked(connection: Connection, cache: PlanCache, account_id: str, plan: PlanAsked) -> RatePlan:
    version = await find_plan_version(connection, account_id, plan.plan_id, plan.version)
    if version is None:
        raise UnknownPlan(plan.plan_id)
    return (await cache.get(connection, account_id, plan.plan_id, version)).plan


async def _numbers(connection: Connection, call: CallDetailRecord) -> Numbers:
    asked = {(call.account_id, number) for number in (call.own_number, call.other_party) if number}
    held = await store.list_held_numbers(connection, asked)
    at = charging_instant(call)
    own = held.get((call.account_id, call.own_number or ""))
    other = held.get((call.account_id, call.other_party))
    return Numbers(
        own_kind=own.kind if own is not None and own.holds_at(at) else None,
        to_own=call.direction == "outbound" and other is not None and other.holds_at(at),
    )


async def explain(connection: Connection, account_id: str, usage_id: Any) -> Explanation | None:
    """How a use got its price, or why it has none; None when the account has no such use."""
    rows = await connection.fetch(store.QUERIES["list_ratings"], account_id, usage_id)
    reason = await connection.fetchval(store.QUERIES["find_suspense_reason"], account_id, usage_id)
    if not rows and reason is None:
        return None
    terms = (await store.list_accounts(connection, [account_id])).get(account_id)
    zone = zone_of("UTC" if terms is None else terms.zone)
    published = [orjson.loads(row["published"]) for row in rows]
    taken_back = {data["rating_revision"] for data in published if data["kind"] == "reversal"}
    ratings = [
        RatingExplained(
            rated_usage_id=data["rated_usage_id"],
            rating_revision=data["rating_revision"],
            taken_back=data["rating_revision"] in taken_back,
            amount=data["amount"],
            currency=data["currency"],
            steps=explain_any(data, zone),
        )
        for data in published
        if data["kind"] == "rated"
    ]
    ratings.sort(key=lambda rating: -rating.rating_revision)
    waits = None if reason is None else (reason, _waiting(reason).says)
    return Explanation(usage_id=str(usage_id), ratings=ratings, waits=waits)


def _waiting(reason: str) -> Explained:
    return Explained("waits", WAITS.get(reason, f"It waits for a price: {reason}."))
