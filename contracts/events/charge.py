"""What a billing unit owes for one use, as billing_units publishes it."""

from typing import Literal

from contracts.events.call import Direction, LinkedCall
from contracts.events.directory import SplitPolicy
from contracts.events.envelope import EventType
from contracts.events.fields import (
    AccountId,
    Amount,
    Count,
    CountryCode,
    CurrencyCode,
    Day,
    Digits,
    Identifier,
    Instant,
    Party,
    Revision,
    SignedCount,
    Token,
    UseWord,
    Uuid,
    message,
)
from contracts.events.rated_usage import Category

UNASSIGNED = "unassigned"
"""Stands for the unit where there is none: in keys, topic names and derived ids."""

ChargeKind = Literal["charge", "reversal"]
AllocationRule = Literal["override", "number", "user", "call", "unassigned"]
AllocationFlag = Literal["number_not_held", "override_ignored", "no_primary_unit"]


@message
class Allocation:
    """Why this unit owes: the rule that fired, what it matched, and the directory it was read from.

    matched: the number or user id that led to the unit, of the rule `call`
    the usage id of the call leg that the use follows. units: how many units share the use. flags: what the
    administrator should look at. directory_revision: the account's directory as it was when decided. split: the
    policy that chose among a user's several units; the unit then has `weight` of the `weights` of all.
    """

    rule: AllocationRule
    units: Count
    directory_revision: Count
    matched: Identifier | None = None
    flags: tuple[AllocationFlag, ...] = ()
    split: SplitPolicy | None = None
    weight: Count | None = None
    weights: Count | None = None


@message
class Charge:
    """One unit's share of one rated use; the shares of a use sum to it exactly in every quantity.

    charge_id: UUIDv5 of usage, rating revision, allocation revision, unit and sign. reverses: the charge that
    a reversal takes back. unit_id absent: *Unassigned*. calls (uses of any category), duration_ms and
    billed_s are shares too, so that units always sum to the total. unit_override: what the use itself named,
    counted or not. follows: the usage id of the call leg that a detection, recording or analysis belongs to; the
    leg's units owe it.
    """

    account_id: AccountId
    charge_id: Uuid
    rated_usage_id: Uuid
    usage_id: Uuid
    rating_revision: Revision
    allocation_revision: Revision
    kind: ChargeKind
    cause_id: Uuid
    category: Category
    occurred_at: Instant
    billed_at: Instant
    use_on: Day
    booked_period: Day
    currency: CurrencyCode
    amount: Amount
    calls: SignedCount
    duration_ms: SignedCount
    billed_s: SignedCount
    allocation: Allocation
    direction: Direction | None = None
    channel: UseWord | None = None
    unit_id: Uuid | None = None
    reverses: Uuid | None = None
    own_number: Party | None = None
    user_id: Identifier | None = None
    unit_override: Identifier | None = None
    team_id: Identifier | None = None
    queue_id: Identifier | None = None
    campaign_id: Identifier | None = None
    prefix: Digits | None = None
    country: CountryCode | None = None
    other_party_token: Token | None = None
    linked_call: LinkedCall | None = None
    follows: Uuid | None = None


CHARGE_ALLOCATED = EventType(
    name="ringledger.charge-allocated.v1",
    data=Charge,
    summary="A unit, or Unassigned, owes its share of a rated use; or such a share was taken back.",
)


def unit_key(account_id: str, unit_id: str | None) -> str:
    """The key of a charge's record: account and unit, or account and `unassigned`."""
    return f"{account_id}|{unit_id or UNASSIGNED}"
