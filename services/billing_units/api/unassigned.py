"""The Unassigned inbox over HTTP: what nobody owes, by number and user, with a suggested unit and why.

Assign what is right with `POST billing-units/{id}/members` from the first call on; the charges follow.
"""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import WithJsonSchema

from chassis.answers import Many, One
from chassis.asked import OnDay
from chassis.database import Pool, account_transaction
from chassis.paging import Cursor, Limit, after, page
from chassis.web import Account, Problem, json_answer
from contracts.values.money import EXACT
from services.billing_units.api.answers import ShareShown, UnassignedShown
from services.billing_units.domain.budgets import Threshold
from services.billing_units.domain.suggestions import Clues, suggest
from services.billing_units.store import budgets, unassigned
from services.billing_units.store.unassigned import Row

From = Annotated[OnDay, Query(alias="use_on[gte]")]
Until = Annotated[OnDay, Query(alias="use_on[lt]")]
AlertAbove = Annotated[
    Annotated[Decimal, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})] | None,
    Query(
        ge=0,
        le=1,
        description="The share of the amount, 0 to 1, above which it says `alert`; unless said, the account's.",
    ),
]


def unassigned_lists(pool: Pool) -> APIRouter:
    """The inbox and its share of everything."""
    router = APIRouter(prefix="/api/v1/unassigned")

    @router.get("", response_model=Many[UnassignedShown])
    async def list_unassigned(
        account: Account, from_on: From, until_on: Until, limit: Limit = 100, cursor: Cursor = None
    ) -> Response:
        """Dearest first; `suggestion` names a unit and why, or is null."""
        key = _after(cursor)
        async with account_transaction(pool, account) as connection:
            rows = await unassigned.list_unassigned(connection, account, (from_on, until_on), key, limit + 1)
        shown = [_shown(row) for row in rows]
        return page(shown, limit, lambda row: [str(row["amount"]), row["group_key"]], frozenset({"group_key"}))

    @router.get("/share", response_model=One[ShareShown])
    async def get_share(account: Account, from_on: From, until_on: Until, threshold: AlertAbove = None) -> Response:
        """How much of everything charged nobody owes, and whether that passes the threshold."""
        async with account_transaction(pool, account) as connection:
            row = await unassigned.get_unassigned_share(connection, account, (from_on, until_on))
            said = await budgets.find_unassigned_alert(connection, account)
        own = Threshold() if said is None else said.threshold
        limit = own if threshold is None else Threshold(percent=EXACT.multiply(threshold, Decimal(100)))
        share = EXACT.divide(row["unassigned"], row["total"]) if row["total"] else Decimal(0)
        shown = dict(row) | {
            "share": share.quantize(Decimal("0.0001")),
            "threshold": EXACT.divide(limit.percent, Decimal(100)),
            "alert": limit.is_passed(row["unassigned"], row["total"]),
        }
        return json_answer({"data": shown})

    return router


def _shown(row: Row) -> dict[str, Any]:
    clues = Clues(
        number_unit=_text(row["number_unit_id"]),
        number_from_at=row["number_from_at"],
        number_until_at=row["number_until_at"],
        first_at=row["first_at"],
        user_unit=_text(row["user_unit_id"]),
        usual_unit=_text(row["usual_unit_id"]),
        usual_calls=row["usual_calls"],
    )
    names = (
        "own_number", "user_id", "currency", "amount", "calls", "billed_s", "first_at", "last_at",
        "number_not_held", "group_key",
    )  # fmt: skip
    return {name: row[name] for name in names} | {"suggestion": suggest(clues)}


def _after(cursor: str | None) -> tuple[Decimal, str] | None:
    key = after(cursor, 2)
    if key is None:
        return None
    try:
        amount = Decimal(key[0])
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or abs(amount.adjusted()) > 20:
        raise Problem(422, "bad_cursor", "The cursor is not one that this list gave.")
    return amount, key[1]


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
