"""Setting a unit's budget and ending it, from the form on the unit's page."""

from fastapi.responses import Response

from services.portal.clients.asking import Refused, Row
from services.portal.clients.units import BillingUnits
from services.portal.domain.budget_form import BudgetForm, Unreadable
from services.portal.domain.tabs import UNIT, UNITS_TAB
from services.portal.pages.budget import budget_of
from services.portal.pages.choosing import units_for
from services.portal.pages.guarded import GuardedPages, Visit
from services.portal.pages.rendering import field, redirect
from services.portal.pages.unit_page import unit_of, unit_path, version_of


class BudgetChangePages:
    """The form on a page of its own: where it is looked for, and where it is shown again when it was refused."""

    def __init__(self, pages: GuardedPages) -> None:
        self._services = pages.services
        pages.add("GET", f"{UNIT}/budget", self.show)
        pages.add("POST", f"{UNIT}/budget", self.change)

    async def show(self, visit: Visit) -> Response:
        """The budget as it stands, with its form."""
        asked = units_for(visit, self._services)
        return await self._show(visit, asked, await unit_of(visit, asked))

    async def change(self, visit: Visit) -> Response:
        """Set the budget from a period on, or end it, as it was when the page was read."""
        asked = units_for(visit, self._services)
        unit = await unit_of(visit, asked)
        form = BudgetForm(
            amount=field(visit.fields, "amount"),
            stages=field(visit.fields, "stages"),
            from_period=field(visit.fields, "from_period"),
            only=bool(field(visit.fields, "only")),
        )
        ends = field(visit.fields, "step") == "end"
        changed = await _changed(asked, unit["unit_id"], form, version_of(visit), ends=ends)
        if isinstance(changed, Unreadable | Refused):
            return await self._show(visit, asked, unit, form=form, problem=changed.says)
        return redirect(f"{unit_path(unit['unit_id'])}?done={'budget-ended' if ends else 'budget'}")

    async def _show(
        self,
        visit: Visit,
        asked: BillingUnits,
        unit: Row,
        *,
        form: BudgetForm | None = None,
        problem: str | None = None,
    ) -> Response:
        return visit.show_in(
            UNITS_TAB,
            "budget_page.html",
            status=422 if problem else 200,
            unit=unit,
            here=unit_path(unit["unit_id"]),
            may_edit=unit["archived_at"] is None,
            budget=await budget_of(asked, unit["unit_id"], form=form, problem=problem),
            form_is_open=True,
            zone=await asked.zone(),
        )


async def _changed(
    asked: BillingUnits, unit_id: str, form: BudgetForm, version: int, *, ends: bool
) -> Row | Unreadable | Refused:
    if ends:
        begin = form.begin()
        return begin if isinstance(begin, Unreadable) else await asked.end_budget(unit_id, begin, version)
    body = form.read()
    return body if isinstance(body, Unreadable) else await asked.put_budget(unit_id, body, version)
