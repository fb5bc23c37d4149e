"""The record of one use that is no call, as telephony platforms publish it."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.events.envelope import EventType
from contracts.events.fields import (
    AccountId,
    DurationMs,
    Identifier,
    Instant,
    Party,
    Quantity,
    Revision,
    UseWord,
    message,
)

UsageKind = Literal["message", "detection", "recording", "analytics", "metered"]
MessageDirection = Literal["inbound", "outbound"]
Encoding = Literal["gsm7", "ucs2"]
SMS = "sms"
"""The channel whose messages are counted in segments."""

Segments = Annotated[int, Field(ge=1, le=1000)]
Detections = Annotated[int, Field(ge=1, le=1_000_000)]
Characters = Annotated[int, Field(ge=0, le=100_000)]


@message
class UsageRecord:
    """A use that is no call. It is known by (account, source, usage key); the higher revision replaces the lower.

    usage_key: the platform's id of the use. voided: this revision withdraws it. unit_override: a billing unit of
    the account that owes it whatever its number and user say.

    message: channel (`sms`, `whatsapp`, …), direction, other_party (personal data, DESIGN §4), own_number, sent_at.
    segments: of an SMS; where absent they are counted from `characters` and `encoding`. characters: septets in
    gsm7 (a character of the extension table is two), UTF-16 code units in ucs2. The text itself never travels.

    detection (of an answering machine; count: how many, one where absent), recording, analytics (of speech; both
    with duration_ms): each belongs to a call leg, named by call_id, leg_id and, where another source tells of the
    call, call_source. It is owed as the leg is, so it names neither number nor unit. used_at: when it was done; of
    a recording or an analysis, when it ended.

    metered: quantity of a meter's units used by used_at, e.g. `minute_month` of recording storage; negative in a
    refund. Of a stretch of time used_at is an instant of its last day.
    """

    account_id: AccountId
    usage_key: Identifier
    kind: UsageKind
    revision: Revision = 1
    voided: bool = False
    own_number: Party | None = None
    user_id: Identifier | None = None
    team_id: Identifier | None = None
    queue_id: Identifier | None = None
    campaign_id: Identifier | None = None
    unit_override: Identifier | None = None
    channel: UseWord | None = None
    direction: MessageDirection | None = None
    other_party: Party | None = None
    sent_at: Instant | None = None
    segments: Segments | None = None
    characters: Characters | None = None
    encoding: Encoding | None = None
    call_id: Identifier | None = None
    leg_id: Identifier | None = None
    call_source: Identifier | None = None
    count: Detections | None = None
    duration_ms: DurationMs | None = None
    meter: UseWord | None = None
    quantity: Quantity | None = None
    used_at: Instant | None = None


USAGE_RECORDED = EventType(
    name="ringledger.usage-recorded.v1",
    data=UsageRecord,
    summary="Something other than a call was used, or its record was changed or withdrawn by a higher revision.",
)
