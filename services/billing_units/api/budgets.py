"""Budgets over HTTP: what a unit may spend in each period, how that stands, and how it is expected to end."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, Strict

from chassis.answers import Many, One
from chassis.asked import WHOLE, OnDay
from chassis.clock import Clock
from chassis.database import Pool, account_transaction
from chassis.paging import Cursor, Limit, after, as_uuid, page
from chassis.web import Account, AskedBy, Units, json_answer
from contracts.events.fields import Uuid
from services.billing_units.api.budget_answers import BudgetRow, BudgetShown, PlanShown
from services.billing_units.api.preconditions import IfMatch, etag
from services.billing_units.api.problems import problem_of
from services.billing_units.api.units import VERSIONED
from services.billing_units.domain.budgets import DEFAULT_STAGES, Budget, budget_in, plan_of
from services.billing_units.handlers import budgets as commands_on
from services.billing_units.handlers.budgets import Plan, Wanted
from services.billing_units.handlers.commands import Commands, Refusal, no_unit
from services.billing_units.handlers.standing import Calendar, calendar_of, list_standings
from services.billing_units.store import budgets, listing

LAST_PERIOD = date(2099, 1, 1)
"""Periods end within the years that instants and days may lie in."""

AmountText = Annotated[
    str,
    Field(pattern=r"^[0-9]{1,14}(\.[0-9]{1,6})?$", examples=["500.00"], description="In the account's currency."),
]
PeriodStart = Annotated[OnDay, Field(lt=LAST_PERIOD)]
InPeriod = Annotated[
    PeriodStart | None,
    Query(description="A day of the period; the present one unless said."),
]
FromPeriod = Annotated[
    PeriodStart | None,
    Query(description="A period's first day; the present one's unless said."),
]


class BudgetWanted(BaseModel):
    """The body of a budget: for each period from `from_period` on, else the present one, or for it `only`."""

    model_config = ConfigDict(extra="forbid")
    amount: AmountText
    stages: list[Annotated[int, Strict(), WHOLE]] = list(DEFAULT_STAGES)
    from_period: PeriodStart | None = None
    only: Annotated[bool, Strict()] = False


def budget_commands(commands: Commands) -> APIRouter:
    """Set and end. What was said last of a period holds; the answer shows all that holds then."""
    router = APIRouter(prefix="/api/v1/billing-units/{unit_id}/budget")

    @router.put("", response_model=One[PlanShown], responses=VERSIONED)
    async def put_budget(
        account: Account, caller: AskedBy, unit_id: Uuid, body: BudgetWanted, expected: IfMatch
    ) -> Response:
        wanted = Wanted(
            amount=Decimal(body.amount),
            stages=tuple(body.stages),
            from_period=body.from_period,
            only=body.only,
        )
        return _answer(await commands_on.put_budget(commands.by(caller), account, unit_id, wanted, expected))

    @router.delete("", response_model=One[PlanShown], responses=VERSIONED)
    async def end_budget(
        account: Account, caller: AskedBy, unit_id: Uuid, expected: IfMatch, from_period: FromPeriod = None
    ) -> Response:
        """Periods before keep theirs."""
        return _answer(await commands_on.end_budget(commands.by(caller), account, unit_id, from_period, expected))

    return router


def budget_lists(pool: Pool, clock: Clock) -> APIRouter:
    """One unit's budget, and all of a period, each with how it stands."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/billing-units/{unit_id}/budget", response_model=One[BudgetShown], responses=VERSIONED)
    async def get_budget(account: Account, only: Units, unit_id: Uuid, period: InPeriod = None) -> Response:
        """How the unit stands in a period, with a budget or without; `plan` is all that was said."""
        async with account_transaction(pool, account, only) as connection:
            if await listing.find_unit(connection, account, unit_id) is None:
                raise problem_of(no_unit(unit_id))
            calendar = _known(await calendar_of(connection, account, period, clock()))
            said = await budgets.list_budget_versions(connection, account, unit_id)
            spoken = [version.budget for version in said]
            held = {unit_id: budget_in(spoken, calendar.period.start_on)}
            standing = (await list_standings(connection, calendar, held))[unit_id]
        version = said[-1].saying.version if said else 0
        data = asdict(standing) | {"version": version, "plan": _spans(plan_of(spoken))}
        return json_answer({"data": data}, headers=etag(version))

    @router.get("/budgets", response_model=Many[BudgetRow])
    async def list_budgets(
        account: Account, only: Units, period: InPeriod = None, limit: Limit = 100, cursor: Cursor = None
    ) -> Response:
        """Units that have a budget in a period, by name."""
        key = after(cursor, 2)
        async with account_transaction(pool, account, only) as connection:
            calendar = _known(await calendar_of(connection, account, period, clock()))
            found = await budgets.list_budgets(
                connection,
                account,
                calendar.period.start_on,
                None if key is None else (key[0], str(as_uuid(key[1]))),
                limit + 1,
            )
            held: dict[str, Budget | None] = {unit.unit_id: unit.budget for unit in found}
            standings = await list_standings(connection, calendar, held)
        rows = [
            {"unit_name": unit.name, "name_key": unit.name_key, **asdict(standings[unit.unit_id])} for unit in found
        ]
        return page(rows, limit, lambda row: [row["name_key"], row["unit_id"]], hidden=frozenset({"name_key"}))

    return router


def _known(found: Calendar | Refusal) -> Calendar:
    if isinstance(found, Refusal):
        raise problem_of(found)
    return found


def _spans(plan: Sequence[Budget]) -> list[dict[str, Any]]:
    return [asdict(span) for span in plan]


def _answer(made: Plan | Refusal) -> Response:
    if isinstance(made, Refusal):
        raise problem_of(made)
    data = {"unit_id": made.unit_id, "version": made.version, "plan": _spans(made.spans)}
    return json_answer({"data": data}, headers=etag(made.version))
