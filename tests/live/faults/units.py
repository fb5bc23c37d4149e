"""The unit topics as a subscriber sees them: gapless, running totals right, sums what the oracle says."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import orjson

from contracts.topics import unit_costs_topic
from tests.live.faults.ground import Ground
from tests.live.faults.log import read_topic
from tests.live.faults.oracle import UNASSIGNED, Oracle, UnitKey, shares
from tests.live.faults.verdict import Verdict

PeriodKey = tuple[str, str, str]
"""Account, unit, first day of the booked period."""


@dataclass(slots=True, kw_only=True)
class Subscriber:
    """Reads one unit's topic from its beginning, drops repeats by seq, and adds up."""

    unit: UnitKey
    last_seq: int = 0
    repeats: int = 0
    gaps: int = 0
    wrong_totals: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    """Millionths by booked period."""
    seen_at: dict[str, int] = field(default_factory=dict)
    """Milliseconds since the epoch at which a use's first line was written, by usage id."""

    def take(self, data: dict[str, Any], written_ms: int) -> None:
        """One line, in the order of the topic."""
        if data["seq"] <= self.last_seq:
            self.repeats += 1
            return
        self.gaps += data["seq"] != self.last_seq + 1
        self.last_seq = data["seq"]
        self.totals[data["booked_period"]] += _micros(data["amount"])
        self.wrong_totals += self.totals[data["booked_period"]] != _micros(data["running_total"])
        self.seen_at.setdefault(data["usage_id"], written_ms)


async def read_units(ground: Ground) -> list[Subscriber]:
    """A subscriber for each unit that has costs, all read to the end."""
    rows = await ground.query("SELECT account_id, unit_key FROM reporting.unit_cost_lane WHERE last_seq > 0")
    found = []
    for row in rows:
        subscriber = Subscriber(unit=(row["account_id"], row["unit_key"]))
        unit_id = None if row["unit_key"] == UNASSIGNED else row["unit_key"]
        topic = unit_costs_topic(row["account_id"], unit_id)
        async for record in read_topic(ground.kafka.bootstrap_servers, topic, 1):
            subscriber.take(orjson.loads(record.value)["data"], record.timestamp)
        found.append(subscriber)
        await asyncio.sleep(0)
    return found


async def judge_units(verdict: Verdict, ground: Ground, oracle: Oracle) -> list[Subscriber]:
    """Compare what subscribers of all units got with the totals of the oracle."""
    subscribers = await read_units(ground)
    found: Counter[PeriodKey] = Counter()
    lanes = {
        (row["account_id"], row["unit_key"]): row["last_seq"]
        for row in await ground.query("SELECT account_id, unit_key, last_seq FROM reporting.unit_cost_lane")
    }
    for subscriber in subscribers:
        account, unit = subscriber.unit
        found.update({(account, unit, period): total for period, total in subscriber.totals.items()})
        verdict.checked["lines in unit topics"] += subscriber.last_seq
        verdict.checked["repeated lines in unit topics"] += subscriber.repeats
        if subscriber.gaps:
            verdict.find("lost", f"the topic of unit {unit} of {account} has {subscriber.gaps} gaps")
        if subscriber.wrong_totals:
            verdict.find("wrong", f"{subscriber.wrong_totals} running totals of unit {unit} of {account}")
        if subscriber.last_seq != lanes[subscriber.unit]:
            verdict.find(
                "lost", f"unit {unit} of {account}: {subscriber.last_seq} of {lanes[subscriber.unit]} lines"
            )
    expected = totals_of(oracle)
    for key in expected.keys() | found.keys():
        if expected[key] != found[key]:
            verdict.find("wrong", f"unit {key} sums to {found[key]} millionths, expected {expected[key]}")
    verdict.checked["unit totals as the oracle says"] = len(expected)
    return subscribers


def totals_of(oracle: Oracle) -> Counter[PeriodKey]:
    """What each unit must owe in each period, in millionths."""
    totals: Counter[PeriodKey] = Counter()
    for (account, _), leg in oracle.legs.items():
        if leg.due is not None:
            for unit, share in shares(leg.due).items():
                totals[account, unit, leg.due.period.isoformat()] += share[0]
    return totals


def _micros(amount: str) -> int:
    return int(Decimal(amount).scaleb(6).to_integral_exact())
