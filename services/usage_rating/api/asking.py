"""Asking over HTTP: what a call would cost, and how a use got its price."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from chassis.answers import One
from chassis.asked import WHOLE, Moment
from chassis.database import Pool, account_transaction
from chassis.web import Account, Problem, json_answer
from contracts.events.call import Channel, Direction
from contracts.events.fields import (
    MAX_DURATION_MS,
    Amount,
    CurrencyCode,
    DurationMs,
    Identifier,
    Party,
    Revision,
    UseWord,
    Uuid,
)
from contracts.events.rated_usage import Certificate
from contracts.events.usage import Characters, Detections, Encoding, MessageDirection, Segments, UsageKind
from contracts.events.usage_refusals import usage_refusal
from services.usage_rating.handlers.asking import (
    Explanation,
    PlanAsked,
    Quote,
    UnknownAccount,
    UnknownPlan,
    explain,
    hypothetical,
    hypothetical_use,
    quote,
    quote_use,
)
from services.usage_rating.handlers.pricing import PlanCache

USUAL_CHANNEL: dict[Direction, Channel] = {"inbound": "inbound", "outbound": "manual", "internal": "manual"}


QuantityText = Annotated[str, Field(pattern=r"^-?[0-9]{1,8}(\.[0-9]{1,12})?$", examples=["12.5"])]
"""How much of something was used, a decimal as text."""

SMS_EXAMPLE: JsonDict = {
    "kind": "message",
    "at": "2026-11-02T10:00:00Z",
    "channel": "sms",
    "direction": "outbound",
    "other_party": "+4915112345678",
    "segments": 2,
}


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


class UseQuoteWanted(BaseModel):
    """A use that is no call and that nobody made, at an instant; each kind says what its records say.

    message: channel, direction, other_party, and of an SMS segments or characters with encoding. recording,
    analytics: duration_ms. detection: count, one where absent. metered: meter and quantity. plan_id: as for a call.
    """

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"examples": [SMS_EXAMPLE]})
    kind: UsageKind
    at: Moment
    channel: UseWord | None = None
    direction: MessageDirection | None = None
    other_party: Party | None = None
    segments: Annotated[Segments, WHOLE] | None = None
    characters: Annotated[Characters, WHOLE] | None = None
    encoding: Encoding | None = None
    count: Annotated[Detections, WHOLE] | None = None
    duration_ms: Annotated[DurationMs, WHOLE] | None = None
    meter: UseWord | None = None
    quantity: QuantityText | None = None
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
        call = hypothetical(
            account,
            direction=body.direction,
            channel=body.channel or USUAL_CHANNEL[body.direction],
            other_party=body.other_party,
            own_number=body.own_number,
            answered_at=body.answered_at,
            duration_ms=body.duration_ms,
        )
        with _known():
            async with account_transaction(pool, account) as connection:
                found = await quote(connection, plans, call, _plan(body))
        return json_answer({"data": _quote(found)})

    @router.post("/quotes/uses", response_model=One[QuoteShown])
    async def get_quote_of_use(account: Account, body: UseQuoteWanted) -> Response:
        """What a message, a detection, a recording, an analysis or what is metered would cost, with every step."""
        said = body.model_dump(exclude={"at", "plan_id", "plan_version"})
        said["quantity"] = None if body.quantity is None else Decimal(body.quantity)
        use = hypothetical_use(account, body.at, said)
        refusal = usage_refusal(use)
        if refusal is not None:
            raise Problem(422, "invalid_use", refusal)
        with _known():
            async with account_transaction(pool, account) as connection:
                found = await quote_use(connection, plans, use, _plan(body))
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


def _plan(body: QuoteWanted | UseQuoteWanted) -> PlanAsked | None:
    if body.plan_id is not None:
        return PlanAsked(plan_id=body.plan_id, version=body.plan_version)
    if body.plan_version is not None:
        raise Problem(422, "plan_not_named", "plan_version is of a plan: name plan_id too.")
    return None


@contextmanager
def _known() -> Iterator[None]:
    """Refuses what is asked of an account or a plan that is not known."""
    try:
        yield
    except UnknownAccount as error:
        raise Problem(422, "unknown_account", f"Nothing is known here of account {error} yet.") from error
    except UnknownPlan as error:
        raise Problem(422, "unknown_plan", f"The account may use no plan {error} in such a version.") from error


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
