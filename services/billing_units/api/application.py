"""The application: every path but the probes asks for the key and for the account it is about."""

from typing import Annotated

from fastapi import APIRouter, FastAPI
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.database import Pool
from chassis.probes import Probes
from chassis.web import Account, json_answer, service_api
from contracts.events.directory import AssignmentRecorded, MemberKind, UnitRecorded
from contracts.events.fields import EARLIEST, LATEST, Identifier, Name, Uuid
from services.billing_units.api.listing import assignment_lists, charge_lists, directory_lists
from services.billing_units.api.problems import problem_of
from services.billing_units.handlers.commands import Commands, Refusal, Wanted

PREFIX = "/api/v1"
Moment = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]


class UnitWanted(BaseModel):
    """The body of a new unit."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: Name


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


def application(commands: Commands, pool: Pool, key: str, probes: Probes) -> FastAPI:
    """Commands and lists of billing units."""
    lists = (directory_lists(pool), assignment_lists(pool), charge_lists(pool))
    return service_api("billing_units", key, probes, _commands(commands), *lists)


def _commands(commands: Commands) -> APIRouter:
    router = APIRouter(prefix=PREFIX)

    @router.post("/billing-units", status_code=201)
    async def create_unit(account: Account, body: UnitWanted) -> Response:
        unit = await commands.create_unit(account, body.name)
        return _created(unit, "billing-units", unit.unit_id if isinstance(unit, UnitRecorded) else "")

    @router.post("/assignments", status_code=201)
    async def assign(account: Account, body: AssignmentWanted) -> Response:
        made = await commands.assign(account, Wanted(**body.model_dump()))
        return _created(made, "assignments", made.assignment_id if isinstance(made, AssignmentRecorded) else "")

    @router.post("/assignments/{assignment_id}/release")
    async def release(account: Account, assignment_id: Uuid, body: ReleaseWanted | None = None) -> Response:
        released = await commands.release(account, assignment_id, body.until_at if body else None)
        if isinstance(released, Refusal):
            raise problem_of(released)
        return json_answer({"data": released})

    return router


def _created(made: UnitRecorded | AssignmentRecorded | Refusal, path: str, made_id: str) -> Response:
    if isinstance(made, Refusal):
        raise problem_of(made)
    return json_answer({"data": made}, status=201, headers={"Location": f"{PREFIX}/{path}/{made_id}"})
