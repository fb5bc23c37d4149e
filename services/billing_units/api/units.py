"""Billing units over HTTP: the list, one unit with what is in it, create, rename, archive."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from chassis.answers import ETAG, LOCATION, Many, One
from chassis.asked import Moment
from chassis.database import Connection, Pool, account_transaction
from chassis.paging import Cursor, Limit, after, after_one, as_uuid, page, shown_row
from chassis.web import Account, AskedBy, Problem, Units, json_answer
from contracts.events.directory import MemberKind, UnitRecorded
from contracts.events.fields import Name, Uuid
from contracts.values.unit_names import name_key
from services.billing_units.api.answers import MemberShown, PersonShown, UnitHead, UnitShown
from services.billing_units.api.preconditions import IfMatch, etag
from services.billing_units.api.problems import problem_of
from services.billing_units.handlers import units
from services.billing_units.handlers.commands import Commands, Refusal, no_unit
from services.billing_units.store import listing, unit_lists
from services.billing_units.store.unit_lists import Sort, UnitsWanted

At = Annotated[Moment | None, Query(description="When, in the years 2000 to 2099; now unless said.")]
Search = Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
VERSIONED: dict[int | str, dict[str, Any]] = {200: {"headers": ETAG}}


class UnitWanted(BaseModel):
    """The body of a new unit, or of its new name."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)
    name: Name


class ArchivingWanted(BaseModel):
    """The body of archiving: when (now unless said), and whether memberships that last longer are ended then."""

    model_config = ConfigDict(extra="forbid", strict=True)
    archived_at: Moment | None = None
    release_members: bool = False


def unit_commands(commands: Commands) -> APIRouter:
    """Create, rename, archive."""
    router = APIRouter(prefix="/api/v1/billing-units")

    @router.post(
        "", status_code=201, response_model=One[UnitRecorded], responses={201: {"headers": {**ETAG, **LOCATION}}}
    )
    async def create_unit(caller: AskedBy, account: Account, body: UnitWanted) -> Response:
        unit = await units.create_unit(commands.by(caller), account, body.name)
        return _answer(unit, created=True)

    @router.patch("/{unit_id}", response_model=One[UnitRecorded], responses=VERSIONED)
    async def rename_unit(
        caller: AskedBy, account: Account, unit_id: Uuid, body: UnitWanted, expected: IfMatch
    ) -> Response:
        return _answer(await units.rename_unit(commands.by(caller), account, unit_id, body.name, expected))

    @router.post("/{unit_id}/archive", response_model=One[UnitRecorded], responses=VERSIONED)
    async def archive_unit(
        caller: AskedBy, account: Account, unit_id: Uuid, expected: IfMatch, body: ArchivingWanted | None = None
    ) -> Response:
        wanted = body or ArchivingWanted()
        archived = await units.archive_unit(
            commands.by(caller),
            account,
            unit_id,
            expected,
            archived_at=wanted.archived_at,
            release=wanted.release_members,
        )
        return _answer(archived)

    return router


def unit_lists_of(pool: Pool) -> APIRouter:
    """The list of units, and one unit with its persons and its dated members."""
    router = APIRouter(prefix="/api/v1/billing-units")

    @router.get("", response_model=Many[UnitShown])
    async def list_units(
        account: Account,
        only: Units,
        search: Search = "",
        sort: Sort = "name",
        archived: bool = False,
        at: At = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        """By name; or those with most users or numbers first. Counts are of the instant `at`."""
        key = _key_after(cursor, sort)
        async with account_transaction(pool, account, only) as connection:
            moment = at or await connection.fetchval("SELECT now()")
            wanted = UnitsWanted(search=name_key(search), archived=archived, at=moment, sort=sort, only=only)
            rows = await unit_lists.list_units(connection, account, wanted, key, limit + 1)
        column = "name_key" if sort == "name" else sort
        return page(rows, limit, lambda row: [str(row[column]), row["unit_id"]], hidden=frozenset({"name_key"}))

    @router.get("/{unit_id}", response_model=One[UnitHead], responses=VERSIONED)
    async def get_unit(account: Account, only: Units, unit_id: Uuid) -> Response:
        async with account_transaction(pool, account, only) as connection:
            row = await _demand(connection, account, only, unit_id)
        return json_answer({"data": shown_row(row)}, headers=etag(row["version"]))

    _add_member_lists(router, pool)
    return router


def _add_member_lists(router: APIRouter, pool: Pool) -> None:
    @router.get("/{unit_id}/users", response_model=Many[PersonShown])
    async def list_unit_users(
        account: Account, only: Units, unit_id: Uuid, at: At = None, limit: Limit = 100, cursor: Cursor = None
    ) -> Response:
        """Persons in the unit at an instant, each once: directly, or through which teams."""
        async with account_transaction(pool, account, only) as connection:
            await _demand(connection, account, only, unit_id)
            moment = at or await connection.fetchval("SELECT now()")
            rows = await unit_lists.list_unit_users(
                connection, account, unit_id, moment, after_one(cursor), limit + 1
            )
        return page(rows, limit, lambda row: [row["user_id"]])

    @router.get("/{unit_id}/members", response_model=Many[MemberShown])
    async def list_unit_members(
        account: Account,
        only: Units,
        unit_id: Uuid,
        kind: MemberKind | None = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Response:
        """All that was ever assigned to the unit, from when until when."""
        key = after(cursor, 3)
        async with account_transaction(pool, account, only) as connection:
            await _demand(connection, account, only, unit_id)
            rows = await unit_lists.list_unit_members(
                connection,
                account,
                unit_id,
                kind,
                None if key is None else (key[0], key[1], str(as_uuid(key[2]))),
                limit + 1,
            )
        return page(rows, limit, lambda row: [row["member_kind"], row["member"], row["assignment_id"]])


async def _demand(connection: Connection, account: str, only: frozenset[str] | None, unit_id: str) -> listing.Row:
    """The unit. Raises Problem for one that the caller may not see, as for one that does not exist."""
    hidden = only is not None and unit_id not in only
    row = None if hidden else await listing.find_unit(connection, account, unit_id)
    if row is None:
        raise problem_of(no_unit(unit_id))
    return row


def _key_after(cursor: str | None, sort: Literal["name", "users", "numbers"]) -> tuple[str | int, str] | None:
    key = after(cursor, 2)
    if key is None:
        return None
    if sort == "name":
        return key[0], str(as_uuid(key[1]))
    if not key[0].isascii() or not key[0].isdigit() or len(key[0]) > 18:
        raise Problem(422, "bad_cursor", "The cursor is not one that this list, sorted so, gave.")
    return int(key[0]), str(as_uuid(key[1]))


def _answer(unit: UnitRecorded | Refusal, *, created: bool = False) -> Response:
    if isinstance(unit, Refusal):
        raise problem_of(unit)
    headers = etag(unit.version)
    if created:
        headers["Location"] = f"/api/v1/billing-units/{unit.unit_id}"
    return json_answer({"data": unit}, status=201 if created else 200, headers=headers)
