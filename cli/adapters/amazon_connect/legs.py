"""The telephone legs of Amazon Connect's contacts, linked along their chain of transfers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cli.adapters.amazon_connect.contacts import Contact
from cli.adapters.checked import fault_of
from cli.adapters.fields import identifier, optional_identifier
from cli.adapters.numbers import NumberRules, caller
from cli.adapters.outcomes import Finding, Leg, Outcome, Reason
from contracts.events.call import CallDetailRecord, Channel, Direction, LinkedCall

DIALLED: Final = frozenset({"OUTBOUND", "API", "CALLBACK", "EXTERNAL_OUTBOUND"})
"""Methods by which Amazon Connect dials the other end."""

GOING_ON: Final = frozenset({"TRANSFER", "QUEUE_TRANSFER", "DISCONNECT"})
"""Methods that begin a new contact out of one there is: the customer may still be on the line, or a third
party is dialled (docs.aws.amazon.com/connect/latest/adminguide/identify-conferences-transfers.html)."""

INSIDE: Final = frozenset({"MONITOR", "WEBRTC_API"})
"""A supervisor listening, and calls out of an app: no telephone line."""

_MESSAGES: Final = frozenset({"CHAT", "EMAIL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The customer's telephone line of a contact: in or out, and from when it is this contact's."""

    direction: Direction
    channel: Channel
    answered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes the legs of one account's contacts. chain: the newest version of each contact in the file."""

    account_id: str
    rules: NumberRules
    chain: Mapping[str, Contact]
    followed: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for contact in self.chain.values():
            if contact.next_id is not None:
                self.followed[contact.next_id] = contact.contact_id

    def outcomes(self, contact: Contact) -> list[Outcome]:
        """The legs of a contact with their notes, or the one finding that says why there is none."""
        if contact.channel != "VOICE":
            reason = Reason.MESSAGE if contact.channel in _MESSAGES else Reason.NOT_A_CALL
            return [_finding(contact, reason, contact.channel)]
        if contact.ended_at is None:
            return [_finding(contact, Reason.STILL_OPEN)]
        line = self._line(contact, contact.ended_at)
        if isinstance(line, Finding):
            return [line]
        made = self._customer(contact, line, contact.ended_at)
        return [*made, *self._handed_over(contact, contact.ended_at)]

    def _line(self, contact: Contact, ended_at: datetime) -> Line | Finding:
        """Which line is paid in this contact, or the finding that says why none is."""
        if contact.method == "INBOUND":
            return Line(direction="inbound", channel="inbound", answered_at=contact.connected_at)
        if contact.method in DIALLED:
            return Line(direction="outbound", channel=_channel(contact), answered_at=contact.connected_at)
        if contact.method in INSIDE:
            return _finding(contact, Reason.INTERNAL, contact.method)
        if contact.method not in GOING_ON:
            return _finding(contact, Reason.UNKNOWN_KIND, f"InitiationMethod {contact.method}")
        before, first = self._previous(contact), self._first(contact)
        if before is None or first is None:
            return _finding(contact, Reason.GOES_ON, contact.previous_id or "no PreviousContactId")
        if contact.customer.address not in (None, first.customer.address):
            answered_at = contact.connected_at or contact.agent_connected_at
            return Line(direction="outbound", channel="manual", answered_at=answered_at)
        if before.ended_at is None:
            return _finding(contact, Reason.STILL_OPEN, "the contact before it")
        if before.ended_at >= ended_at:
            # The customer never left the contact before: an agent asked a colleague.
            return _finding(contact, Reason.INTERNAL, "consultation")
        began = self._line(first, ended_at)
        if isinstance(began, Finding):
            return _finding(contact, began.reason, began.detail)
        joined_at = max(contact.started_at, before.ended_at)
        # Who was never answered in the first contact is not on the line in a later one.
        return Line(
            direction=began.direction,
            channel=began.channel,
            answered_at=joined_at if began.answered_at else None,
        )

    def _customer(self, contact: Contact, line: Line, ended_at: datetime) -> list[Outcome]:
        first = self._first(contact) or contact
        customer = contact.customer if contact.customer.address else first.customer
        system = contact.system if contact.system.address else first.system
        own = self.rules.e164(system.address)
        notes: list[Outcome] = []
        if line.direction == "inbound":
            other, readable = caller(customer.address, self.rules)
            if not readable:
                notes.append(_finding(contact, Reason.CALLER_NUMBER, "CustomerEndpoint"))
        else:
            dialled = self.rules.e164(customer.address)
            if dialled is None:
                return [_undialled(contact, f"CustomerEndpoint {customer.address}", line.answered_at, ended_at)]
            other = dialled.number
        if own is None:
            notes.append(_finding(contact, Reason.NO_OWN_NUMBER, line.direction))
        before = self._previous(contact)
        record = self._record(
            contact,
            leg_id=contact.contact_id,
            line=line,
            other=other,
            own=own.number if own else None,
            started_at=contact.started_at,
            ended_at=ended_at,
            linked=before.contact_id if before else contact.previous_id,
        )
        return self._checked(contact, record, notes)

    def _handed_over(self, contact: Contact, ended_at: datetime) -> list[Outcome]:
        """The leg to a number outside that the contact was transferred to; paid beside the customer's own."""
        target, since = contact.transferred_to, contact.transferred_at
        if target.address is None or since is None or not target.is_telephone:
            return []
        dialled = self.rules.e164(target.address)
        if dialled is None:
            return [_undialled(contact, f"TransferredToEndpoint {target.address}", since, ended_at)]
        own = self.rules.e164(contact.system.address)
        record = self._record(
            contact,
            leg_id=f"{contact.contact_id}:transfer",
            line=Line(direction="outbound", channel="manual", answered_at=since),
            other=dialled.number,
            own=own.number if own else None,
            started_at=since,
            ended_at=max(ended_at, since),
            linked=contact.contact_id,
        )
        return self._checked(contact, record, [])

    def _record(
        self,
        contact: Contact,
        *,
        leg_id: str,
        line: Line,
        other: str,
        own: str | None,
        started_at: datetime,
        ended_at: datetime,
        linked: str | None,
    ) -> CallDetailRecord:
        call_id = identifier(contact.initial_id or self._root(contact))
        return CallDetailRecord(
            account_id=self.account_id,
            call_id=call_id,
            leg_id=identifier(leg_id),
            direction=line.direction,
            channel=line.channel,
            other_party=other,
            disposition=identifier((contact.disconnect_reason or "unknown").lower()),
            started_at=started_at,
            ended_at=ended_at,
            revision=self._revision(contact),
            own_number=own,
            presented_caller_id=own if line.direction == "outbound" else None,
            user_id=optional_identifier(contact.agent_id),
            queue_id=optional_identifier(contact.queue_id),
            campaign_id=optional_identifier(contact.campaign_id),
            answered_at=line.answered_at,
            linked_call=None if linked is None else LinkedCall(call_id=call_id, leg_id=identifier(linked)),
        )

    def _checked(self, contact: Contact, record: CallDetailRecord, notes: list[Outcome]) -> list[Outcome]:
        fault = fault_of(record)
        if fault is not None:
            return [_finding(contact, Reason.INVALID_RECORD, fault)]
        return [Leg(rows=(contact.number,), record=record), *notes]

    def _revision(self, contact: Contact) -> int:
        """The contact's, or that of the contact it goes on from where that is later: its end is this one's
        beginning, so a later version of it makes another leg of this one too."""
        before = self._previous(contact) if contact.method in GOING_ON else None
        return contact.revision if before is None else max(contact.revision, before.revision)

    def _previous(self, contact: Contact) -> Contact | None:
        """The contact before this one, by its PreviousContactId or by the other's NextContactId."""
        return self.chain.get(contact.previous_id or self.followed.get(contact.contact_id, ""))

    def _first(self, contact: Contact) -> Contact | None:
        """The contact that the chain began with: one that was not made out of another; None when it is away."""
        seen: set[str] = set()
        at: Contact | None = contact
        while at is not None and at.method in GOING_ON and at.contact_id not in seen:
            seen.add(at.contact_id)
            at = self._previous(at)
        return at if at is not None and at.method not in GOING_ON else None

    def _root(self, contact: Contact) -> str:
        first = self._first(contact)
        return first.contact_id if first else contact.contact_id


def _channel(contact: Contact) -> Channel:
    """How Amazon Connect came to dial: a campaign, a callback out of a queue, a program, or an agent."""
    if contact.campaign_id is not None:
        return "dialer"
    if contact.method == "CALLBACK":
        return "queue_callback"
    return "click_to_call" if contact.method == "API" else "manual"


def _undialled(contact: Contact, detail: str, answered_at: datetime | None, ended_at: datetime) -> Finding:
    talked_s = 0 if answered_at is None else max(0, int((ended_at - answered_at).total_seconds()))
    return Finding(
        rows=(contact.number,),
        reason=Reason.DIALLED_NUMBER,
        detail=detail,
        direction="outbound",
        billed_s=talked_s,
    )


def _finding(contact: Contact, reason: Reason, detail: str = "") -> Finding:
    return Finding(rows=(contact.number,), reason=reason, detail=detail)
