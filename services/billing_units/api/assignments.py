"""Assignments over HTTP: who is in which unit and when; put in, one or many, and end."""

import csv
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.answers import LOCATION, Many, One
from chassis.asked import WHOLE, Moment
from chassis.database import Pool, account_transaction
from chassis.describing import problem
from chassis.paging import Cursor, Limit, after_uuid, page, shown_row
from chassis.web import Account, AskedBy, Problem, json_answer
from contracts.events.directory import AssignmentRecorded, MemberKind, Weight
from contracts.events.fields import Identifier, Uuid
from services.billing_units.api.answers import AssignmentShown, AssignmentVersionShown, RowsAssigned
from services.billing_units.api.problems import problem_of
from services.billing_units.api.units import At
from services.billing_units.handlers import assignments
from services.billing_units.handlers.assignments import ROWS_MAX, Assigned, Member, Wanted
from services.billing_units.handlers.commands import Commands, Refusal
from services.billing_units.handlers.number_lists import number_of, read_csv, read_pasted
from services.billing_units.store import explanations, listing

PREFIX = "/api/v1"
BODY_BYTES_MAX = 1_000_000
Value = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x08\x7f]+$")]
Country = Annotated[str | None, Query(pattern=r"^[A-Z]{2}$", description="Of numbers without + or 00.")]
ROWS: dict[str, Any] = {
    "status_code": 201,
    "response_model": One[RowsAssigned],
    "responses": {200: {"model": One[RowsAssigned], "description": "What a dry run found."}},
}
DryRun = Annotated[bool, Query(description="Only report what would happen.")]


class AssignmentWanted(BaseModel):
    """The body of a new assignment; without `from_at` it begins now."""

    model_config = ConfigDict(extra="forbid", strict=True)
    unit_id: Uuid
    member_kind: MemberKind
    member: Identifier
    from_at: Moment | None = None
    until_at: Moment | None = None
    weight: Annotated[Weight, WHOLE] = 1
    primary: bool = False


class MembersWanted(BaseModel):
    """The body of many assignments to one unit, all or none; without `from_at` they begin now."""

    model_config = ConfigDict(extra="forbid", strict=True)
    users: list[Identifier] = Field(default=[], max_length=ROWS_MAX)
    teams: list[Identifier] = Field(default=[], max_length=ROWS_MAX)
    numbers: list[Value] = Field(default=[], max_length=ROWS_MAX)
    from_at: Moment | None = None
    until_at: Moment | None = None
    weight: Annotated[Weight, WHOLE] = 1
    primary: bool = False

    def members(self) -> list[Member]:
        """Users, then teams, then numbers, in the order given."""
        named: list[tuple[MemberKind, list[str]]] = [("user", self.users), ("team", self.teams)]
        return [
            *(Member(kind=kind, value=value, member=value) for kind, values in named for value in values),
            *_numbers(self.numbers, None),
        ]


class WeightWanted(BaseModel):
    """The body of what an assignment counts for when a use is shared; what is not said stays."""

    model_config = ConfigDict(extra="forbid", strict=True)
    weight: Annotated[Weight, WHOLE] | None = None
    primary: bool | None = None


class ReleaseWanted(BaseModel):
    """The body of a release; without `until_at` it is now."""

    model_config = ConfigDict(extra="forbid", strict=True)
    until_at: Moment | None = None


def assignment_commands(commands: Commands) -> APIRouter:
    """Put into a unit, and end."""
    router = APIRouter(prefix=PREFIX)

    @router.post(
        "/assignments",
        status_code=201,
        response_model=One[AssignmentRecorded],
        responses={201: {"headers": LOCATION}, 404: problem(404)},
    )
    async def assign(caller: AskedBy, account: Account, body: AssignmentWanted) -> Response:
        member = Member(kind=body.member_kind, value=body.member, member=body.member)
        said = body.model_dump(include={"unit_id", "from_at", "until_at", "weight", "primary"})
        wanted = Wanted(members=[member], **said)
        [made] = _assigned(await assignments.assign(commands.by(caller), account, wanted)).assignments
        location = f"{PREFIX}/assignments/{made.assignment_id}"
        return json_answer({"data": made}, status=201, headers={"Location": location})

    @router.patch("/assignments/{assignment_id}", response_model=One[AssignmentRecorded])
    async def weigh(caller: AskedBy, account: Account, assignment_id: Uuid, body: WeightWanted) -> Response:
        weighed = await assignments.weigh(
            commands.by(caller), account, assignment_id, weight=body.weight, primary=body.primary
        )
        if isinstance(weighed, Refusal):
            raise problem_of(weighed)
        return json_answer({"data": weighed})

    @router.post("/assignments/{assignment_id}/release", response_model=One[AssignmentRecorded])
    async def release(
        caller: AskedBy, account: Account, assignment_id: Uuid, body: ReleaseWanted | None = None
    ) -> Response:
        until_at = body.until_at if body else None
        released = await assignments.release(commands.by(caller), account, assignment_id, until_at)
        if isinstance(released, Refusal):
            raise problem_of(released)
        return json_answer({"data": released})

    _add_member_lists(router, commands)
    return router


