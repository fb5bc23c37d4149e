"""Published arithmetic of other billing systems as data: the cases that calls priced by prefix can hold."""

from dataclasses import dataclass

from contracts.values.money import Rounding
from services.usage_rating.domain.plan import RatePlan
from tests.support.builders import a_plan, a_price, a_rate

NUMBER = "+4930123456"

PLAN_E = a_plan(a_rate("49", a_price("0.05", fee="0.15")), rounding=Rounding.UP, scale=2)
PLAN_F = a_plan(a_rate("49", a_price("0.006", initial_s=30, increment_s=6)))
FEE_ONLY = a_plan(a_rate("49", a_price("0", fee="0.10")))
PER_SECOND = a_price("1.98")
"""0.033 per second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedCase:
    """A call of `seconds` to `number` under a plan; amount None means suspense for want of a prefix."""

    id: str
    plan: RatePlan
    seconds: int
    amount: str | None
    number: str = NUMBER


WORKED_CASES = (
    WorkedCase(id="C4", plan=a_plan(a_rate("44")), seconds=45, amount=None),
    WorkedCase(id="C6/45", plan=FEE_ONLY, seconds=45, amount="0.10"),
    WorkedCase(id="C6/300", plan=FEE_ONLY, seconds=300, amount="0.10"),
    WorkedCase(id="C6/645", plan=FEE_ONLY, seconds=645, amount="0.10"),
    WorkedCase(id="E1", plan=PLAN_E, seconds=24, amount="0.17"),
    WorkedCase(id="F1/32", plan=PLAN_F, seconds=32, amount="0.0036"),
    WorkedCase(id="F1/57", plan=PLAN_F, seconds=57, amount="0.0060"),
    WorkedCase(id="F1/75", plan=PLAN_F, seconds=75, amount="0.0078"),
    WorkedCase(
        id="rounding direction/up",
        plan=a_plan(a_rate("49", PER_SECOND), rounding=Rounding.UP, scale=1),
        seconds=10,
        amount="0.4",
    ),
    WorkedCase(
        id="rounding direction/down",
        plan=a_plan(a_rate("49", PER_SECOND), rounding=Rounding.DOWN, scale=1),
        seconds=10,
        amount="0.3",
    ),
)
