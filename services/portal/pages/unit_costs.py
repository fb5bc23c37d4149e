"""The part of a unit's page that shows what it cost in a period: totals, a chart by day, the same as a table."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from contracts.values.calendar import Period, local_day, period_of
from services.portal.clients import Services
from services.portal.clients.units import AccountTerms
from services.portal.domain.chart import Chart, day_chart
from services.portal.domain.unit_costs import Costs, days_of, period_name
from services.portal.pages.choosing import costs_for
from services.portal.pages.guarded import Visit

EARLIEST_YEAR = 2000
"""Nothing is charged before (contracts.events.fields)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsShown:
    """A period's costs, None while reporting is away. earlier, later: the periods beside it, by first day."""

    name: str
    costs: Costs | None
    chart: Chart | None
    earlier: date
    later: date | None


async def period_costs(
    visit: Visit, services: Services, unit_id: str, terms: AccountTerms, now: datetime
) -> CostsShown:
    """What a unit cost in the period that the address names by a day of it, else in the present one."""
    today = local_day(now, terms.zone)
    period = _period(visit.query("month"), today, terms.anchor_day)
    costs = await costs_for(visit, services).by_day(unit_id, (period.start_on, period.end_on))
    return CostsShown(
        name=period_name(period),
        costs=costs,
        chart=None if costs is None else chart_of(costs),
        earlier=period_of(period.start_on - timedelta(days=1), anchor_day=terms.anchor_day).start_on,
        later=period.end_on if period.end_on <= today else None,
    )


def chart_of(costs: Costs) -> Chart:
    """The chart of a span's costs, its categories in the order of their sums."""
    amounts = {key: cell.amount for key, cell in costs.cells.items()}
    return day_chart(days_of(costs.days), list(costs.categories), amounts)


def _period(text: str, today: date, anchor_day: int) -> Period:
    """The period of the day that the address names; the present one for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today
    if not EARLIEST_YEAR <= day.year <= today.year or day > today:
        day = today
    return period_of(day, anchor_day=anchor_day)
