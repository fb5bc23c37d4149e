"""Published arithmetic of other billing systems as data: the cases of calls."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from contracts.values.money import Rounding
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.prices import Band, CapStrategy, CostCap, Price, TimedPrice
from services.usage_rating.domain.windows import Holidays, Span, Window
from tests.support.builders import ANSWERED, a_plan, a_price, a_rate

NUMBER = "+4930123456"

PLAN_E = a_plan(a_rate("49", a_price("0.05", fee="0.15")), rounding=Rounding.UP, scale=2)
PLAN_F = a_plan(a_rate("49", a_price("0.006", initial_s=30, increment_s=6)))
FEE_ONLY = a_plan(a_rate("49", a_price("0", fee="0.10")))
PER_SECOND = a_price("1.98")
"""0.033 per second."""

PLAN_A = a_plan(
    a_rate(
        "49",
        Price(
            per_minute=Decimal("0.20"),
            connection_fee=Decimal("0.40"),
            initial_increment_s=60,
            later_bands=(Band(from_s=60, per_minute=Decimal("0.10")),),
        ),
    ),
    rounding=Rounding.UP,
    scale=4,
)


def _plan_b(strategy: CapStrategy) -> RatePlan:
    cap = CostCap(amount=Decimal("0.62"), strategy=strategy)
    return a_plan(a_rate("49", Price(per_minute=Decimal("0.60"), cost_cap=cap)))


WORKDAYS = frozenset({"mon", "tue", "wed", "thu", "fri"})


def _span(days: Iterable[str], from_hour: int, until_hour: int) -> Span:
    return Span(days=frozenset(days), from_minute=from_hour * 60, until_minute=until_hour * 60)


PEAK = Window(name="peak", weight=10, spans=(_span(WORKDAYS, 8, 19),))
HOLIDAY = Window(name="holiday", weight=20, spans=(_span({"holiday"}, 0, 24),))
PEAK_PRICE = a_price("1.2", fee="0.20", initial_s=60)
OFF_PEAK_PRICE = a_price("0.6", fee="0.10")
PLAN_C = a_plan(
    a_rate(
        "49",
        TimedPrice(windows=((PEAK, PEAK_PRICE), (HOLIDAY, OFF_PEAK_PRICE)), otherwise=OFF_PEAK_PRICE),
    ),
    holidays=Holidays(yearly=frozenset({(1, 1)})),
)
DAYTIME = Window(name="daytime", weight=0, spans=(_span(WORKDAYS, 0, 18),))
EVENING = Window(name="evening", weight=0, spans=(_span(WORKDAYS, 18, 24), _span({"sat", "sun"}, 0, 24)))
PLAN_D = a_plan(a_rate("49", TimedPrice(windows=((DAYTIME, a_price("60", fee="1")), (EVENING, a_price("30"))))))


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedCase:
    """A call of `seconds` to `number` under a plan; amount None means suspense for want of a prefix."""

    id: str
    plan: RatePlan
    seconds: int
    amount: str | None
    number: str = NUMBER
    answered: str = ANSWERED


WORKED_CASES = (
    WorkedCase(id="A1", plan=PLAN_A, seconds=120, amount="0.7000"),
    WorkedCase(id="A2", plan=PLAN_A, seconds=130, amount="0.7167"),
    WorkedCase(id="A3", plan=PLAN_A, seconds=85, amount="0.6417"),
    WorkedCase(id="B1/50", plan=_plan_b("free"), seconds=50, amount="0.50"),
    WorkedCase(id="B1/70", plan=_plan_b("free"), seconds=70, amount="0.62"),
    WorkedCase(id="B2", plan=_plan_b("disconnect"), seconds=70, amount="0.70"),
    WorkedCase(id="C1", plan=PLAN_C, seconds=45, amount="1.40", answered="2019-03-11T09:00:00Z"),
    WorkedCase(id="C2", plan=PLAN_C, seconds=45, amount="0.55", answered="2019-03-11T21:00:00Z"),
    WorkedCase(id="C3", plan=PLAN_C, seconds=45, amount="0.55", answered="2020-01-01T09:00:00Z"),
    WorkedCase(id="C4", plan=a_plan(a_rate("44")), seconds=45, amount=None),
    WorkedCase(id="C6/45", plan=FEE_ONLY, seconds=45, amount="0.10"),
    WorkedCase(id="C6/300", plan=FEE_ONLY, seconds=300, amount="0.10"),
    WorkedCase(id="C6/645", plan=FEE_ONLY, seconds=645, amount="0.10"),
    WorkedCase(id="D1", plan=PLAN_D, seconds=3600, amount="2701", answered="2012-02-02T17:30:00Z"),
    WorkedCase(id="E1", plan=PLAN_E, seconds=24, amount="0.17"),
    WorkedCase(id="F1/32", plan=PLAN_F, seconds=32, amount="0.0036"),
    WorkedCase(id="F1/57", plan=PLAN_F, seconds=57, amount="0.0060"),
    WorkedCase(id="F1/75", plan=PLAN_F, seconds=75, amount="0.0078"),
    WorkedCase(
        id="fee as minimum cost",
        plan=a_plan(
            a_rate("49", Price(per_minute=Decimal(12), connection_fee=Decimal("0.01"), fee_as="minimum_cost"))
        ),
        seconds=1,
        amount="0.20",
    ),
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
