"""What is to be seen of charges."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from chassis.answers import Many, One
from chassis.asked import OnDay
from chassis.database import Pool, account_transaction
from chassis.paging import (
    Cursor,
    Limit,
    after,
    as_uuid,
    page,
)
from chassis.web import Account, Problem, Units, json_answer
from contracts.events.fields import EARLIEST, LATEST, Uuid
from services.billing_units.api.answers import ChargeShown
from services.billing_units.handlers.explaining import Explanation, explain
from services.billing_units.store import listing
from services.billing_units.store.listing import ChargeFilter


def charge_lists(pool: Pool) -> APIRouter:
    """Charges by unit and day, and why each is owed."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/charges", response_model=Many[ChargeShown])
    async def list_charges(
        account: Account,
        only: Units,
        unit_id: Uuid | Literal["unassigned"] | None = None,
        use_on: Annotated[OnDay | None, Query()] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        unassigned = unit_id == "unassigned"
        wanted = ChargeFilter(
            unit_id=None if unassigned else unit_id,
            unassigned=unassigned,
            from_on=use_on or EARLIEST.date(),
            until_on=LATEST.date() if use_on is None else use_on + timedelta(days=1),
            only=only,
        )
        key = after(cursor, 2)
        async with account_transaction(pool, account, only) as connection:
            rows = await listing.list_charges(
                connection,
                account,
                wanted,
                None if key is None else (_instant(key[0]), str(as_uuid(key[1]))),
                limit + 1,
            )
        return page(rows, limit, lambda row: [row["billed_at"], row["charge_id"]])

    @router.get("/charges/{charge_id}/explanation", response_model=One[Explanation])
    async def explain_charge(account: Account, only: Units, charge_id: Uuid) -> Response:
        """The rule that fired, the assignments that decided as they stood then, and who said so."""
        async with account_transaction(pool, account, only) as connection:
            found = await explain(connection, account, charge_id)
        if found is None or (only is not None and found.unit_id not in only):
            raise Problem(404, "not_found", f"This account has no charge {charge_id}.")
        return json_answer({"data": found})

    return router


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Problem(422, "bad_cursor", "The cursor is not one that a list gave.") from error
