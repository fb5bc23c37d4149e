"""Asking over HTTP: what a call would cost, and how a use got its price."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.answers import One
from chassis.asked import WHOLE, Moment
from chassis.database import Pool, account_transaction
from chassis.web import Account, Problem, json_answer
from contracts.events.call import Channel, Direction
from contracts.events.fields import MAX_DURATION_MS, Amount, CurrencyCode, Identifier, Party, Revision, Uuid
from contracts.events.rated_usage import Certificate
from services.usage_rating.handlers.asking import (
    Explanation,
    PlanAsked,
    Quote,
    UnknownAccount,
    UnknownPlan,
    explain,
    hypothetical,
    quote,
)
from services.usage_rating.handlers.pricing import PlanCache

USUAL_CHANNEL: dict[Direction, Channel] = {"inbound": "inbound", "outbound": "manual", "internal": "manual"}


class QuoteWanted(BaseModel):
    """A call that nobody made, answered at an instant.

    other_party: the number called, or inbound the caller's. own_number: inbound the number dialled; its type may
    decide the price. plan_id: by this plan, in this version or its newest; without it by the plan in force then.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    direction: Direction = "outbound"
    channel: Channel | None = None
    other_party: Party
    own_number: Party | None = None
    answered_at: Moment
    duration_ms: Annotated[int, WHOLE, Field(ge=0, le=MAX_DURATION_MS)]
    plan_id: Identifier | None = None
    plan_version: Annotated[Revision, WHOLE] | None = None


class StepShown(BaseModel):
    """One step of an explanation: what was looked at, a sentence, and the amount it came to."""

    step: str
    says: str
    value: str | None


class QuoteShown(BaseModel):
    """What the call would cost. not_priced: it would wait for a price; reason says why, and the step what to do."""

    outcome: Literal["priced", "free", "not_priced"]
    currency: CurrencyCode
    amount: Amount | None
    reason: str | None
    certificate: Certificate | None
    steps: list[StepShown]


class RatingShown(BaseModel):
    """One rating of the use in words. taken_back: another replaced it, or the use was withdrawn."""

    rated_usage_id: Uuid
    rating_revision: int
    taken_back: bool
    amount: Amount
    currency: CurrencyCode
    steps: list[StepShown]


class WaitsShown(BaseModel):
    """Why a use has no price now, and what to do about it."""

    reason: str
    says: str


class PriceExplained(BaseModel):
    """How a use got its price: every rating of it, the newest first."""

    usage_id: Uuid
    ratings: list[RatingShown]
    waits: WaitsShown | None


def asking(pool: Pool, plans: PlanCache) -> APIRouter:
    """Quotes and explanations; nothing here changes anything."""
    router = APIRouter(prefix="/api/v1")

    @router.post("/quotes", response_model=One[QuoteShown])
    async def get_quote(account: Account, body: QuoteWanted) -> Response:
        """What a call would cost, with every step. Nothing is recorded."""
        if body.plan_id is None and body.plan_version is not None:
            raise Problem(422, "invalid", "plan_version is of a plan: name plan_id too.")
        plan = None if body.plan_id is None else PlanAsked(plan_id=body.plan_id, version=body.plan_version)
        call = hypothetical(
            account,
            direction=body.direction,
            channel=body.channel or USUAL_CHANNEL[body.direction],
            other_party=body.other_party,
            own_number=body.own_number,
            answered_at=body.answered_at,
            duration_ms=body.duration_ms,
        )
        try:
            async with account_transaction(pool, account) as connection:
                found = await quote(connection, plans, call, plan)
        except UnknownAccount as error:
            raise Problem(422, "unknown_account", f"Nothing is known here of account {error} yet.") from error
        except UnknownPlan as error:
            raise Problem(422, "unknown_plan", f"The account may use no plan {error} in such a version.") from error
        return json_answer({"data": _quote(found)})

    @router.get("/rated-usage/{usage_id}/explanation", response_model=One[PriceExplained])
    async def explain_price(account: Account, usage_id: UUID) -> Response:
        """How the use got its price, in words."""
        async with account_transaction(pool, account) as connection:
            found = await explain(connection, account, usage_id)
        if found is None:
            raise Problem(404, "not_found", "This account has no such use.")
        return json_answer({"data": _explanation(found)})

    return router


def _quote(found: Quote) -> dict[str, Any]:
    return {
        "outcome": found.outcome,
        "currency": found.currency,
        "amount": found.amount,
        "reason": found.reason,
        "certificate": found.certificate,
        "steps": [step._asdict() for step in found.steps],
    }


def _explanation(found: Explanation) -> dict[str, Any]:
    ratings = [
        {
            "rated_usage_id": rating.rated_usage_id,
            "rating_revision": rating.rating_revision,
            "taken_back": rating.taken_back,
            "amount": rating.amount,
            "currency": rating.currency,
            "steps": [step._asdict() for step in rating.steps],
        }
        for rating in found.ratings
    ]
    waits = None if found.waits is None else {"reason": found.waits[0], "says": found.waits[1]}
    return {"usage_id": found.usage_id, "ratings": ratings, "waits": waits}
