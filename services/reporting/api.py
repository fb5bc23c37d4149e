"""HTTP in: what units cost, and reports of it."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, WithJsonSchema

from chassis.answers import LOCATION, Figure, Many, One
from chassis.asked import OnDay
from chassis.clock import Clock, Random
from chassis.database import Pool, account_transaction
from chassis.describing import PROBLEM_JSON, problem
from chassis.guard import Guard
from chassis.probes import Probes
from chassis.web import Account, Problem, Units, json_answer, service_api
from contracts.events.charge import UNASSIGNED
from contracts.events.fields import Uuid
from contracts.events.report import UnitReport
from contracts.events.unit_cost import UnitCost
from contracts.values.ids import time_ordered_id
from services.reporting.domain.access import POLICIES
from services.reporting.domain.rollup import Quantities
from services.reporting.domain.summary import CostRow, MixedCurrencies, SummaryLine
from services.reporting.handlers.reports import NotAPeriod, UnknownAccount, make_unit_report, sum_up_period
from services.reporting.store.costs import list_daily_costs, list_unit_costs
from services.reporting.store.reports import find_report
from services.reporting.store.units import find_unit_lane

MAX_COSTS = 1000
MAX_UNITS = 100
MAX_DAYS = 400
MAX_UNIT_DAYS = 4000
"""Rows by day are units times days: one unit for a year and more, or a hundred units for a month."""

UnitKey = Annotated[
    str,
    WithJsonSchema({"anyOf": [{"type": "string", "format": "uuid"}, {"type": "string", "const": UNASSIGNED}]}),
]
Group = Literal["unit", "day", "category"]
DailyGroup = Literal["unit", "day", "category", "day_category"]


From = Annotated[OnDay, Query(alias="use_on[gte]")]
Until = Annotated[OnDay, Query(alias="use_on[lt]")]
UnitKeys = Annotated[
    list[UnitKey], Query(alias="unit_id", min_length=1, max_length=MAX_UNITS, description="Once for each unit.")
]


class ReportAsked(BaseModel):
    """The body of a request for a unit report. period: the first day of the booked period."""

    model_config = ConfigDict(extra="forbid")
    period: OnDay


class Figures(BaseModel):
    """What so many calls cost."""

    calls: int
    duration_ms: int
    billed_s: int
    amount: Figure


class CostLine(Figures):
    """A unit's costs, null: *Unassigned*. share: of the total. use_on, category: where they were asked for."""

    unit_id: Uuid | None
    share: Figure
    use_on: date | None = None
    category: str | None = None


class DailyShown(Figures):
    """A unit's costs, null: *Unassigned*. use_on, category: where they were asked for."""

    unit_id: Uuid | None
    currency: str
    use_on: date | None = None
    category: str | None = None


class CostsShown(Many[CostLine]):
    """What each unit cost in a booked period; the lines sum to the total exactly."""

    period: date
    currency: str
    total: Figures


def api(pool: Pool, guard: Guard, probes: Probes, *, clock: Clock, random: Random) -> FastAPI:
    """The application of this service."""
    routers = (_unit_costs(pool, clock), _daily_costs(pool), _unit_reports(pool, clock, random))
    app = service_api("reporting", guard, POLICIES, probes, *routers)
    _answer_refusals(app)
    return app


def _unit_costs(pool: Pool, clock: Clock) -> APIRouter:
    router = APIRouter(prefix="/api/v1/unit-costs")

    @router.get("", response_model=CostsShown, responses={404: problem(404), 409: problem(409)})
    async def summarise(
        account: Account, only: Units, period: Annotated[OnDay | None, Query()] = None, group: Group = "unit"
    ) -> Response:
        async with account_transaction(pool, account, only) as connection:
            found = await sum_up_period(connection, account, period, now=clock(), group=group, only=only)
        summary = found.summary
        return json_answer(
            {
                "period": found.booked_period,
                "currency": summary.currency,
                "data": [_line(line, group) for line in summary.lines],
                "total": _figures(summary.total),
                "next_cursor": None,
            }
        )

    @router.get("/{unit}", response_model=Many[UnitCost])
    async def list_costs(
        account: Account,
        only: Units,
        unit: UnitKey,
        after_seq: Annotated[int, Query(ge=0, lt=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_COSTS)] = 100,
    ) -> Response:
        unit_key = _unit_key(unit)
        async with account_transaction(pool, account, only) as connection:
            hidden = only is not None and unit_key not in only
            if hidden or await find_unit_lane(connection, account, unit_key) is None:
                raise Problem(404, "not_found", "This account has no such billing unit.")
            # One more than asked tells whether there is more.
            costs = await list_unit_costs(connection, account, unit_key, after_seq=after_seq, limit=limit + 1)
        more = len(costs) > limit
        return json_answer({"data": costs[:limit], "next_cursor": str(costs[limit - 1].seq) if more else None})

    return router


