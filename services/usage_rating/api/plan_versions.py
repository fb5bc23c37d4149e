"""A version of a plan by HTTP: its document, its rates searched, and what differs from another version."""

from asyncio import to_thread
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel

from chassis.answers import Many, One
from chassis.asked import Moment
from chassis.clock import Clock
from chassis.database import Pool, account_transaction
from chassis.paging import Cursor, Limit, after
from chassis.web import AccountOrEvery, Problem, json_answer
from contracts.events.envelope import to_json
from contracts.events.fields import Instant
from contracts.values.phone import E164_PATTERN
from services.usage_rating.domain.comparing import ChangeKind, compare, place_of_change
from services.usage_rating.domain.document import to_document
from services.usage_rating.domain.plan import Rate, RatePlan
from services.usage_rating.domain.price_words import price_words
from services.usage_rating.domain.searching import place_of, rates_for, rates_named
from services.usage_rating.handlers.pricing import PlanCache

PLANS_KEPT = 4
"""Plan versions that this door keeps in memory: a list is asked for page by page."""

PlanId = Annotated[str, Path(pattern=r"^[!-~]{1,128}$")]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


class RateShown(BaseModel):
    """A rate of outbound calls, its price in words. prices_now: of a search by number, whether it is the one."""

    prefix: str
    destination: str
    country: str | None
    price: str
    refused: bool
    valid_from: Instant | None
    valid_until: Instant | None
    prices_now: bool | None


class RateChangeShown(BaseModel):
    """A prefix whose rate differs; was and becomes in words, null where there is no rate."""

    kind: ChangeKind
    prefix: str
    destination: str
    country: str | None
    valid_from: Instant | None
    was: str | None
    becomes: str | None


class SettingChangeShown(BaseModel):
    """Something besides the rates of outbound calls, in words."""

    setting: str
    was: str
    becomes: str


class PlanDiffShown(BaseModel):
    """What changes to this version. counts: of all changed rates, by kind; rates: a page of them."""

    counts: dict[ChangeKind, int]
    settings: list[SettingChangeShown]
    rates: list[RateChangeShown]


class PlanDiffPage(BaseModel):
    """A difference; next_cursor: what the next page of its rates is asked for with, null on the last."""

    data: PlanDiffShown
    next_cursor: str | None


class _Versions:
    """Plan versions that an account may use, the last few kept in memory."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._kept = PlanCache(PLANS_KEPT)

    async def get(self, account: str, plan_id: str, version: int) -> RatePlan:
        try:
            async with account_transaction(self._pool, account) as connection:
                return (await self._kept.get(connection, account, plan_id, version)).plan
        except LookupError as error:
            raise Problem(404, "not_found", "This account may use no such version of a plan.") from error


def plan_version_routes(pool: Pool, clock: Clock) -> APIRouter:
    """What is asked of one version of a plan that the account may use."""
    router = APIRouter(prefix="/api/v1/plans/{plan_id}/versions/{version}")
    versions = _Versions(pool)
    _add_diff(router, versions)

    @router.get("", response_model=One[dict[str, Any]])
    async def get_plan(account: AccountOrEvery, plan_id: PlanId, version: Version) -> Response:
        """The plan document, as `ringledger plans import` takes it."""
        return json_answer({"data": to_document(await versions.get(account, plan_id, version))})

    @router.get("/rates", response_model=Many[RateShown])
    async def search_rates(
        account: AccountOrEvery,
        plan_id: PlanId,
        version: Version,
        number: Annotated[str | None, Query(pattern=E164_PATTERN)] = None,
        search: Annotated[str, Query(max_length=200)] = "",
        at: Annotated[Moment | None, Query()] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        """Rates by number, the longest match first and those beneath it, or by words of the destination."""
        plan = await versions.get(account, plan_id, version)
        if number is not None:
            found = rates_for(plan, number, at or clock())
            rows = [_shown(rate, prices_now=rate is found[0]) for rate in found]
            return json_answer({"data": rows, "next_cursor": None})
        rest = _after(rates_named(plan, search), place_of, cursor)
        rows = [_shown(rate) for rate in rest[:limit]]
        return json_answer({"data": rows, "next_cursor": _next(rest, place_of, limit)})

    return router


def _add_diff(router: APIRouter, versions: _Versions) -> None:
    @router.get("/diff", response_model=PlanDiffPage)
    async def diff(
        account: AccountOrEvery,
        plan_id: PlanId,
        version: Version,
        against: Annotated[int, Query(ge=1, le=2**31 - 1, description="The version to compare with.")],
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        """What changes from the version `against` to this one."""
        plan = await versions.get(account, plan_id, version)
        earlier = await versions.get(account, plan_id, against)
        found = await to_thread(compare, earlier, plan)
        rest = _after(found.rates, place_of_change, cursor)
        answer = {
            "counts": Counter(change.kind for change in found.rates),
            "settings": [asdict(setting) for setting in found.settings],
            "rates": [asdict(change) for change in rest[:limit]],
        }
        return json_answer({"data": answer, "next_cursor": _next(rest, place_of_change, limit)})


Listed = TypeVar("Listed")
Place = Callable[[Listed], tuple[str, str]]


def _after(listed: Sequence[Listed], place: Place[Listed], cursor: str | None) -> list[Listed]:
    """What stands after the cursor; all without one."""
    key = after(cursor, 2)
    return list(listed) if key is None else [one for one in listed if place(one) > (key[0], key[1])]


def _next(rest: Sequence[Listed], place: Place[Listed], limit: int) -> str | None:
    """The cursor of the page after the first `limit` of the rest."""
    return urlsafe_b64encode(to_json(place(rest[limit - 1]))).decode() if len(rest) > limit else None


def _shown(rate: Rate, *, prices_now: bool | None = None) -> dict[str, Any]:
    return {
        "prefix": rate.prefix,
        "destination": rate.destination,
        "country": rate.country,
        "price": price_words(rate.price),
        "refused": rate.price is None,
        "valid_from": rate.valid_from,
        "valid_until": rate.valid_until,
        "prices_now": prices_now,
    }
