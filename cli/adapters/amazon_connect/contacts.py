"""One contact record of Amazon Connect, read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cli.adapters.documents import Record
from cli.adapters.fields import FieldFault, instant, needed, part, text
from cli.adapters.versions import revision_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An end of a contact: a telephone number, or something else such as a SIP address or a chat."""

    address: str | None
    is_telephone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact record; instants are UTC.

    connected_at: when the customer's end was connected to the system; inbound that is the start, outbound the
    answer. ended_at: when the customer's end left this contact, None while it goes on. transferred_to: a
    number outside to which the contact was handed over, and transferred_at when that end was connected.
    """

    number: int
    contact_id: str
    initial_id: str | None
    previous_id: str | None
    next_id: str | None
    channel: str
    method: str
    revision: int
    started_at: datetime
    connected_at: datetime | None
    agent_connected_at: datetime | None
    ended_at: datetime | None
    disconnect_reason: str | None
    customer: Endpoint
    system: Endpoint
    transferred_to: Endpoint
    transferred_at: datetime | None
    agent_id: str | None
    queue_id: str | None
    campaign_id: str | None


def contact_of(record: Record) -> Contact:
    """The contact of a record. Raises FieldFault, naming the field."""
    fields = record.fields
    started_at, updated_at = instant(fields, "InitiationTimestamp"), instant(fields, "LastUpdateTimestamp")
    if started_at is None or updated_at is None:
        raise FieldFault(f"{'InitiationTimestamp' if started_at is None else 'LastUpdateTimestamp'} is missing")
    agent, queue = part(fields, "Agent"), part(fields, "Queue")
    return Contact(
        number=record.number,
        contact_id=needed(fields, "ContactId"),
        initial_id=text(fields, "InitialContactId"),
        previous_id=text(fields, "PreviousContactId"),
        next_id=text(fields, "NextContactId"),
        channel=needed(fields, "Channel"),
        method=needed(fields, "InitiationMethod"),
        revision=revision_at(updated_at),
        started_at=started_at,
        connected_at=instant(fields, "ConnectedToSystemTimestamp"),
        agent_connected_at=instant(agent, "ConnectedToAgentTimestamp"),
        ended_at=instant(fields, "DisconnectTimestamp"),
        disconnect_reason=text(fields, "DisconnectReason"),
        customer=_endpoint(fields, "CustomerEndpoint"),
        system=_endpoint(fields, "SystemEndpoint"),
        transferred_to=_endpoint(fields, "TransferredToEndpoint"),
        transferred_at=instant(fields, "TransferCompletedTimestamp"),
        agent_id=_last_part(agent),
        queue_id=_last_part(queue),
        campaign_id=text(part(fields, "Campaign"), "CampaignId"),
    )


def _endpoint(fields: Mapping[str, object], name: str) -> Endpoint:
    end = part(fields, name)
    return Endpoint(address=text(end, "Address"), is_telephone=text(end, "Type") == "TELEPHONE_NUMBER")


def _last_part(fields: Mapping[str, object]) -> str | None:
    """The id at the end of an ARN (`…/agent/57db30ae-…`); an agent's Username may be a name or an e-mail
    address, which no call record carries."""
    arn = text(fields, "ARN")
    return arn.rpartition("/")[2] if arn else None