def _daily_costs(pool: Pool) -> APIRouter:
    router = APIRouter(prefix="/api/v1/daily-unit-costs")

    @router.get("", response_model=Many[DailyShown])
    async def list_daily(
        account: Account, only: Units, units: UnitKeys, from_on: From, until_on: Until, group: DailyGroup = "day"
    ) -> Response:
        """By day of use, whatever period it is booked in; what cost nothing has no row, nor has an unknown unit."""
        keys = {_unit_key(unit) for unit in units}
        _refuse_span(len(keys), from_on, until_on, by_day=group in ("day", "day_category"))
        async with account_transaction(pool, account, only) as connection:
            asked = keys if only is None else keys & only
            rows = await list_daily_costs(connection, account, asked, (from_on, until_on), group=group)
        return json_answer({"data": [_daily(row, group) for row in rows], "next_cursor": None})

    return router


def _refuse_span(units: int, from_on: date, until_on: date, *, by_day: bool) -> None:
    days = (until_on - from_on).days
    if not 1 <= days <= MAX_DAYS:
        says = f"use_on[lt] is 1 to {MAX_DAYS} days after use_on[gte], not {days}."
        raise Problem(422, "bad_span", says)
    if by_day and units * days > MAX_UNIT_DAYS:
        says = f"{units} units on {days} days are more than {MAX_UNIT_DAYS} rows by day; ask for fewer of either."
        raise Problem(422, "bad_span", says)


def _unit_reports(pool: Pool, clock: Clock, random: Random) -> APIRouter:
    router = APIRouter(prefix="/api/v1/unit-reports")

    @router.post(
        "",
        status_code=201,
        response_model=One[UnitReport],
        responses={201: {"headers": LOCATION}, 404: problem(404)},
    )
    async def make_report(account: Account, asked: ReportAsked) -> Response:
        now = clock()
        report_id = time_ordered_id(now, random)
        async with account_transaction(pool, account) as connection:
            report = await make_unit_report(connection, account, asked.period, report_id=report_id, now=now)
        location = {"Location": f"/api/v1/unit-reports/{report_id}"}
        return json_answer({"data": report}, status=201, headers=location)

    @router.get("/{report_id}", response_model=One[UnitReport])
    async def get_report(account: Account, report_id: UUID) -> Response:
        async with account_transaction(pool, account) as connection:
            report = await find_report(connection, account, report_id)
        if report is None:
            raise Problem(404, "not_found", "This account has no such report.")
        return json_answer({"data": report})

    return router


def _answer_refusals(app: FastAPI) -> None:
    """What the handlers may refuse, each as a problem with a status and a code of its own."""
    refusals: dict[type[Exception], tuple[int, str]] = {
        UnknownAccount: (404, "not_found"),
        NotAPeriod: (422, "not_a_period"),
        MixedCurrencies: (409, "mixed_currencies"),
    }
    for kind, (status, code) in refusals.items():
        app.add_exception_handler(kind, partial(_refused, status, code))


async def _refused(status: int, code: str, request: Request, error: Exception) -> Response:
    return json_answer(Problem(status, code, str(error)).body, status=status, media_type=PROBLEM_JSON)


def _unit_key(unit: str) -> str:
    """The key of a unit named in a path: `unassigned`, or its id in any spelling of a UUID."""
    if unit == UNASSIGNED:
        return UNASSIGNED
    try:
        return str(UUID(unit))
    except ValueError:
        title = f"A unit is named by its id or as `{UNASSIGNED}`."
        raise Problem(422, "invalid", title) from None


def _line(line: SummaryLine, group: Group) -> dict[str, object]:
    by = (
        {}
        if group == "unit"
        else {"use_on": line.row.use_on}
        if group == "day"
        else {"category": line.row.category}
    )
    return {"unit_id": line.row.unit_id, **by, **_figures(line.row.quantities), "share": line.share}


def _daily(row: CostRow, group: DailyGroup) -> dict[str, object]:
    day = {"use_on": row.use_on} if "day" in group else {}
    category = {"category": row.category} if "category" in group else {}
    return {"unit_id": row.unit_id, **day, **category, "currency": row.currency, **_figures(row.quantities)}


def _figures(found: Quantities) -> dict[str, int | Decimal]:
    return {
        "calls": found.calls,
        "duration_ms": found.duration_ms,
        "billed_s": found.billed_s,
        "amount": found.amount,
    }
