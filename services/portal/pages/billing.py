"""Administration > Billing: the page's tabs, those not built yet included."""

from functools import partial

from fastapi.responses import Response

from services.portal.domain.tabs import BILLING, TABS, Tab
from services.portal.pages.guarded import ANY_VISITOR, GuardedPages, Visit, refusal
from services.portal.pages.rendering import redirect


def billing_pages(pages: GuardedPages) -> None:
    """The way to the first tab one may open, and every tab that is not built yet."""
    for path in ("/", "/administration", BILLING):
        pages.add("GET", path, first_tab, policy=ANY_VISITOR)
    for tab in TABS:
        if tab.coming is not None:
            pages.add("GET", tab.path, partial(coming, tab))


async def first_tab(visit: Visit) -> Response:
    """Billing units for who may see them, since they are there to be seen; else the first that opens."""
    open_tabs = [tab for tab in TABS if visit.may(tab.policy)]
    if not open_tabs:
        says = refusal(visit.visitor, "None of the page's tabs is open to you.")
        return visit.show("refused.html", status=403, says=says)
    return redirect(next((tab for tab in open_tabs if tab.coming is None), open_tabs[0]).path)


async def coming(tab: Tab, visit: Visit) -> Response:
    """A tab that says plainly that it comes."""
    return visit.show_in(tab, "coming.html")
