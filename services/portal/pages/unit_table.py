"""The Billing units tab's table: every unit's users, numbers and costs, searched, sorted, paged by the API."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from fastapi.responses import Response

from chassis.clock import Clock
from contracts.values.calendar import local_day, period_of
from services.portal.clients.asking import Rows
from services.portal.clients.units import BillingUnits
from services.portal.domain.tabs import ADD_UNIT, UNITS_TAB, VIEW_ALL_UNITS
from services.portal.domain.unit_costs import period_name
from services.portal.pages.choosing import costs_for, no_rows, units_for
from services.portal.pages.guarded import GuardedPages, Visit, is_id
from services.portal.pages.unassigned import usual_since

SORTS = {"name": "Name", "users": "Users", "numbers": "Numbers"}
OPENED = ("users", "numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What of the table one looks at. open_unit: whose members are shown; opened: which, `users` or `numbers`."""

    q: str = ""
    sort: str = "name"
    cursor: str = ""
    open_unit: str = ""
    opened: str = ""

    def path(self, **changed: str) -> str:
        """The address that shows the same, but for what is changed."""
        stands = {"q": self.q, "sort": self.sort, "cursor": self.cursor}
        said = {name: value for name, value in (stands | changed).items() if value and (name, value) != _USUAL}
        return f"{UNITS_TAB.path}?{urlencode(said)}" if said else UNITS_TAB.path


_USUAL = ("sort", "name")


class UnitTablePage:
    """The table."""

    def __init__(self, pages: GuardedPages, clock: Clock) -> None:
        self._services = pages.services
        self._clock = clock
        pages.add("GET", UNITS_TAB.path, self.table)

    async def table(self, visit: Visit) -> Response:
        """A page of units; `open` names the unit, and which of its members, that a count opens to."""
        looking = _looking(visit)
        asked = units_for(visit, self._services)
        terms = await asked.terms()
        today = local_day(self._clock(), terms.zone)
        period = period_of(today, anchor_day=terms.anchor_day)
        found, nobodys = await asyncio.gather(
            asked.units(search=looking.q, sort=looking.sort, cursor=looking.cursor or None),
            asked.unassigned((usual_since(today), today + timedelta(days=1)), limit=1)
            if visit.may(VIEW_ALL_UNITS)
            else no_rows(),
        )
        unit_ids = [row["unit_id"] for row in found.rows]
        costs = await costs_for(visit, self._services).so_far(unit_ids, period, today, terms.anchor_day)
        added = visit.query("added")
        return visit.show_in(
            UNITS_TAB,
            "units.html",
            may_add=visit.may(ADD_UNIT),
            looking=looking,
            sorts=SORTS,
            found=found,
            members=await _opened(asked, looking, self._clock()),
            costs=costs,
            period_name=period_name(period),
            nobodys=bool(nobodys.rows),
            added=await asked.unit(added) if is_id(added) else None,
            empty=not (found.rows or looking.q or looking.cursor),
        )


def _looking(visit: Visit) -> Looking:
    open_unit, _, opened = visit.query("open").partition(".")
    sort = visit.query("sort")
    return Looking(
        q=visit.query("q")[:200],
        sort=sort if sort in SORTS else "name",
        cursor=visit.query("cursor"),
        open_unit=open_unit if is_id(open_unit) and opened in OPENED else "",
        opened=opened,
    )


async def _opened(asked: BillingUnits, looking: Looking, at: datetime) -> Rows:
    """The members that are shown, none where no count is open."""
    if not looking.open_unit:
        return Rows(rows=(), cursor=None)
    if looking.opened == "users":
        return await asked.persons(looking.open_unit)
    return await asked.numbers_in(looking.open_unit, at)
