"""What pages of billing units share: billing_units as the visitor sees it, and rows to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.portal.clients import Services
from services.portal.clients.asking import Rows, ServiceApi
from services.portal.clients.costs import UnitCosts
from services.portal.clients.prices import Prices
from services.portal.clients.units import BillingUnits
from services.portal.domain.unit_draft import Kind, UnitDraft
from services.portal.pages.guarded import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One row of a panel; second: what tells it from others of the same name."""

    id: str
    name: str
    second: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """A panel's rows of one kind. more: whether others match; hidden: what is chosen and not among the rows."""

    kind: Kind
    rows: Sequence[Choice]
    more: bool
    hidden: Sequence[str]


def units_for(visit: Visit, services: Services) -> BillingUnits:
    """billing_units as the visitor sees it."""
    return BillingUnits(api=ServiceApi(service="billing_units", services=services, caller=visit.visitor.caller))


def costs_for(visit: Visit, services: Services) -> UnitCosts:
    """What units cost, as the visitor may see it."""
    return UnitCosts(api=ServiceApi(service="reporting", services=services, caller=visit.visitor.caller))


def prices_for(visit: Visit, services: Services) -> Prices:
    """How uses got their prices, as the visitor may see it."""
    return Prices(api=ServiceApi(service="usage_rating", services=services, caller=visit.visitor.caller))


async def no_rows() -> Rows:
    """In place of a list that the visitor may not ask for."""
    return Rows(rows=(), cursor=None)


def choices(kind: Kind, draft: UnitDraft, found: Rows, *, key: str, name: str, second: str = "") -> Choices:
    """The rows found, each with whether the draft holds it."""
    rows = [
        Choice(
            id=row[key],
            name=row[name] or row[key],
            second=row.get(second) or "",
            chosen=row[key] in draft.of(kind),
        )
        for row in found.rows
    ]
    ids = {row.id for row in rows}
    return Choices(
        kind=kind,
        rows=rows,
        more=found.cursor is not None,
        hidden=[member for member in draft.of(kind) if member not in ids],
    )
