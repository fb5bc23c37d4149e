"""The threshold of Unassigned: how the present period's share stands beside it, and the form that says another."""

from dataclasses import dataclass
from decimal import Decimal

from fastapi.responses import Response

from services.portal.clients.asking import Refused, Row
from services.portal.clients.units import BillingUnits
from services.portal.domain.budget_form import ThresholdForm, Unreadable
from services.portal.domain.tabs import UNASSIGNED, UNITS_TAB
from services.portal.pages.choosing import units_for
from services.portal.pages.guarded import GuardedPages, Visit
from services.portal.pages.rendering import field, redirect
from services.portal.pages.unit_page import version_of

THRESHOLD = f"{UNASSIGNED}/threshold"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdShown:
    """What the section shows. form: what its fields hold; problem: why what was typed cannot be."""

    standing: Row
    form: ThresholdForm
    problem: str | None


async def threshold_of(
    asked: BillingUnits, *, form: ThresholdForm | None = None, problem: str | None = None
) -> ThresholdShown | None:
    """The threshold, and the share in the present period; None while the account is not known. form: as typed."""
    standing = await asked.unassigned_alert()
    if standing is None:
        return None
    stands = ThresholdForm(
        percent=_plain(standing["threshold_percent"]), minimum=_plain(standing["minimum_amount"])
    )
    return ThresholdShown(standing=standing, form=form or stands, problem=problem)


class ThresholdPages:
    """The form is on the inbox's page; refused it is shown again on one of its own."""

    def __init__(self, pages: GuardedPages) -> None:
        self._services = pages.services
        pages.add("GET", THRESHOLD, self.back)
        pages.add("POST", THRESHOLD, self.change)

    async def back(self, visit: Visit) -> Response:
        """The form has no address of its own."""
        return redirect(UNASSIGNED)

    async def change(self, visit: Visit) -> Response:
        """Say another threshold, as it was when the page was read."""
        asked = units_for(visit, self._services)
        form = ThresholdForm(percent=field(visit.fields, "percent"), minimum=field(visit.fields, "minimum"))
        body = form.read()
        said = body if isinstance(body, Unreadable) else await asked.put_unassigned_alert(body, version_of(visit))
        if isinstance(said, Unreadable | Refused):
            shown = await threshold_of(asked, form=form, problem=said.says)
            return visit.show_in(
                UNITS_TAB,
                "threshold_page.html",
                status=422,
                threshold=shown,
                may_edit=True,
                zone=await asked.zone(),
            )
        return redirect(f"{UNASSIGNED}?threshold=said")


def _plain(number: str) -> str:
    return f"{Decimal(number).normalize():f}"
