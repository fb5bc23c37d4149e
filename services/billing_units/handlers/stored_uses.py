"""Reads from stored charges the use they belong to: all that its next charges repeat."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from contracts.events.call import Direction, LinkedCall
from contracts.events.rated_usage import Category
from services.billing_units.store.reattribution import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPrefix:
    """As much of a certificate as charges repeat."""

    prefix: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUse:
    """A use as its charges know it; the fields are those of rated usage."""

    account_id: str
    rated_usage_id: str
    usage_id: str
    rating_revision: int
    cause_id: str
    category: Category
    direction: Direction | None
    channel: str | None
    occurred_at: datetime
    billed_at: datetime
    use_on: date
    booked_period: date
    currency: str
    certificate: StoredPrefix
    own_number: str | None
    user_id: str | None
    unit_override: str | None
    team_id: str | None
    queue_id: str | None
    campaign_id: str | None
    country: str | None
    other_party_token: str | None
    linked_call: LinkedCall | None
    follows: str | None


_REPEATED = (
    "account_id", "rating_revision", "category", "direction", "channel", "occurred_at", "billed_at", "use_on",
    "booked_period", "currency", "own_number", "user_id", "unit_override", "team_id", "queue_id", "campaign_id",
    "country", "other_party_token",
)  # fmt: skip


def stored_use(row: Row) -> StoredUse:
    """The use that a charge belongs to."""
    linked = None
    if row["linked_call_id"] is not None:
        linked = LinkedCall(call_id=row["linked_call_id"], leg_id=row["linked_leg_id"])
    said: dict[str, Any] = {name: row[name] for name in _REPEATED}
    return StoredUse(
        rated_usage_id=str(row["rated_usage_id"]),
        usage_id=str(row["usage_id"]),
        cause_id=str(row["cause_id"]),
        certificate=StoredPrefix(prefix=row["prefix"]),
        linked_call=linked,
        follows=None if row["follows"] is None else str(row["follows"]),
        **said,
    )
