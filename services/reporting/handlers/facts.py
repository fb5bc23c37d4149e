"""Adopts accounts and units from billing_units' facts, and begins the counters of their topics."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from chassis.intake.batch import Batch
from contracts.events.charge import UNASSIGNED
from contracts.events.facts import AccountFact, UnitFact
from services.reporting.store.units import insert_unit_lanes, upsert_accounts, upsert_units

Fact = TypeVar("Fact", AccountFact, UnitFact)


async def adopt_facts(batch: Batch) -> None:
    """Keep the newest version of each account and unit; facts of anything else are none of reporting's."""
    said = [event.data for event in batch.events]
    accounts = _newest((fact for fact in said if isinstance(fact, AccountFact)), lambda fact: (fact.account_id,))
    units = _newest(
        (fact for fact in said if isinstance(fact, UnitFact)), lambda fact: (fact.account_id, fact.unit_id)
    )
    lanes = [(fact.account_id, UNASSIGNED) for fact in accounts]
    lanes += [(fact.account_id, fact.unit_id) for fact in units]
    if not lanes:
        return
    await upsert_accounts(batch.connection, accounts)
    await upsert_units(batch.connection, units)
    await insert_unit_lanes(batch.connection, lanes)


def _newest(facts: Iterable[Fact], key_of: Callable[[Fact], tuple[str, ...]]) -> list[Fact]:
    """The highest version of each entity, in the order of their keys."""
    newest: dict[tuple[str, ...], Fact] = {}
    for fact in facts:
        known = newest.setdefault(key_of(fact), fact)
        if fact.version > known.version:
            newest[key_of(fact)] = fact
    return [newest[key] for key in sorted(newest)]
