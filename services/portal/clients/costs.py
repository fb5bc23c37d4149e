"""What pages ask of reporting: what units cost by day. Reporting may be away, and the pages still stand."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from chassis.logs import get_logger
from contracts.values.calendar import Period
from services.portal.clients import NotReached
from services.portal.clients.asking import NotAnswered, Row, ServiceApi
from services.portal.domain.unit_costs import (
    Costs,
    Days,
    MonthSoFar,
    compared,
    read_costs,
    read_figures,
    same_days_before,
)

LOG = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCosts:
    """Reporting as one caller sees it; every answer is None while it cannot be had."""

    api: ServiceApi

    async def by_day(self, unit_id: str, days: Days) -> Costs | None:
        """A unit's costs by day and category."""
        rows = await self._rows([unit_id], days, "day_category")
        return None if rows is None else read_costs(rows, days)

    async def so_far(
        self, unit_ids: Sequence[str], period: Period, today: date, anchor_day: int
    ) -> Mapping[str, MonthSoFar] | None:
        """What units cost in a period until today, those that cost anything, and how that compares."""
        if not unit_ids:
            return {}
        complete, before = same_days_before(period, today, anchor_day)
        until_now = (period.start_on, today + timedelta(days=1))
        spans = (until_now, complete, before)
        now, done, then = await asyncio.gather(*(self._by_unit(unit_ids, days) for days in spans))
        if now is None or done is None or then is None:
            return None
        return {
            unit_id: MonthSoFar(
                figures=read_figures(row),
                currency=row["currency"],
                percent=compared(_amount(done, unit_id), _amount(then, unit_id)),
            )
            for unit_id, row in now.items()
        }

    async def _by_unit(self, unit_ids: Sequence[str], days: Days) -> Mapping[str, Row] | None:
        if days[0] == days[1]:
            return {}
        rows = await self._rows(unit_ids, days, "unit")
        return None if rows is None else {row["unit_id"]: row for row in rows}

    async def _rows(self, unit_ids: Sequence[str], days: Days, group: str) -> Sequence[Row] | None:
        span = {"use_on[gte]": days[0].isoformat(), "use_on[lt]": days[1].isoformat()}
        try:
            found = await self.api.page("daily-unit-costs", unit_id=unit_ids, group=group, **span)
        except (NotReached, NotAnswered) as error:
            LOG.warning("page_without_costs", error=str(error))
            return None
        return found.rows


def _amount(rows: Mapping[str, Row], unit_id: str) -> Decimal:
    return read_figures(rows[unit_id]).amount if unit_id in rows else Decimal(0)
