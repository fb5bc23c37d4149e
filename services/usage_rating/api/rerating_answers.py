"""What the API tells of re-ratings, as its OpenAPI document has it."""

from pydantic import BaseModel

from chassis.answers import Figure
from contracts.events.call import Direction
from contracts.events.fields import Instant, Uuid
from services.usage_rating.domain.rerating import State


class PricedBy(BaseModel):
    """From an instant on, the plan version that prices; account_id `*`: one for every account."""

    account_id: str
    plan_id: str
    plan_version: int
    effective_at: Instant


class ReratingShown(BaseModel):
    """A re-rating. Sums and counts of changes are whole once it is previewed.

    examined: live ratings looked at so far; changes: those that would be replaced; unpriced: those that cannot be
    priced again, which stay as they are. posted: replaced so far; skipped: no longer as previewed, left alone.
    course: what it goes by, null until the preview has begun.
    """

    rerating_id: Uuid
    state: State
    reason: str
    from_at: Instant
    to_at: Instant
    plan_id: str | None
    plan_version: int | None
    course: list[PricedBy] | None
    currency: str
    examined: int
    changes: int
    unpriced: int
    amount_before: Figure
    amount_after: Figure
    difference: Figure
    posted: int
    skipped: int
    asked_by: str
    asked_at: Instant
    previewed_at: Instant | None
    approved_by: str | None
    approved_at: Instant | None
    cancelled_by: str | None
    finished_at: Instant | None


class ChangeShown(BaseModel):
    """A use that would be priced otherwise; reason: why it cannot be, and then nothing is after."""

    usage_id: Uuid
    revision: int
    rated_usage_id: Uuid
    occurred_at: Instant
    direction: Direction
    own_number: str | None
    user_id: str | None
    destination: str | None
    amount_before: Figure
    amount_after: Figure | None
    plan_id_before: str | None
    plan_version_before: int | None
    plan_id_after: str | None
    plan_version_after: int | None
    reason: str | None
    skipped: bool


class TotalShown(BaseModel):
    """Changes added up; name: of the destination, user or reason, null for uses without one."""

    name: str | None
    changes: int
    amount_before: Figure
    amount_after: Figure | None