def _add_member_lists(router: APIRouter, commands: Commands) -> None:
    @router.post("/billing-units/{unit_id}/members", **ROWS)
    async def assign_members(
        caller: AskedBy, account: Account, unit_id: Uuid, body: MembersWanted, dry_run: DryRun = False
    ) -> Response:
        """Users, teams and numbers at once, all or none, with a report of every row."""
        said = body.model_dump(include={"from_at", "until_at", "weight", "primary"})
        wanted = Wanted(unit_id=unit_id, members=body.members(), dry_run=dry_run, **said)
        return await _assign_rows(commands.by(caller), account, wanted)

    @router.post(
        "/billing-units/{unit_id}/numbers",
        **ROWS,
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {kind: {"schema": {"type": "string"}} for kind in ("text/plain", "text/csv")},
            }
        },
    )
    async def assign_number_list(
        caller: AskedBy,
        account: Account,
        unit_id: Uuid,
        request: Request,
        from_at: At = None,
        until_at: At = None,
        country: Country = None,
        dry_run: DryRun = False,
    ) -> Response:
        """A pasted list (text/plain) or a CSV (text/csv) of numbers, all or none, with a report of every row."""
        values = await _listed_values(request)
        wanted = Wanted(
            unit_id=unit_id,
            members=_numbers(values, country),
            from_at=from_at,
            until_at=until_at,
            dry_run=dry_run,
        )
        return await _assign_rows(commands.by(caller), account, wanted)


async def _listed_values(request: Request) -> list[str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("text/plain", "text/csv"):
        raise Problem(415, "unsupported_media_type", "Send a list as text/plain or a table as text/csv.")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_BYTES_MAX:
            raise Problem(413, "too_large", f"A list may have {BODY_BYTES_MAX} bytes; send several.")
    try:
        text = body.decode("utf-8")
        values = read_csv(text) if kind == "text/csv" else read_pasted(text)
    except (ValueError, csv.Error) as error:
        raise Problem(422, "unreadable", f"The list cannot be read as UTF-8 text: {error}") from error
    if len(values) > ROWS_MAX:
        raise Problem(422, "too_many_rows", f"A list may have {ROWS_MAX} rows and this one has {len(values)}.")
    return values


def _numbers(values: Sequence[str], country: str | None) -> list[Member]:
    read = [number_of(value, country) for value in values]
    return [Member(kind="number", value=found.value, member=found.number, says=found.says) for found in read]


async def _assign_rows(commands: Commands, account: str, wanted: Wanted) -> Response:
    if not wanted.members:
        raise Problem(422, "nothing_named", "Name at least one user, team or number.")
    if len(wanted.members) > ROWS_MAX:
        raise Problem(422, "too_many_rows", f"One command assigns at most {ROWS_MAX} members.")
    made = _assigned(await assignments.assign(commands, account, wanted))
    data = {
        "unit_id": wanted.unit_id,
        "dry_run": wanted.dry_run,
        "assigned": len(made.assignments),
        "rows": made.rows,
    }
    return json_answer({"data": data}, status=200 if wanted.dry_run else 201)


def _assigned(made: Assigned | Refusal) -> Assigned:
    if isinstance(made, Refusal):
        raise problem_of(made)
    return made


def assignment_lists(pool: Pool) -> APIRouter:
    """Who has been assigned to which unit, and when."""
    router = APIRouter(prefix=f"{PREFIX}/assignments")

    @router.get("", response_model=Many[AssignmentShown])
    async def list_assignments(
        account: Account,
        limit: Limit = 100,
        cursor: Cursor = None,
        unit_id: Uuid | None = None,
        member: Identifier | None = None,
    ) -> Response:
        async with account_transaction(pool, account) as connection:
            rows = await listing.list_assignments(
                connection, account, after_uuid(cursor), limit + 1, unit_id=unit_id, member=member
            )
        return page(rows, limit, lambda row: [row["assignment_id"]])

    @router.get("/{assignment_id}/versions", response_model=Many[AssignmentVersionShown])
    async def list_versions(account: Account, assignment_id: Uuid) -> Response:
        """Everything that was said of the assignment, in order, and by whom."""
        async with account_transaction(pool, account) as connection:
            rows = await explanations.list_assignment_versions(connection, account, assignment_id)
        if not rows:
            raise Problem(404, "not_found", "This account has no such assignment.")
        return json_answer({"data": [shown_row(row) for row in rows], "next_cursor": None})

    return router
