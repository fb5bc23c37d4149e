"""What platforms write to telephony.directory.v1: people, teams, numbers, units and who has what, in full.

Each event is the whole state of one entity at `version`; the highest version wins, also after `deleted`.
Names and e-mail addresses travel on this topic only (DESIGN §4).
"""

from typing import Annotated, Literal

from pydantic import Field

from contracts.events.envelope import EventType
from contracts.events.fields import (
    E164,
    AccountId,
    AnchorDay,
    CountryCode,
    CurrencyCode,
    Email,
    Identifier,
    Instant,
    Name,
    Revision,
    Uuid,
    ZoneName,
    message,
)
from contracts.values.access import AccessModel

MemberKind = Literal["number", "user", "team"]
NumberKind = Literal["local", "national", "toll_free", "mobile"]
SplitPolicy = Literal["equal", "weighted", "primary"]
Weight = Annotated[int, Field(ge=1, le=1_000_000)]
"""How much of a shared use a unit takes, beside the others' weights."""


@message
class SplitChange:
    """From `from_at` on, uses of users in several units are split by this policy."""

    from_at: Instant
    policy: SplitPolicy


@message
class AccountRecorded:
    """An account: its one currency, the IANA zone of its days, and the day its billing periods begin.

    split_policy: how a use of a user in several units is shared, until the first of `split_changes`, which are
    in order of time. The charging instant decides which counts. access: whether security access groups count
    there, or basic roles alone.
    """

    account_id: AccountId
    version: Revision
    name: Name
    currency: CurrencyCode
    zone: ZoneName
    anchor_day: AnchorDay = 1
    split_policy: SplitPolicy = "equal"
    split_changes: tuple[SplitChange, ...] = ()
    access: AccessModel = "access_groups"
    deleted: bool = False


@message
class UserRecorded:
    """A billable agent. `deleted` deactivates; history stays."""

    account_id: AccountId
    user_id: Identifier
    version: Revision
    name: Name
    email: Email | None = None
    deleted: bool = False


@message
class TeamRecorded:
    """A team of users."""

    account_id: AccountId
    team_id: Identifier
    version: Revision
    name: Name
    deleted: bool = False


@message
class TeamMembershipRecorded:
    """A user belongs to a team in [from_at, until_at); without an end it goes on. `deleted`: it never was."""

    account_id: AccountId
    membership_id: Identifier
    version: Revision
    team_id: Identifier
    user_id: Identifier
    from_at: Instant
    until_at: Instant | None = None
    deleted: bool = False


@message
class NumberRecorded:
    """A phone number the account holds in [from_at, until_at)."""

    account_id: AccountId
    number: E164
    version: Revision
    from_at: Instant
    until_at: Instant | None = None
    country: CountryCode | None = None
    kind: NumberKind | None = None
    deleted: bool = False


@message
class UnitRecorded:
    """A billing unit: a branch, department, brand or client.

    unit_id: chosen by the platform, the same for no other account's unit.
    """

    account_id: AccountId
    unit_id: Uuid
    version: Revision
    name: Name
    archived_at: Instant | None = None
    deleted: bool = False


@message
class AssignmentRecorded:
    """A number, user or team belongs to a unit in [from_at, until_at). `deleted`: it never was.

    member: the E.164 number, user id or team id, by `member_kind`. weight, primary: what the policies `weighted`
    and `primary` go by where a user is in several units; a number is in one.
    """

    account_id: AccountId
    assignment_id: Uuid
    version: Revision
    unit_id: Uuid
    member_kind: MemberKind
    member: Identifier
    from_at: Instant
    until_at: Instant | None = None
    weight: Weight = 1
    primary: bool = False
    deleted: bool = False


DirectoryEvent = (
    AccountRecorded
    | UserRecorded
    | TeamRecorded
    | TeamMembershipRecorded
    | NumberRecorded
    | UnitRecorded
    | AssignmentRecorded
)

ACCOUNT_RECORDED = EventType(
    name="ringledger.account-recorded.v1",
    data=AccountRecorded,
    summary="An account was opened or changed.",
)
USER_RECORDED = EventType(
    name="ringledger.user-recorded.v1", data=UserRecorded, summary="A user was created or changed."
)
TEAM_RECORDED = EventType(
    name="ringledger.team-recorded.v1", data=TeamRecorded, summary="A team was created or changed."
)
TEAM_MEMBERSHIP_RECORDED = EventType(
    name="ringledger.team-membership-recorded.v1",
    data=TeamMembershipRecorded,
    summary="A user joined or left a team.",
)
NUMBER_RECORDED = EventType(
    name="ringledger.number-recorded.v1",
    data=NumberRecorded,
    summary="A phone number was taken or given up.",
)
UNIT_RECORDED = EventType(
    name="ringledger.unit-recorded.v1",
    data=UnitRecorded,
    summary="A billing unit was created or changed.",
)
ASSIGNMENT_RECORDED = EventType(
    name="ringledger.assignment-recorded.v1",
    data=AssignmentRecorded,
    summary="A number, user or team was assigned to a unit or released from it.",
)
