"""Rate plans by HTTP: a deck or a document in, versions listed."""

from decimal import Decimal
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, WithJsonSchema

from chassis.answers import Many, One
from chassis.asked import Moment
from chassis.database import Pool, account_transaction
from chassis.web import AccountOrEvery, AskedBy, Problem, json_answer
from contracts.events.fields import Instant, Name, Uuid
from contracts.values.money import CHARGE_SCALE, Rounding
from services.usage_rating import store
from services.usage_rating.domain.deck import DeckTerms, read_deck
from services.usage_rating.domain.linting import JUMP_PERCENT, WarningName
from services.usage_rating.domain.prices import Price
from services.usage_rating.domain.problems import Problems
from services.usage_rating.domain.reading import read_price
from services.usage_rating.handlers.plans import PlanAccepted, PlansHandler, PlanWarned, Review

MAX_PLAN_BYTES = 32 * 1024 * 1024
EXAMPLE = {
    "schema": 1,
    "plan_id": "retail",
    "name": "Retail",
    "currency": "EUR",
    "effective_from": "2026-01-01T00:00:00Z",
    "calls": {
        "prices": {
            "p1": {"bands": [{"from_s": 0, "per_minute": "0.05"}], "initial_increment_s": 1, "increment_s": 1}
        },
        "outbound": {"rates": [{"prefix": "49", "destination": "Germany", "price": "p1"}]},
    },
}
PLAN_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object", "examples": [EXAMPLE]}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}
Limit = Annotated[int, Query(ge=1, le=500)]
PriceText = Annotated[
    str,
    Query(max_length=30),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,6}(\.[0-9]{1,12})?$", "examples": ["0.008"]}),
]


class PlanAcceptedShown(BaseModel):
    """A plan's next version, in force from effective_at."""

    plan_id: str
    version: int
    sha256: str
    rates: int
    activation_id: Uuid
    effective_at: Instant


class PlanShown(BaseModel):
    """A version of a plan that the account may use; account_id `*`: one for every account."""

    account_id: str
    plan_id: str
    version: int
    name: str
    currency: str
    effective_from: Instant
    rate_count: int
    sha256: str
    recorded_at: Instant


def plan_routes(plans: PlansHandler, pool: Pool) -> APIRouter:
    """Plans in, and the versions there are."""
    router = APIRouter(prefix="/api/v1/plans")

    @router.post("", status_code=201, response_model=One[PlanAcceptedShown], openapi_extra=PLAN_BODY)
    async def import_plan(
        request: Request,
        caller: AskedBy,
        terms: Annotated[DeckTerms, Depends(_deck_terms)],
        review: Annotated[Review, Depends(_review)],
    ) -> Response:
        """A plan document as JSON, or a deck as CSV with the query saying what it does not say itself.

        Warnings stop it until their names are accepted: beside the version in force a wrong price shows.
        """
        body = await _body(request)
        if request.headers.get("content-type", "").startswith("text/csv"):
            plan = read_deck(_text(body), terms)
            accepted = plan if isinstance(plan, Problems) else await plans.accept(plan, caller, review)
        else:
            accepted = await plans.accept_document(_object(body), caller, review)
        if isinstance(accepted, Problems):
            raise _refused(accepted)
        if isinstance(accepted, PlanWarned):
            raise _warned(accepted)
        return json_answer({"data": _accepted(accepted)}, status=201)

    @router.get("", response_model=Many[PlanShown])
    async def list_plans(account: AccountOrEvery, limit: Limit = 100) -> Response:
        async with account_transaction(pool, account) as connection:
            rows = await connection.fetch(store.QUERIES["list_plans"], limit)
        return json_answer({"data": [dict(row) for row in rows], "next_cursor": None})

    return router


def _deck_terms(
    plan_id: Annotated[str, Query(pattern=r"^[!-~]{1,128}$")] = "default",
    name: Annotated[Name | None, Query()] = None,
    currency: Annotated[str | None, Query(pattern=r"^[A-Z]{3}$")] = None,
    effective_from: Annotated[Moment | None, Query()] = None,
    inbound_per_minute: PriceText | None = None,
    inbound_increment_s: Annotated[int, Query(ge=1, le=3600)] = 60,
    rounding: Annotated[Rounding, Query()] = Rounding.HALF_UP,
    scale: Annotated[int, Query(ge=0, le=CHARGE_SCALE)] = CHARGE_SCALE,
    allow_price_up_to: PriceText | None = None,
) -> DeckTerms:
    """What a CSV deck does not say about itself, from the query."""
    inbound = None
    if inbound_per_minute is not None:
        inbound = Price(
            per_minute=_price(inbound_per_minute, "inbound_per_minute"),
            initial_increment_s=inbound_increment_s,
            increment_s=inbound_increment_s,
        )
    return DeckTerms(
        plan_id=plan_id,
        name=name or plan_id,
        currency=currency,
        effective_from=effective_from,
        inbound=inbound,
        rounding=rounding,
        scale=scale,
        allow_price_up_to=None if allow_price_up_to is None else _price(allow_price_up_to, "allow_price_up_to"),
    )


def _review(
    accept: Annotated[
        list[WarningName], Query(max_length=len(WarningName), description="Kinds of warnings that are meant.")
    ] = [],  # noqa: B006 (FastAPI copies it)
    jump_percent: Annotated[
        int,
        Query(ge=1, le=100_000, description="By how much a call's cost may change beside the version in force."),
    ] = JUMP_PERCENT,
) -> Review:
    """What the importer has looked at and means, from the query."""
    return Review(accepted=frozenset(accept), jump_percent=jump_percent)


def _price(text: str, name: str) -> Decimal:
    price = read_price(text)
    if price is None:
        raise Problem(422, "invalid", f"{name} is a price such as 0.008, not {text!r}.")
    return price


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_PLAN_BYTES:
            raise Problem(413, "too_large", f"A plan has at most {MAX_PLAN_BYTES} bytes.")
    return bytes(body)


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(422, "not_utf8", f"The deck is not UTF-8 (byte {error.start}); save it as UTF-8.") from error


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(422, "not_json", f"The plan document is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise Problem(422, "not_an_object", "A plan document is a JSON object.")
    return document


def _refused(problems: Problems) -> Problem:
    errors = [
        {"row": problem.row, "field": problem.field, "value": problem.value, "says": problem.says}
        for problem in problems.items
    ]
    detail = f"The plan has {len(errors)} problems; nothing of it was loaded."
    return Problem(422, "plan_refused", detail, errors=errors)


def _warned(warned: PlanWarned) -> Problem:
    errors = [
        {"name": one.name, "field": one.field, "value": one.value, "says": one.says} for one in warned.warnings
    ]
    names = sorted({one.name for one in warned.warnings})
    detail = f"The plan has {len(errors)} warnings; nothing of it was loaded. Look at them, correct the plan, or "
    return Problem(
        422, "plan_warned", detail + f"send it with {'&'.join(f'accept={n}' for n in names)}.", errors=errors
    )


def _accepted(accepted: PlanAccepted) -> dict[str, Any]:
    return {
        "plan_id": accepted.plan_id,
        "version": accepted.version,
        "sha256": accepted.sha256,
        "rates": accepted.rates,
        "activation_id": str(accepted.activation_id),
        "effective_at": accepted.effective_at,
    }
