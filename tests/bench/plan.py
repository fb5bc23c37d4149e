"""The price list of the benchmark: the real deck of 36,000 prefixes where it is given, else one of that size."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from chassis.clock import system_clock, system_random
from chassis.database import open_pool
from cli.plan_files import read_plan_deck
from services.usage_rating.domain.deck import DeckTerms
from services.usage_rating.domain.plan import Rate, RatePlan, inbound_at
from services.usage_rating.domain.prices import Price
from services.usage_rating.domain.problems import Problems
from services.usage_rating.handlers.plans import PlanAccepted, PlansHandler
from tests.bench.centre import ACCOUNT_ID, CURRENCY, OPENED_AT
from tests.support.callers import a_caller

REAL_DATA = "RINGLEDGER_REAL_DATA"
DECK = Path("decks") / "az-36k.csv"
INBOUND = Price(per_minute=Decimal("0.008"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchPlan:
    """A plan and, for the report, where it came from."""

    plan: RatePlan
    described: str


def bench_plan() -> BenchPlan:
    """The deck that RINGLEDGER_REAL_DATA leads to, or a made-up plan. Raises ValueError when the deck is wrong."""
    given = os.environ.get(REAL_DATA)
    if not given:
        plan = _made_up()
        return BenchPlan(plan=plan, described=f"{len(plan.rates):,} made-up prefixes ({REAL_DATA} is not set)")
    terms = DeckTerms(
        plan_id="az-36k", name="A–Z 36k", currency=CURRENCY, effective_from=OPENED_AT, inbound=INBOUND
    )
    read = read_plan_deck(Path(given) / DECK, terms)
    if isinstance(read, Problems):
        raise ValueError(f"{DECK}: {len(read.items)} problems, first: {read.items[0]}")
    return BenchPlan(plan=read, described=f"{len(read.rates):,} prefixes of {DECK.name}")


async def accept(plan: RatePlan, api_dsn: str) -> None:
    """Put the plan in force for the account, as the service's API does."""
    pool = await open_pool(api_dsn, schema="usage_rating", application_name="bench", max_size=1)
    try:
        handler = PlansHandler(pool=pool, schema="usage_rating", clock=system_clock, random=system_random)
        accepted = await handler.accept(plan, a_caller(ACCOUNT_ID))
    finally:
        await pool.close()
    if not isinstance(accepted, PlanAccepted):
        raise ValueError(f"plan not accepted: {accepted}")


def _made_up() -> RatePlan:
    return RatePlan(
        plan_id="made-up-36k",
        version=1,
        name="Made-up 36k",
        currency=CURRENCY,
        effective_from=OPENED_AT,
        rates=tuple(_rates()),
        inbound=inbound_at(INBOUND),
    )


def _rates() -> Iterator[Rate]:
    """80 calling codes with 450 prefixes each, at 90 different prices per minute."""
    prices = [Price(per_minute=Decimal(cents).scaleb(-4), initial_increment_s=6, increment_s=6)
              for cents in range(100, 1000, 10)]  # fmt: skip
    for code in range(20, 100):
        for rest in ("", *map(str, range(10, 59)), *map(str, range(600, 1000))):
            prefix = f"{code}{rest}"
            yield Rate(prefix=prefix, destination=f"Destination {prefix}", price=prices[int(prefix) % len(prices)])
