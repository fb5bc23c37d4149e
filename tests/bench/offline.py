"""The pure core alone: how many calls one core prices a second, certificates included, on the benchmark's plan."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from time import process_time

from rich.console import Console

from contracts.events.call import CallDetailRecord
from services.usage_rating.domain.plan import Rate, RatePlan
from services.usage_rating.domain.prices import Band, Price, TimedPrice
from services.usage_rating.domain.rating import Rated, rate_chargeable
from services.usage_rating.domain.windows import Span, Window
from services.usage_rating.handlers.certificates import certificate_of
from services.usage_rating.handlers.pricing import KeptPlan
from tests.support.builders import a_call, an_instant

CALLS = 50_000
RUNS = 5
LONGEST_S = 600
FROM = an_instant("2026-06-01T00:00:00Z")
MONTH_S = 30 * 86_400
WORKDAYS = frozenset({"mon", "tue", "wed", "thu", "fri"})
PEAK = Window(name="peak", weight=1, spans=(Span(days=WORKDAYS, from_minute=8 * 60, until_minute=19 * 60),))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSpeed:
    """Calls a second of processor time, the median of some runs, and the slowest and fastest."""

    plan: str
    median: int
    slowest: int
    fastest: int


def measure_core(plan: RatePlan) -> list[CoreSpeed]:
    """The plan as it is, with three bands in every price, and with those at peak times only."""
    calls = _calls(plan)
    return [
        _speed("one price a minute", plan, calls),
        _speed("three bands", replace(plan, rates=_priced(plan, _banded)), calls),
        _speed(
            "three bands at peak times",
            replace(plan, time_zone="Europe/Berlin", rates=_priced(plan, _timed)),
            calls,
        ),
    ]


def show_core(speeds: Sequence[CoreSpeed], console: Console) -> None:
    """A line for each."""
    for speed in speeds:
        console.print(
            f"core, {speed.plan}: {speed.median:,} calls/s of one core with certificate "
            f"({speed.slowest:,} to {speed.fastest:,})"
        )


def _speed(name: str, plan: RatePlan, calls: Sequence[CallDetailRecord]) -> CoreSpeed:
    kept = KeptPlan(plan, {})
    speeds = sorted(_run(kept, calls) for _ in range(RUNS))
    return CoreSpeed(plan=name, median=speeds[RUNS // 2], slowest=speeds[0], fastest=speeds[-1])


def _run(kept: KeptPlan, calls: Sequence[CallDetailRecord]) -> int:
    began = process_time()
    for call in calls:
        rated = rate_chargeable(kept.plan, call)
        assert isinstance(rated, Rated), "every call of the benchmark has a price"
        certificate_of(kept, rated)
    return round(len(calls) / (process_time() - began))


def _calls(plan: RatePlan) -> list[CallDetailRecord]:
    """Outbound calls to prefixes at random, of up to ten minutes, over a month."""
    rng = Random(1)
    prefixes = [rate.prefix for rate in plan.rates]
    usual = a_call()
    calls = []
    for _ in range(CALLS):
        at = FROM + timedelta(seconds=rng.randrange(MONTH_S))
        number = f"+{rng.choice(prefixes)}0123456789"[:13]
        ended_at = at + timedelta(seconds=rng.randint(1, LONGEST_S))
        calls.append(replace(usual, other_party=number, started_at=at, answered_at=at, ended_at=ended_at))
    return calls


def _priced(plan: RatePlan, change: Callable[[Price], Price | TimedPrice]) -> tuple[Rate, ...]:
    """The rates with their prices changed, equal prices staying one object."""
    changed: dict[Price, Price | TimedPrice] = {}
    rates = []
    for rate in plan.rates:
        assert isinstance(rate.price, Price), "the benchmark's deck knows one kind of price"
        if rate.price not in changed:
            changed[rate.price] = change(rate.price)
        rates.append(replace(rate, price=changed[rate.price]))
    return tuple(rates)


def _banded(price: Price) -> Price:
    later = (Band(from_s=60, per_minute=price.per_minute / 2), Band(from_s=300, per_minute=price.per_minute / 4))
    return replace(price, later_bands=later)


def _timed(price: Price) -> TimedPrice:
    return TimedPrice(windows=((PEAK, _banded(price)),), otherwise=price)
