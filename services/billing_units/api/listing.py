"""What is to be seen: the account, its numbers, users and charges."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from chassis.database import Pool, account_transaction
from chassis.web import Account, Problem, json_answer
from contracts.events.fields import EARLIEST, LATEST, Uuid
from services.billing_units.api.paging import (
    Cursor,
    Limit,
    after,
    after_one,
    as_uuid,
    page,
)
from services.billing_units.store import listing
from services.billing_units.store.listing import ChargeFilter

OnDay = Annotated[date | None, Query(ge=EARLIEST.date(), lt=LATEST.date())]
At = Annotated[AwareDatetime | None, Query(ge=EARLIEST, lt=LATEST)]


def directory_lists(pool: Pool) -> APIRouter:
    """The account, its numbers and users."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/accounts/{account_id}")
    async def get_account(account: Account, account_id: str) -> Response:
        async with account_transaction(pool, account) as connection:
            row = await listing.find_account(connection, account_id)
        if row is None or account_id != account:
            raise Problem(404, "not_found", "There is no such account.")
        return json_answer({"data": dict(row)})

    @router.get("/numbers")
    async def list_numbers(account: Account, limit: Limit = 100, cursor: Cursor = None, at: At = None) -> Response:
        async with account_transaction(pool, account) as connection:
            moment = at or await connection.fetchval("SELECT now()")
            rows = await listing.list_numbers(connection, account, after_one(cursor), moment, limit + 1)
        return page(rows, limit, lambda row: [row["number"]])

    @router.get("/users")
    async def list_users(account: Account, limit: Limit = 100, cursor: Cursor = None) -> Response:
        async with account_transaction(pool, account) as connection:
            rows = await listing.list_users(connection, account, after_one(cursor), limit + 1)
        return page(rows, limit, lambda row: [row["user_id"]])

    return router


def charge_lists(pool: Pool) -> APIRouter:
    """Charges by unit and day."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/charges")
    async def list_charges(
        account: Account,
        unit_id: Uuid | Literal["unassigned"] | None = None,
        use_on: OnDay = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        unassigned = unit_id == "unassigned"
        wanted = ChargeFilter(
            unit_id=None if unassigned else unit_id,
            unassigned=unassigned,
            from_on=use_on or EARLIEST.date(),
            until_on=LATEST.date() if use_on is None else use_on + timedelta(days=1),
        )
        key = after(cursor, 2)
        async with account_transaction(pool, account) as connection:
            rows = await listing.list_charges(
                connection,
                account,
                wanted,
                None if key is None else (_instant(key[0]), str(as_uuid(key[1]))),
                limit + 1,
            )
        return page(rows, limit, lambda row: [row["billed_at"], row["charge_id"]])

    return router


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Problem(422, "bad_cursor", "The cursor is not one that a list gave.") from error
