"""A unit's budget as its page shows it: how it stands, how it is expected to end, and the form that sets it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from contracts.values.calendar import Period
from services.portal.clients.asking import Row
from services.portal.clients.units import BillingUnits
from services.portal.domain.budget_form import Bar, BudgetForm, bar_of, periods_from


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetShown:
    """What the section shows. last_on: the period's last day. periods: those a budget may begin with.

    form: what its fields hold; problem: why what was typed cannot be.
    """

    standing: Row
    last_on: date
    bar: Bar | None
    periods: Sequence[Period]
    form: BudgetForm
    problem: str | None


async def budget_of(
    asked: BillingUnits, unit_id: str, *, form: BudgetForm | None = None, problem: str | None = None
) -> BudgetShown | None:
    """The unit's budget in the present period; None while its account is not known. form: as was typed."""
    standing = await asked.budget(unit_id)
    if standing is None:
        return None
    periods = periods_from(date.fromisoformat(standing["booked_period"]))
    return BudgetShown(
        standing=standing,
        last_on=date.fromisoformat(standing["ends_on"]) - timedelta(days=1),
        bar=_bar(standing),
        periods=periods,
        form=form or _form_of(standing, periods[0]),
        problem=problem,
    )


def _bar(standing: Row) -> Bar | None:
    if standing["percent"] is None:
        return None
    expected = standing["forecast_percent"]
    return bar_of(
        Decimal(standing["percent"]),
        None if expected is None else Decimal(expected),
        [stage["percent"] for stage in standing["stages"]],
    )


def _form_of(standing: Row, present: Period) -> BudgetForm:
    """As a form begins: what holds now, from now on."""
    stages = [str(stage["percent"]) for stage in standing["stages"]]
    amount = standing["amount"]
    return BudgetForm(
        amount="" if amount is None else f"{Decimal(amount).normalize():f}",
        stages=", ".join(stages) or "50, 80, 100",
        from_period=present.start_on.isoformat(),
        only=False,
    )
