"""Writes charges by COPY with what they add to spend, and keeps the rows where a rating and its reversal meet."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from operator import itemgetter
from typing import Any
from uuid import UUID

from chassis.database import Connection
from contracts.values.money import EXACT
from services.billing_units.domain.ratings import State
from services.billing_units.domain.shares import Quantities, Share
from services.billing_units.store.arrays import text_array
from services.billing_units.store.spending import SpendKey, insert_spend_changes
from services.billing_units.store.views import QUERIES

RatingKey = tuple[str, str, int]
"""Account, usage id, rating revision."""

CHARGE_COLUMNS = (
    "account_id", "charge_id", "use_on", "booked_period", "occurred_at", "billed_at", "recorded_at",
    "rated_usage_id", "usage_id", "cause_id", "reverses", "unit_id", "rating_revision", "allocation_revision",
    "calls", "duration_ms", "billed_s", "amount", "currency", "kind", "category", "direction", "channel",
    "rule", "matched", "units", "split", "weight", "weights", "flags", "directory_revision", "own_number",
    "user_id", "unit_override", "team_id", "queue_id", "campaign_id", "prefix", "country", "other_party_token",
    "linked_call_id", "linked_leg_id", "follows",
)  # fmt: skip
"""In the order of a charge's record."""

ChargeRecord = tuple[object, ...]

_SPEND_KEY = itemgetter(
    *map(CHARGE_COLUMNS.index, ("account_id", "booked_period", "unit_id", "use_on", "currency"))
)
_AMOUNT = itemgetter(CHARGE_COLUMNS.index("amount"))


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRow:
    """Where one rating of a use stands. charge_ids: live now, or those that were taken back."""

    key: RatingKey
    state: State
    rated_usage_id: str | None
    reversal_id: str | None
    use_on: date
    charge_ids: tuple[str, ...]


async def insert_new_allocations(connection: Connection, rows: Collection[RatingRow]) -> set[RatingKey]:
    """Insert ratings in key order; the keys of those that were known already."""
    ordered = sorted(rows, key=lambda row: row.key)
    inserted = await connection.fetch(
        QUERIES["insert_new_allocations"],
        text_array([row.key[0] for row in ordered]),
        text_array([row.key[1] for row in ordered]),
        text_array([str(row.key[2]) for row in ordered]),
        text_array([row.state for row in ordered]),
        text_array([row.rated_usage_id or "NULL" for row in ordered]),
        text_array([row.reversal_id or "NULL" for row in ordered]),
        text_array([row.use_on.isoformat() for row in ordered]),
        text_array(['"{' + ",".join(row.charge_ids) + '}"' for row in ordered]),
    )
    if len(inserted) == len(ordered):
        return set()
    return {row.key for row in ordered} - {(row[0], str(row[1]), row[2]) for row in inserted}


async def lock_allocations(connection: Connection, keys: Collection[RatingKey]) -> dict[RatingKey, RatingRow]:
    """Known ratings, locked until the transaction ends."""
    ordered = sorted(keys)
    rows = await connection.fetch(
        QUERIES["lock_allocations"],
        [key[0] for key in ordered],
        [key[1] for key in ordered],
        [key[2] for key in ordered],
    )
    found = {}
    for row in rows:
        key = (row["account_id"], str(row["usage_id"]), row["rating_revision"])
        found[key] = RatingRow(
            key=key,
            state=row["state"],
            rated_usage_id=_text(row["rated_usage_id"]),
            reversal_id=_text(row["reversal_id"]),
            use_on=row["use_on"],
            charge_ids=tuple(str(charge_id) for charge_id in row["charge_ids"]),
        )
    return found


async def update_allocations(connection: Connection, rows: Sequence[RatingRow]) -> None:
    """Store where locked ratings stand now."""
    await connection.executemany(
        QUERIES["update_allocation"],
        [(*row.key, row.state, row.rated_usage_id, row.reversal_id, list(row.charge_ids)) for row in rows],
    )


async def list_charges(
    connection: Connection, account_id: str, use_on: date, charge_ids: Collection[str]
) -> list[Share]:
    """Charges by id, in order of their units."""
    rows = await connection.fetch(QUERIES["list_charges"], account_id, use_on, list(charge_ids))
    return [share_of(row) for row in rows]


def share_of(row: Mapping[str, Any]) -> Share:
    """A stored charge as the share that it is."""
    return Share(
        charge_id=str(row["charge_id"]),
        unit_id=_text(row["unit_id"]),
        quantities=Quantities(row["amount"], row["calls"], row["duration_ms"], row["billed_s"]),
        rule=row["rule"],
        matched=row["matched"],
        flags=tuple(row["flags"]),
        units=row["units"],
        split=row["split"],
        weight=row["weight"],
        weights=row["weights"],
        directory_revision=row["directory_revision"],
        allocation_revision=row["allocation_revision"],
    )


async def copy_charges(connection: Connection, records: Sequence[ChargeRecord]) -> None:
    """COPY charges, and append what they add to their units' spend; records have the order of CHARGE_COLUMNS."""
    await connection.copy_records_to_table("charge", columns=CHARGE_COLUMNS, records=records)
    sums: defaultdict[SpendKey, Decimal] = defaultdict(Decimal)
    with localcontext(EXACT):
        for record in records:
            sums[_SPEND_KEY(record)] += _AMOUNT(record)
    await insert_spend_changes(connection, sums)


async def insert_reversal_wait(
    connection: Connection,
    key: RatingKey,
    *,
    rated_usage_id: str,
    currency: str,
    booked_period: date,
    amount: Decimal,
    calls: int,
    billed_s: int,
    rated_usage: bytes,
    recorded_at: datetime,
) -> None:
    """Keep a reversal until its original comes. rated_usage: its data as JSON."""
    await connection.execute(
        QUERIES["insert_reversal_wait"],
        *key,
        rated_usage_id,
        currency,
        booked_period,
        amount,
        calls,
        billed_s,
        rated_usage.decode(),
        recorded_at,
    )


async def take_reversal_wait(connection: Connection, key: RatingKey) -> str:
    """The JSON of the reversal that waited, taken off the list. Raises LookupError when there is none."""
    found: str | None = await connection.fetchval(QUERIES["take_reversal_wait"], *key)
    if found is None:
        raise LookupError(f"no reversal waits for rating {key[2]} of usage {key[1]}")
    return found


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
