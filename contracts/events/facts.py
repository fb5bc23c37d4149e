"""Facts: every accepted command in full, published by its owner for the others to build on.

A fact carries its entity's version; the highest wins, also after `deleted`. Facts carry ids, never names or
e-mail addresses (DESIGN §1). Topics of facts are kept for ever.
"""

from typing import Literal

from contracts.events.directory import MemberKind, NumberKind, SplitChange, SplitPolicy, Weight
from contracts.events.envelope import EventType
from contracts.events.fields import (
    E164,
    AccountId,
    Amount,
    AnchorDay,
    Count,
    CountryCode,
    CurrencyCode,
    Day,
    Identifier,
    Instant,
    KeyId,
    Percent,
    PublicKey,
    Revision,
    Sha256,
    StagePercent,
    Uuid,
    ZoneName,
    message,
)
from contracts.values.access import AccessModel


@message
class AccountFact:
    """An account as billing_units adopted it."""

    account_id: AccountId
    version: Revision
    currency: CurrencyCode
    zone: ZoneName
    anchor_day: AnchorDay
    split_policy: SplitPolicy
    deleted: bool
    split_changes: tuple[SplitChange, ...] = ()
    access: AccessModel = "access_groups"


@message
class UserFact:
    """A user, by id only."""

    account_id: AccountId
    user_id: Identifier
    version: Revision
    deleted: bool


@message
class TeamFact:
    """A team, by id only."""

    account_id: AccountId
    team_id: Identifier
    version: Revision
    deleted: bool


@message
class TeamMembershipFact:
    """A user's dated membership of a team."""

    account_id: AccountId
    membership_id: Identifier
    version: Revision
    team_id: Identifier
    user_id: Identifier
    from_at: Instant
    until_at: Instant | None
    deleted: bool


@message
class NumberFact:
    """A number the account holds for a time."""

    account_id: AccountId
    number: E164
    version: Revision
    from_at: Instant
    until_at: Instant | None
    country: CountryCode | None
    kind: NumberKind | None
    deleted: bool


@message
class UnitFact:
    """A billing unit, by id only."""

    account_id: AccountId
    unit_id: Uuid
    version: Revision
    archived_at: Instant | None
    deleted: bool


@message
class AssignmentFact:
    """A dated assignment to a unit, with the directory revision it made."""

    account_id: AccountId
    assignment_id: Uuid
    version: Revision
    unit_id: Uuid
    member_kind: MemberKind
    member: Identifier
    from_at: Instant
    until_at: Instant | None
    directory_revision: Count
    deleted: bool
    weight: Weight = 1
    primary: bool = False


@message
class BudgetSpan:
    """An amount for each booked period that begins in [from_period, until_period), and when somebody is told."""

    from_period: Day
    until_period: Day | None
    amount: Amount
    currency: CurrencyCode
    stages: tuple[StagePercent, ...]


@message
class BudgetFact:
    """All budgets of a unit, in order of time; a period in no span has none."""

    account_id: AccountId
    unit_id: Uuid
    version: Revision
    spans: tuple[BudgetSpan, ...]


@message
class UnassignedAlertFact:
    """From which share of its charges, and from which amount, an account is told of *Unassigned*."""

    account_id: AccountId
    version: Revision
    threshold_percent: Percent
    minimum_amount: Amount


@message
class PlanPartFact:
    """A piece of a rate plan document under 500 kB: `content` is text whose SHA-256 is `sha256`."""

    sha256: Sha256
    content: str


@message
class PlanFact:
    """One version of a rate plan: the SHA-256 of its document and of the parts that join to it, in order.

    account_id: whose plan it is; absent: a plan any account may activate. Several accounts may each have a
    plan of one id; none of them shares its id with a plan for any account.
    """

    plan_id: Identifier
    version: Revision
    sha256: Sha256
    parts: tuple[Sha256, ...]
    currency: CurrencyCode
    effective_from: Instant
    account_id: AccountId | None


@message
class PlanActivationFact:
    """From `effective_at` on, the account (absent: every account without a plan of its own) is rated by it."""

    activation_id: Uuid
    version: Revision
    plan_id: Identifier
    plan_version: Revision
    effective_at: Instant
    account_id: AccountId | None
    deleted: bool


@message
class ReratingFact:
    """A re-rating as it was asked for, approved or cancelled: uses whose charging instants are in [from_at, to_at).

    plan_id: under this plan, in this version or (absent) its newest; absent: by the activations that stood. What it
    changed is on the topic of rated usage, with its id as the cause.
    """

    account_id: AccountId
    rerating_id: Uuid
    version: Revision
    state: Literal["requested", "approved", "cancelled"]
    from_at: Instant
    to_at: Instant
    plan_id: Identifier | None
    plan_version: Revision | None


@message
class SigningKeyFact:
    """A public key of portal's statements (base64url of its 32 bytes), valid in [valid_from_at, valid_until_at).

    A key withdrawn early is published again, with the next version and an earlier end.
    """

    key_id: KeyId
    version: Revision
    public_key: PublicKey
    valid_from_at: Instant
    valid_until_at: Instant


ACCOUNT_FACT = EventType(name="ringledger.account-fact.v1", data=AccountFact, summary="An account as adopted.")
USER_FACT = EventType(name="ringledger.user-fact.v1", data=UserFact, summary="A user as adopted.")
TEAM_FACT = EventType(name="ringledger.team-fact.v1", data=TeamFact, summary="A team as adopted.")
TEAM_MEMBERSHIP_FACT = EventType(
    name="ringledger.team-membership-fact.v1",
    data=TeamMembershipFact,
    summary="A team membership as adopted.",
)
NUMBER_FACT = EventType(name="ringledger.number-fact.v1", data=NumberFact, summary="A number as adopted.")
UNIT_FACT = EventType(name="ringledger.unit-fact.v1", data=UnitFact, summary="A billing unit as it stands.")
ASSIGNMENT_FACT = EventType(
    name="ringledger.assignment-fact.v1",
    data=AssignmentFact,
    summary="An assignment to a unit as it stands.",
)
BUDGET_FACT = EventType(
    name="ringledger.budget-fact.v1", data=BudgetFact, summary="A unit's budgets as they stand."
)
UNASSIGNED_ALERT_FACT = EventType(
    name="ringledger.unassigned-alert-fact.v1",
    data=UnassignedAlertFact,
    summary="From which share of Unassigned on an account is told.",
)
PLAN_PART_FACT = EventType(
    name="ringledger.plan-part-fact.v1", data=PlanPartFact, summary="A piece of a rate plan document."
)
PLAN_FACT = EventType(name="ringledger.plan-fact.v1", data=PlanFact, summary="A version of a rate plan.")
PLAN_ACTIVATION_FACT = EventType(
    name="ringledger.plan-activation-fact.v1",
    data=PlanActivationFact,
    summary="A plan version is used from an instant on.",
)
RERATING_FACT = EventType(
    name="ringledger.rerating-fact.v1",
    data=ReratingFact,
    summary="A re-rating was asked for, approved or cancelled.",
)
SIGNING_KEY_FACT = EventType(
    name="ringledger.signing-key-fact.v1", data=SigningKeyFact, summary="A key that verifies statements."
)
