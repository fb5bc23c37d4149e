"""Period states: what the ledger announces about an account's billing periods."""

from typing import Literal

from contracts.events.envelope import EventType
from contracts.events.fields import AccountId, Day, Instant, Revision, message

PeriodPhase = Literal["open", "sealing", "sealed"]


@message
class PeriodState:
    """The state of one period of one account. No state known means open (DESIGN §3)."""

    account_id: AccountId
    booked_period: Day
    version: Revision
    phase: PeriodPhase
    changed_at: Instant


PERIOD_STATE_CHANGED = EventType(
    name="ringledger.period-state-changed.v1",
    data=PeriodState,
    summary="A billing period was opened, is being sealed, or is sealed.",
)
