"""The rows and entries that the API answers with, as its OpenAPI document tells them."""

from typing import Generic, Literal

from pydantic import BaseModel

from chassis.answers import Figure, Shown
from contracts.events.charge import AllocationRule, ChargeKind
from contracts.events.directory import MemberKind, NumberKind, SplitChange, SplitPolicy
from contracts.events.fields import E164, Amount, CountryCode, Day, Instant, Uuid
from contracts.values.access import AccessModel
from services.billing_units.domain.suggestions import Suggestion
from services.billing_units.handlers.assignments import RowReport


class PutEntry(BaseModel, Generic[Shown]):
    """An entry of the directory as it stands after a statement. changed: whether that made a new version."""

    data: Shown
    changed: bool


class AccountShown(BaseModel):
    """An account. directory_revision: counts every change of its directory."""

    account_id: str
    version: int
    name: str | None
    currency: str
    zone: str
    anchor_day: int
    split_policy: SplitPolicy
    split_changes: list[SplitChange]
    access: AccessModel
    deleted: bool
    directory_revision: int


class AccountOfOwnUnits(BaseModel):
    """As much of an account as figures are read with, for who is limited to units."""

    account_id: str
    name: str | None
    currency: str
    zone: str
    anchor_day: int


class UserShown(BaseModel):
    """A user; the name and e-mail address of an erased one are null."""

    user_id: str
    version: int
    name: str | None
    email: str | None
    active: bool


class TeamShown(BaseModel):
    """A team."""

    team_id: str
    version: int
    name: str | None


class MembershipShown(BaseModel):
    """A user's membership of a team in [from_at, until_at)."""

    membership_id: str
    version: int
    user_id: str
    from_at: Instant
    until_at: Instant | None


class NumberShown(BaseModel):
    """A number that the account holds in [from_at, until_at). unit_id: the unit it is in at the instant asked."""

    number: E164
    version: int
    from_at: Instant
    until_at: Instant | None
    country: CountryCode | None
    kind: NumberKind | None
    unit_id: Uuid | None


class UnitHead(BaseModel):
    """A unit."""

    unit_id: Uuid
    version: int
    name: str
    archived_at: Instant | None


class UnitShown(UnitHead):
    """A unit in a list, with how many persons and numbers are in it at the instant asked."""

    users: int
    numbers: int


class PersonShown(BaseModel):
    """A person in a unit: directly, or through the teams named."""

    user_id: str
    name: str | None
    email: str | None
    directly: bool
    team_ids: list[str]
    teams: list[str]


class _Placed(BaseModel):
    version: int
    member_kind: MemberKind
    member: str
    from_at: Instant
    until_at: Instant | None
    weight: int
    primary: bool


class MemberShown(_Placed):
    """What is or was assigned to a unit. name: of a user or team."""

    assignment_id: Uuid
    name: str | None


class AssignmentShown(_Placed):
    """A number, user or team in a unit in [from_at, until_at)."""

    assignment_id: Uuid
    unit_id: Uuid


class AssignmentVersionShown(_Placed):
    """What was said of an assignment, by whom, and the directory's revision after it."""

    unit_id: Uuid
    deleted: bool
    directory_revision: int
    author: str
    recorded_at: Instant


class RowsAssigned(BaseModel):
    """What became of every member named. assigned: how many assignments were made; none in a dry run."""

    unit_id: Uuid
    dry_run: bool
    assigned: int
    rows: list[RowReport]


class FlowShown(BaseModel):
    """An amount of so many ratings that would go from one unit to another; null: *Unassigned*."""

    from_unit_id: Uuid | None
    to_unit_id: Uuid | None
    booked_period: Day
    currency: str
    ratings: int
    amount: Figure


class PreviewShown(BaseModel):
    """What a command would move. complete: whether every rating that it touches was looked at."""

    examined: int
    moved: int
    complete: bool
    moves: list[FlowShown]


class ReattributionShown(BaseModel):
    """A change and how far its charges are put right. examined, moved: ratings looked at, and moved."""

    reattribution_id: Uuid
    directory_revision: int
    author: str
    state: Literal["waiting", "running", "done"]
    parts: int
    parts_done: int
    examined: int
    moved: int
    recorded_at: Instant
    finished_at: Instant | None


class ChargeShown(BaseModel):
    """What a unit owes for its share of one use; a reversal takes back the charge it names."""

    charge_id: Uuid
    kind: ChargeKind
    unit_id: Uuid | None
    rated_usage_id: Uuid
    usage_id: Uuid
    rating_revision: int
    allocation_revision: int
    reverses: Uuid | None
    category: str
    direction: str | None
    channel: str | None
    occurred_at: Instant
    billed_at: Instant
    use_on: Day
    booked_period: Day
    currency: str
    amount: Amount
    calls: int
    duration_ms: int
    billed_s: int
    rule: AllocationRule
    matched: str | None
    units: int
    split: SplitPolicy | None
    weight: int | None
    weights: int | None
    flags: list[str]
    directory_revision: int
    own_number: str | None
    user_id: str | None
    prefix: str | None
    country: str | None
    follows: Uuid | None


class UnassignedShown(BaseModel):
    """Use of a number and user that nobody owes, and the unit it most likely belongs to."""

    own_number: str | None
    user_id: str | None
    currency: str
    amount: Amount
    calls: int
    billed_s: int
    first_at: Instant
    last_at: Instant
    number_not_held: bool
    suggestion: Suggestion | None


class ShareShown(BaseModel):
    """How much of everything charged nobody owes. alert: the share passes the threshold."""

    unassigned: Figure
    total: Figure
    unassigned_calls: int
    total_calls: int
    currency: str | None
    share: Figure
    threshold: Figure
    alert: bool
