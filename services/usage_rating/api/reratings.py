"""Re-ratings over HTTP: asked for, looked at, approved or cancelled."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from chassis.answers import LOCATION, Many, One
from chassis.asked import WHOLE, Moment
from chassis.database import Connection, Pool, account_transaction
from chassis.paging import Cursor, Limit, after, after_one, after_uuid, as_uuid, page, shown_row
from chassis.web import Account, AskedBy, Problem, json_answer
from contracts.events.fields import Identifier, Name, Revision, Uuid
from services.usage_rating.api.rerating_answers import ChangeShown, ReratingShown, TotalShown
from services.usage_rating.domain.rerating import Asked
from services.usage_rating.handlers.reratings import Refusal, ReratingsHandler
from services.usage_rating.store import rerating_lists, reratings
from services.usage_rating.store.rerating_lists import FIRST_CHANGE, TotalKind

PREFIX = "/api/v1/reratings"
STATUS = {
    "not_found": 404,
    "bad_range": 422,
    "unknown_account": 422,
    "unknown_plan": 422,
    "not_previewed": 409,
    "nothing_to_change": 409,
    "preview_outdated": 409,
    "not_cancellable": 409,
}
"""The HTTP status of each refusal."""


class ReratingWanted(BaseModel):
    """The body of a re-rating: uses whose charging instants are in [from_at, to_at), and why they are priced again.

    plan_id: under this plan, in this version or its newest; without it by the activations as they stand.
    """

    model_config = ConfigDict(extra="forbid", strict=True)
    from_at: Moment
    to_at: Moment
    reason: Name
    plan_id: Identifier | None = None
    plan_version: Annotated[Revision, WHOLE] | None = None


def rerating_commands(commands: ReratingsHandler) -> APIRouter:
    """Ask, approve, cancel."""
    router = APIRouter(prefix=PREFIX)

    @router.post("", status_code=202, response_model=One[ReratingShown], responses={202: {"headers": LOCATION}})
    async def ask_for_rerating(account: Account, caller: AskedBy, body: ReratingWanted) -> Response:
        """Its preview begins at once; nothing is changed before somebody approves it."""
        if body.plan_id is None and body.plan_version is not None:
            raise Problem(422, "plan_not_named", "plan_version is of a plan: name plan_id too.")
        asked = Asked(
            account_id=account,
            from_at=body.from_at,
            to_at=body.to_at,
            plan_id=body.plan_id,
            plan_version=body.plan_version,
        )
        made = await commands.ask(asked, body.reason, caller)
        if isinstance(made, Refusal):
            raise _problem(made)
        return await _shown(commands.pool, account, made, status=202)

    @router.post("/{rerating_id}/approve", response_model=One[ReratingShown])
    async def approve_rerating(account: Account, caller: AskedBy, rerating_id: Uuid) -> Response:
        """Posted from now on, as previewed; refused when plans or activations have changed since the preview."""
        refused = await commands.approve(account, rerating_id, caller)
        if refused is not None:
            raise _problem(refused)
        return await _shown(commands.pool, account, rerating_id)

    @router.post("/{rerating_id}/cancel", response_model=One[ReratingShown])
    async def cancel_rerating(account: Account, caller: AskedBy, rerating_id: Uuid) -> Response:
        """Only what nobody has approved."""
        refused = await commands.cancel(account, rerating_id, caller)
        if refused is not None:
            raise _problem(refused)
        return await _shown(commands.pool, account, rerating_id)

    return router


def rerating_lists_of(pool: Pool) -> APIRouter:
    """Re-ratings, what each would change, and the sums of that."""
    router = APIRouter(prefix=PREFIX)

    @router.get("", response_model=Many[ReratingShown])
    async def list_reratings(account: Account, limit: Limit = 100, cursor: Cursor = None) -> Response:
        """Newest first."""
        before = after_uuid(cursor)
        async with account_transaction(pool, account) as connection:
            rows = await reratings.list_reratings(connection, account, before, limit + 1)
        return page([_row(row) for row in rows], limit, lambda row: [row["rerating_id"]])

    @router.get("/{rerating_id}", response_model=One[ReratingShown])
    async def get_rerating(account: Account, rerating_id: Uuid) -> Response:
        return await _shown(pool, account, rerating_id)

    @router.get("/{rerating_id}/changes", response_model=Many[ChangeShown])
    async def list_changes(
        account: Account,
        rerating_id: Uuid,
        skipped: bool | None = None,
        limit: Annotated[int, Query(ge=1, le=5000)] = 100,
        cursor: Cursor = None,
    ) -> Response:
        """In the order of their ids, those found so far; skipped: only those that were not posted, or that were."""
        key = _change_key(cursor)
        async with account_transaction(pool, account) as connection:
            await _must_exist(connection, account, rerating_id)
            rows = await rerating_lists.list_changes(connection, account, rerating_id, key, skipped, limit + 1)
        return page(rows, limit, lambda row: [row["usage_id"], row["month"]], hidden=frozenset({"month"}))

    _add_totals(router, pool)
    return router


def _add_totals(router: APIRouter, pool: Pool) -> None:
    @router.get("/{rerating_id}/totals", response_model=Many[TotalShown])
    async def list_totals(
        account: Account, rerating_id: Uuid, by: TotalKind, limit: Limit = 100, cursor: Cursor = None
    ) -> Response:
        """By destination or user, or of what cannot be priced by reason; in the order of names, once previewed."""
        name = after_one(cursor)
        async with account_transaction(pool, account) as connection:
            await _must_exist(connection, account, rerating_id)
            rows = await rerating_lists.list_totals(connection, account, rerating_id, by, name, limit + 1)
        return page(
            [{**row, "name": row["name"] or None, "key": row["name"]} for row in rows],
            limit,
            lambda row: [row["key"]],
            hidden=frozenset({"key"}),
        )


async def _must_exist(connection: Connection, account: str, rerating_id: str) -> None:
    if await reratings.find_rerating(connection, account, rerating_id) is None:
        raise _problem(Refusal(code="not_found", says=f"This account has no re-rating {rerating_id}."))


async def _shown(pool: Pool, account: str, rerating_id: str, *, status: int = 200) -> Response:
    async with account_transaction(pool, account) as connection:
        row = await reratings.find_rerating(connection, account, rerating_id)
    if row is None:
        raise _problem(Refusal(code="not_found", says=f"This account has no re-rating {rerating_id}."))
    headers = {"Location": f"{PREFIX}/{rerating_id}"} if status == 202 else None
    return json_answer({"data": _row(row)}, status=status, headers=headers)


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    course = None if row["course"] is None else reratings.course_in(row["course"])
    shown = shown_row(row)
    del shown["account_id"]
    return shown | {
        "difference": row["amount_after"] - row["amount_before"],
        "course": course
        and [
            {
                "account_id": one.account_id or "*",
                "plan_id": one.plan_id,
                "plan_version": one.plan_version,
                "effective_at": one.effective_at,
            }
            for one in course
        ],
    }


def _change_key(cursor: str | None) -> tuple[str, date]:
    key = after(cursor, 2)
    if key is None:
        return FIRST_CHANGE
    try:
        return str(as_uuid(key[0])), date.fromisoformat(key[1])
    except ValueError as error:
        raise Problem(422, "bad_cursor", "The cursor is not one that a list gave.") from error


def _problem(refusal: Refusal) -> Problem:
    return Problem(STATUS[refusal.code], refusal.code, refusal.says)
