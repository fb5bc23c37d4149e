"""The record of one call leg, as telephony platforms publish it."""

from typing import Literal

from contracts.events.envelope import EventType
from contracts.events.fields import (
    AccountId,
    DurationMs,
    Identifier,
    Instant,
    Party,
    Revision,
    message,
)

Direction = Literal["inbound", "outbound", "internal"]
Channel = Literal["manual", "click_to_call", "dialer", "queue_callback", "inbound"]


@message
class LinkedCall:
    """The leg this one was transferred or forwarded from."""

    call_id: Identifier
    leg_id: Identifier


@message
class CallDetailRecord:
    """One call leg. It is known by (account, source, call id, leg id); the higher revision replaces the lower.

    own_number: the account's own number used: outbound the caller ID's number, also when it was withheld to
    the other side; inbound the number dialled. other_party: the far side; personal data (DESIGN §4).
    started_at: first signalling; answered_at: absent when nobody answered; ended_at: the end of the leg.
    billable_duration_ms: what the platform says is billable, in ms; absent means ended − answered. It may
    differ from ended − answered (early media, trunk rounding); both are kept and the certificate says
    which was charged. voided: this revision withdraws the leg. unit_override: a billing unit of the account
    that owes this leg whatever its number and user say.
    """

    account_id: AccountId
    call_id: Identifier
    leg_id: Identifier
    direction: Direction
    channel: Channel
    other_party: Party
    disposition: Identifier
    started_at: Instant
    ended_at: Instant
    revision: Revision = 1
    voided: bool = False
    own_number: Party | None = None
    presented_caller_id: Party | None = None
    user_id: Identifier | None = None
    team_id: Identifier | None = None
    queue_id: Identifier | None = None
    campaign_id: Identifier | None = None
    answered_at: Instant | None = None
    billable_duration_ms: DurationMs | None = None
    unit_override: Identifier | None = None
    linked_call: LinkedCall | None = None


CALL_RECORDED = EventType(
    name="ringledger.call-recorded.v1",
    data=CallDetailRecord,
    summary="A call leg ended, or its record was changed or withdrawn by a higher revision.",
)
