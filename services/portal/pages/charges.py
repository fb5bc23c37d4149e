"""Charges of a unit by day, and why each is owed: the rule, the assignments that decided, and who said so."""

from datetime import date

from fastapi.responses import Response

from chassis.clock import Clock
from chassis.web import Problem
from contracts.values.calendar import local_day
from services.portal.domain.tabs import CHARGES, PRICES, UNITS_TAB, VIEW_ALL_UNITS
from services.portal.pages.choosing import prices_for, units_for
from services.portal.pages.guarded import GuardedPages, Visit, is_id
from services.portal.pages.rendering import redirect

UNASSIGNED_UNIT = "unassigned"


class ChargePages:
    """The list, and one charge."""

    def __init__(self, pages: GuardedPages, clock: Clock) -> None:
        self._services = pages.services
        self._clock = clock
        pages.add("GET", CHARGES, self.day)
        pages.add("GET", f"{CHARGES}/{{charge_id}}", self.explain)

    async def day(self, visit: Visit) -> Response:
        """What a unit, or nobody, owes for a use day; `charge` leads to that one charge."""
        if is_id(visit.query("charge").lower()):
            return redirect(f"{CHARGES}/{visit.query('charge').lower()}")
        asked = units_for(visit, self._services)
        zone = await asked.zone()
        if not (is_id(visit.query("unit")) or visit.may(VIEW_ALL_UNITS)):
            raise Problem(404, "not_found", "Say whose charges: open them from one of your billing units.")
        unit_id = visit.query("unit") if is_id(visit.query("unit")) else UNASSIGNED_UNIT
        try:
            on = date.fromisoformat(visit.query("on"))
        except ValueError:
            on = local_day(self._clock(), zone)
        unit = None if unit_id == UNASSIGNED_UNIT else await asked.unit_names([unit_id])
        found = await asked.charges(unit_id, on, visit.query("cursor") or None)
        return visit.show_in(
            UNITS_TAB,
            "charges.html",
            unit_id=unit_id,
            called="Unassigned" if unit is None else unit.get(unit_id, unit_id),
            on=on,
            found=found,
            zone=zone,
        )

    async def explain(self, visit: Visit) -> Response:
        """Why a unit owes one charge."""
        asked = units_for(visit, self._services)
        charge = await asked.explanation(visit.named("charge_id"))
        if charge is None:
            raise Problem(404, "not_found", "There is no such charge.")
        price = None
        if visit.may(PRICES):
            price = await prices_for(visit, self._services).explanation(charge["usage_id"])
        return visit.show_in(UNITS_TAB, "charge.html", charge=charge, price=price, zone=await asked.zone())
