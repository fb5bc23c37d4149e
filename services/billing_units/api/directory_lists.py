"""What is to be seen of the directory: the account, its numbers, users, teams and who is in them."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response

from chassis.answers import ETAG, Many, One
from chassis.database import Pool, account_transaction
from chassis.paging import Cursor, Limit, after_one, page
from chassis.web import Account, Problem, Units, json_answer
from contracts.events.fields import AccountId, Identifier
from services.billing_units.api.answers import (
    AccountOfOwnUnits,
    AccountShown,
    MembershipShown,
    NumberShown,
    TeamShown,
    UserShown,
)
from services.billing_units.api.preconditions import etag
from services.billing_units.api.units import At, Search
from services.billing_units.store import listing, members
from services.billing_units.store.members import NumbersWanted

Country = Annotated[str | None, Query(pattern=r"^[A-Z]{2}$")]


SHOWN_TO_LIMITED = ("account_id", "name", "currency", "zone", "anchor_day")


def directory_lists(pool: Pool) -> APIRouter:
    """Lists in order of the entries' ids."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/accounts/{account_id}",
        response_model=One[AccountShown | AccountOfOwnUnits],
        responses={200: {"headers": ETAG}},
    )
    async def get_account(account: Account, only: Units, account_id: AccountId) -> Response:
        """The account; to who is limited to units, only what their figures are read with."""
        async with account_transaction(pool, account, only) as connection:
            row = await listing.find_account(connection, account_id)
        if row is None or account_id != account:
            raise Problem(404, "not_found", "There is no such account.")
        if only is not None:
            narrow = {name: row[name] for name in SHOWN_TO_LIMITED}
            return json_answer({"data": narrow}, headers=etag(row["version"]))
        shown = dict(row) | {"split_changes": orjson.loads(row["split_changes"])}
        return json_answer({"data": shown}, headers=etag(row["version"]))

    @router.get("/numbers", response_model=Many[NumberShown])
    async def list_numbers(
        account: Account,
        search: Search = "",
        country: Country = None,
        available: bool = False,
        at: At = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        """With the unit each is in at an instant; available: held then, and in no unit then or later."""
        async with account_transaction(pool, account) as connection:
            moment = at or await connection.fetchval("SELECT now()")
            wanted = NumbersWanted(search=_digits(search), country=country, available=available, at=moment)
            rows = await members.list_numbers(connection, account, wanted, after_one(cursor), limit + 1)
        return page(rows, limit, lambda row: [row["number"]])

    _add_lists_of_people(router, pool)
    return router


def _add_lists_of_people(router: APIRouter, pool: Pool) -> None:
    @router.get("/users", response_model=Many[UserShown])
    async def list_users(
        account: Account, search: Search = "", inactive: bool = False, limit: Limit = 100, cursor: Cursor = None
    ) -> Response:
        async with account_transaction(pool, account) as connection:
            rows = await members.list_users(
                connection, account, search.strip(), inactive=inactive, after=after_one(cursor), limit=limit + 1
            )
        return page(rows, limit, lambda row: [row["user_id"]])

    @router.get("/teams", response_model=Many[TeamShown])
    async def list_teams(
        account: Account, search: Search = "", limit: Limit = 100, cursor: Cursor = None
    ) -> Response:
        async with account_transaction(pool, account) as connection:
            rows = await members.list_teams(connection, account, search.strip(), after_one(cursor), limit + 1)
        return page(rows, limit, lambda row: [row["team_id"]])

    @router.get("/teams/{team_id}/members", response_model=Many[MembershipShown])
    async def list_team_members(
        account: Account, team_id: Identifier, limit: Limit = 100, cursor: Cursor = None
    ) -> Response:
        """Every membership, of the past too."""
        async with account_transaction(pool, account) as connection:
            rows = await members.list_team_members(connection, account, team_id, after_one(cursor), limit + 1)
        return page(rows, limit, lambda row: [row["membership_id"]])


def _digits(search: str) -> str:
    """A number as people write it, without what is between its digits."""
    return "".join(character for character in search if character not in " ()-./")
