"""Charge facts: every charge for ever, with its number and the place in the input it came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

from chassis.database import Connection
from chassis.intake.events import Event
from contracts.events.charge import UNASSIGNED, Charge
from services.reporting.domain.numbering import Numbered
from services.reporting.store import QUERIES

AS_CHARGED = (
    "account_id",
    "charge_id",
    "booked_period",
    "rated_usage_id",
    "usage_id",
    "rating_revision",
    "allocation_revision",
    "kind",
    "reverses",
    "cause_id",
    "category",
    "direction",
    "channel",
    "occurred_at",
    "billed_at",
    "use_on",
    "currency",
    "amount",
    "calls",
    "duration_ms",
    "billed_s",
    "own_number",
    "user_id",
    "team_id",
    "queue_id",
    "campaign_id",
    "prefix",
    "country",
    "other_party_token",
    "follows",
)
"""Columns named as the charge's own fields."""

AS_ALLOCATED = {
    "allocation_rule": "rule",
    "allocation_matched": "matched",
    "allocation_units": "units",
    "allocation_flags": "flags",
    "directory_revision": "directory_revision",
}
"""Columns from fields of the charge's allocation."""

COLUMNS = (
    *AS_CHARGED,
    *AS_ALLOCATED,
    "unit_key",
    "seq",
    "running_total",
    "linked_call_id",
    "linked_leg_id",
    "input_topic",
    "input_partition",
    "input_offset",
    "recorded_at",
)
_of_charge = attrgetter(*AS_CHARGED)
_of_allocation = attrgetter(*AS_ALLOCATED.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCharge:
    """What a recorded charge says that a repeat of it must say too."""

    unit_key: str
    currency: str
    amount: Decimal


async def list_known_charges(
    connection: Connection, charges: Sequence[Charge]
) -> dict[tuple[str, str], KnownCharge]:
    """Those of the charges that are recorded already, by account and charge id."""
    rows = await connection.fetch(
        QUERIES["list_known_charges"],
        [charge.account_id for charge in charges],
        [charge.charge_id for charge in charges],
        [charge.booked_period for charge in charges],
    )
    return {
        (row["account_id"], str(row["charge_id"])): KnownCharge(
            unit_key=row["unit_key"], currency=row["currency"], amount=row["amount"]
        )
        for row in rows
    }


async def insert_charge_facts(
    connection: Connection,
    facts: Sequence[tuple[Event[Charge], Numbered[Charge]]],
    recorded_at: datetime,
) -> None:
    """COPY charges with their numbers and the place in the input each came from."""
    await connection.copy_records_to_table(
        "charge_fact",
        columns=COLUMNS,
        records=[_fact_row(event, numbered, recorded_at) for event, numbered in facts],
    )


def _fact_row(event: Event[Charge], numbered: Numbered[Charge], recorded_at: datetime) -> tuple[object, ...]:
    charge, record = numbered.cost, event.record
    linked = charge.linked_call
    return (
        *_of_charge(charge),
        *_of_allocation(charge.allocation),
        charge.unit_id or UNASSIGNED,
        numbered.seq,
        numbered.running_total,
        linked.call_id if linked else None,
        linked.leg_id if linked else None,
        record.topic,
        record.partition,
        record.offset,
        recorded_at,
    )
