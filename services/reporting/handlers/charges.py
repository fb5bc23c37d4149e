"""Records charges: numbers each in its unit's topic, keeps it for ever, adds it up and passes it on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from asyncpg import UniqueViolationError

from chassis.database import Connection
from chassis.intake.batch import Batch
from chassis.intake.events import Event
from chassis.outbox.lanes import Outgoing, record_standing_lanes
from contracts.events.charge import UNASSIGNED, Charge, unit_key
from contracts.events.envelope import to_json
from contracts.events.unit_cost import UNIT_COST_RECORDED
from contracts.topics import unit_costs_topic
from services.reporting.domain.numbering import Numbered, Standing, number_costs
from services.reporting.domain.rollup import roll_up
from services.reporting.store import UnitKey
from services.reporting.store.charge_facts import KnownCharge, insert_charge_facts, list_known_charges
from services.reporting.store.costs import list_period_totals, upsert_day_costs, upsert_period_totals
from services.reporting.store.units import lock_unit_lanes, update_unit_lanes

SOURCE = "ringledger/reporting"


async def record_charges(batch: Batch) -> None:
    """Give every charge of the batch its number, in the order of the log, and its running total, once.

    The same charge may come again under another event id. That is so rare that it is not asked for
    beforehand: the key of charge_fact says so, and only then the repeats are looked for and left out.
    """
    try:
        async with batch.connection.transaction():
            await _record(batch, batch.events)
    except UniqueViolationError:
        await _record(batch, await _new_charges(batch))


async def _record(batch: Batch, events: Sequence[Event[Charge]]) -> None:
    if not events:
        return
    connection = batch.connection
    by_unit = _by_unit(events)
    standings = await _lock_standings(connection, by_unit)
    numbered: dict[UnitKey, Sequence[Numbered[Charge]]] = {}
    after: dict[UnitKey, Standing] = {}
    for unit, of_unit in by_unit.items():
        numbered[unit], after[unit] = number_costs([event.data for event in of_unit], standings[unit])
    facts = [pair for unit in by_unit for pair in zip(by_unit[unit], numbered[unit], strict=True)]
    await insert_charge_facts(connection, facts, batch.recorded_at)
    await update_unit_lanes(connection, {unit: standing.last_seq for unit, standing in after.items()})
    await upsert_period_totals(connection, {unit: standing.totals for unit, standing in after.items()})
    await upsert_day_costs(
        connection, {unit: roll_up([event.data for event in of_unit]) for unit, of_unit in by_unit.items()}
    )
    await _send(batch, numbered)


async def _new_charges(batch: Batch) -> list[Event[Charge]]:
    """The events whose charge is not recorded yet, nor by an event before them in this batch."""
    known = await list_known_charges(batch.connection, [event.data for event in batch.events])
    new = []
    for event in batch.events:
        charge: Charge = event.data
        identity = (charge.account_id, charge.charge_id)
        says = KnownCharge(unit_key=charge.unit_id or UNASSIGNED, currency=charge.currency, amount=charge.amount)
        before = known.setdefault(identity, says)
        if before is says:
            new.append(event)
        elif before == says:
            batch.found_duplicate(event)
        else:
            batch.found_conflict(event, "the same charge with another unit, currency or amount")
    return new


def _by_unit(events: Sequence[Event[Charge]]) -> dict[UnitKey, list[Event[Charge]]]:
    """Events by unit, units in the order in which their rows are locked, events in the order of the log."""
    found: dict[UnitKey, list[Event[Charge]]] = {}
    for event in events:
        found.setdefault((event.data.account_id, event.data.unit_id or UNASSIGNED), []).append(event)
    return dict(sorted(found.items()))


async def _lock_standings(
    connection: Connection, by_unit: Mapping[UnitKey, Sequence[Event[Any]]]
) -> dict[UnitKey, Standing]:
    """Where each unit stands. The totals are read in a statement after the lock, so they are what it guards."""
    last_seqs = await lock_unit_lanes(connection, by_unit.keys())
    periods = {event.data.booked_period for of_unit in by_unit.values() for event in of_unit}
    totals = await list_period_totals(connection, list(by_unit), sorted(periods))
    return {unit: Standing(last_seq=last_seqs[unit], totals=totals[unit]) for unit in by_unit}


async def _send(batch: Batch, numbered: Mapping[UnitKey, Sequence[Numbered[Charge]]]) -> None:
    """One message for each charge to its unit's topic, through the unit's own lane."""
    lanes = []
    for (account_id, key), of_unit in numbered.items():
        outgoing = Outgoing(lane=unit_lane(account_id, key))
        unit_id = of_unit[0].cost.unit_id
        topic, record_key = unit_costs_topic(account_id, unit_id), unit_key(account_id, unit_id).encode()
        for line in of_unit:
            outgoing.send(topic, key=record_key, value=_unit_cost_recorded(line, batch.recorded_at))
        lanes.append(outgoing)
    first_seqs = await record_standing_lanes(batch.connection, lanes, batch.recorded_at)
    for (account_id, key), of_unit in numbered.items():
        # Lane and topic count the same messages; were they to part, a gap could not be told from a loss.
        assert first_seqs[unit_lane(account_id, key)] == of_unit[0].seq, f"lane of {account_id}/{key} is off"


def unit_lane(account_id: str, unit_key: str) -> str:
    """The outbox lane of a unit's topic: one lane for one topic, so that the topic is in the order of seq."""
    return f"unit-costs/{account_id}/{unit_key}"


def _unit_cost_recorded(line: Numbered[Charge], recorded_at: datetime) -> bytes:
    """The message. Written as a plain document because this runs for every charge and a `UnitCost` costs 6 µs;
    a test reads it as one."""
    charge = line.cost
    return to_json(
        {
            "specversion": "1.0",
            "id": charge.charge_id,
            "source": SOURCE,
            "type": UNIT_COST_RECORDED.name,
            "time": recorded_at,
            "datacontenttype": "application/json",
            "data": {
                "account_id": charge.account_id,
                "seq": line.seq,
                "charge_id": charge.charge_id,
                "usage_id": charge.usage_id,
                "kind": charge.kind,
                "category": charge.category,
                "rule": charge.allocation.rule,
                "occurred_at": charge.occurred_at,
                "billed_at": charge.billed_at,
                "use_on": charge.use_on,
                "booked_period": charge.booked_period,
                "currency": charge.currency,
                "amount": charge.amount,
                "running_total": line.running_total,
                "calls": charge.calls,
                "duration_ms": charge.duration_ms,
                "billed_s": charge.billed_s,
                "unit_id": charge.unit_id,
                "reverses": charge.reverses,
                "own_number": charge.own_number,
                "user_id": charge.user_id,
                "prefix": charge.prefix,
                "country": charge.country,
            },
        }
    )
