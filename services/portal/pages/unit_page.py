"""A billing unit's page: its costs, its members now and at other times, its name, and changes being worked off."""

import asyncio

from fastapi.responses import Response

from chassis.clock import Clock
from chassis.web import Problem
from services.portal.clients.asking import Refused, Row
from services.portal.clients.units import BillingUnits, is_live
from services.portal.domain.tabs import ADD_UNIT, UNIT, UNITS_TAB, VIEW_ALL_UNITS
from services.portal.pages.budget import budget_of
from services.portal.pages.choosing import units_for
from services.portal.pages.guarded import GuardedPages, Visit
from services.portal.pages.rendering import field, redirect
from services.portal.pages.unit_costs import period_costs

DONE = {
    "renamed": "The unit has its new name.",
    "assigned": "Assigned. Charges of before, if any, are being put right.",
    "released": "Released. Charges of after that, if any, are being put right.",
    "archived": "The unit is archived. Earlier use still belongs to it.",
    "budget": "The budget is saved.",
    "budget-ended": "The budget is ended.",
}


class UnitPage:
    """One unit."""

    def __init__(self, pages: GuardedPages, clock: Clock) -> None:
        self._services = pages.services
        self._clock = clock
        pages.add("GET", UNIT, self.show)
        pages.add("POST", f"{UNIT}/rename", self.rename)
        pages.add("GET", f"{UNIT}/rename", self.back, policy=ADD_UNIT)

    async def show(self, visit: Visit) -> Response:
        """The unit with its members."""
        return await self._show(visit, await unit_of(visit, units_for(visit, self._services)))

    async def back(self, visit: Visit) -> Response:
        """The form has no address of its own."""
        return redirect(unit_path(visit.named("unit_id")))

    async def rename(self, visit: Visit) -> Response:
        """Give the unit another name, as it was when the page was read."""
        asked = units_for(visit, self._services)
        unit = await unit_of(visit, asked)
        name, version = field(visit.fields, "name").strip(), version_of(visit)
        renamed = await asked.rename(unit["unit_id"], name, version)
        if isinstance(renamed, Refused):
            return await self._show(visit, unit, name=name, problem=renamed.says)
        return redirect(f"{unit_path(unit['unit_id'])}?done=renamed")

    async def _show(
        self, visit: Visit, unit: Row, *, name: str | None = None, problem: str | None = None
    ) -> Response:
        asked = units_for(visit, self._services)
        now, terms = self._clock(), await asked.terms()
        members, persons, running, period = await asyncio.gather(
            asked.members(unit["unit_id"], visit.query("cursor") or None),
            asked.persons(unit["unit_id"]),
            asked.running_reattributions() if visit.may(VIEW_ALL_UNITS) else none_running(),
            period_costs(visit, self._services, unit["unit_id"], terms, now),
        )
        return visit.show_in(
            UNITS_TAB,
            "unit.html",
            status=422 if problem else 200,
            may_edit=visit.may(ADD_UNIT) and unit["archived_at"] is None,
            unit=unit,
            here=unit_path(unit["unit_id"]),
            name=unit["name"] if name is None else name,
            problem=problem,
            done=DONE.get(visit.query("done")),
            now=[row for row in members.rows if is_live(row, now)],
            other=[row for row in members.rows if not is_live(row, now)],
            cursor=members.cursor,
            persons=persons,
            budget=await budget_of(asked, unit["unit_id"]),
            running=running,
            period=period,
            zone=terms.zone,
        )


async def none_running() -> list[Row]:
    """In place of the account's changes, which a visitor who is limited to units may not ask for."""
    return []


def unit_path(unit_id: str) -> str:
    """Where a unit's page is."""
    return UNIT.replace("{unit_id}", unit_id)


def version_of(visit: Visit) -> int:
    """The unit's version that a form was made from. Raises Problem for none."""
    text = field(visit.fields, "version")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Problem(
            422, "invalid", "The form does not say which version of the unit it was made from; reload it."
        )
    return int(text)


async def unit_of(visit: Visit, asked: BillingUnits) -> Row:
    """The unit that the path names. Raises Problem where the account has none such."""
    unit = await asked.unit(visit.named("unit_id"))
    if unit is None:
        raise Problem(404, "not_found", "There is no such billing unit.")
    return unit
