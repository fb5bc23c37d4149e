"""Assignments over HTTP: who is in which unit and when; put in, and end."""

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from chassis.database import Pool, account_transaction
from chassis.web import Account, json_answer
from contracts.events.directory import MemberKind
from contracts.events.fields import Identifier, Uuid
from services.billing_units.api.paging import Cursor, Limit, after_uuid, page
from services.billing_units.api.problems import problem_of
from services.billing_units.api.units import Moment
from services.billing_units.handlers import assignments
from services.billing_units.handlers.assignments import Wanted
from services.billing_units.handlers.commands import Commands, Refusal
from services.billing_units.store import listing

PREFIX = "/api/v1/assignments"


class AssignmentWanted(BaseModel):
    """The body of a new assignment; without `from_at` it begins now."""

    model_config = ConfigDict(extra="forbid")
    unit_id: Uuid
    member_kind: MemberKind
    member: Identifier
    from_at: Moment | None = None
    until_at: Moment | None = None


class ReleaseWanted(BaseModel):
    """The body of a release; without `until_at` it is now."""

    model_config = ConfigDict(extra="forbid")
    until_at: Moment | None = None


def assignment_commands(commands: Commands) -> APIRouter:
    """Put into a unit, and end."""
    router = APIRouter(prefix=PREFIX)

    @router.post("", status_code=201)
    async def assign(account: Account, body: AssignmentWanted) -> Response:
        made = await assignments.assign(commands, account, Wanted(**body.model_dump()))
        if isinstance(made, Refusal):
            raise problem_of(made)
        return json_answer({"data": made}, status=201, headers={"Location": f"{PREFIX}/{made.assignment_id}"})

    @router.post("/{assignment_id}/release")
    async def release(account: Account, assignment_id: Uuid, body: ReleaseWanted | None = None) -> Response:
        released = await assignments.release(commands, account, assignment_id, body.until_at if body else None)
        if isinstance(released, Refusal):
            raise problem_of(released)
        return json_answer({"data": released})

    return router


def assignment_lists(pool: Pool) -> APIRouter:
    """Who has been assigned to which unit, and when."""
    router = APIRouter(prefix=PREFIX)

    @router.get("")
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

    return router
