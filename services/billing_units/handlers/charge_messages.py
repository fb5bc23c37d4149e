"""Writes a share of a rated use as the charge that is stored and published."""

from datetime import datetime
from typing import Any

from chassis.outbox.lanes import Outgoing
from contracts.events.charge import CHARGE_ALLOCATED, ChargeKind, unit_key
from contracts.events.envelope import to_json
from contracts.events.rated_usage import RatedUsage
from contracts.topics import CHARGES
from services.billing_units.domain.shares import Quantities, Share
from services.billing_units.handlers.stored_uses import StoredUse
from services.billing_units.store.charges import ChargeRecord

SOURCE = "ringledger/billing-units"
ChargedUse = RatedUsage | StoredUse
"""A use as it was rated, or as its charges know it."""


def quantities_of(usage: RatedUsage) -> Quantities:
    """What the use's charges must sum to."""
    return Quantities(usage.amount, usage.calls, usage.duration_ms, usage.billed_s)


def send_charge(outgoing: Outgoing, usage: ChargedUse, share: Share, recorded_at: datetime) -> ChargeRecord:
    """Send the charge and return its record.

    A reversal is written from the reversal's own message, so its booked period and cause are its own.
    """
    event = {
        "specversion": "1.0",
        "id": share.charge_id,
        "source": SOURCE,
        "type": CHARGE_ALLOCATED.name,
        "time": recorded_at,
        "datacontenttype": "application/json",
        "data": _data(usage, share),
    }
    key = unit_key(usage.account_id, share.unit_id).encode()
    outgoing.send(CHARGES.name, key=key, value=to_json(event))
    return _record(usage, share, recorded_at)


def _kind(share: Share) -> ChargeKind:
    return "charge" if share.reverses is None else "reversal"


def _allocation(share: Share) -> dict[str, Any]:
    said: dict[str, Any] = {
        "rule": share.rule,
        "units": share.units,
        "directory_revision": share.directory_revision,
        "matched": share.matched,
        "flags": share.flags,
    }
    if share.split is not None:
        said |= {"split": share.split, "weight": share.weight, "weights": share.weights}
    return said


def _data(usage: ChargedUse, share: Share) -> dict[str, Any]:
    """The fields of `contracts.events.charge.Charge`; building that class too would cost half as much again.

    What is not known is left out, as in rated usage.
    """
    quantities = share.quantities
    data: dict[str, Any] = {
        "account_id": usage.account_id,
        "charge_id": share.charge_id,
        "rated_usage_id": usage.rated_usage_id,
        "usage_id": usage.usage_id,
        "rating_revision": usage.rating_revision,
        "allocation_revision": share.allocation_revision,
        "kind": _kind(share),
        "cause_id": usage.cause_id,
        "category": usage.category,
        "occurred_at": usage.occurred_at,
        "billed_at": usage.billed_at,
        "use_on": usage.use_on,
        "booked_period": usage.booked_period,
        "currency": usage.currency,
        "amount": format(quantities.amount, ".6f"),
        "calls": quantities.calls,
        "duration_ms": quantities.duration_ms,
        "billed_s": quantities.billed_s,
        "allocation": _allocation(share),
    }
    optional = {
        "direction": usage.direction,
        "channel": usage.channel,
        "unit_id": share.unit_id,
        "reverses": share.reverses,
        "own_number": usage.own_number,
        "user_id": usage.user_id,
        "unit_override": usage.unit_override,
        "team_id": usage.team_id,
        "queue_id": usage.queue_id,
        "campaign_id": usage.campaign_id,
        "prefix": usage.certificate.prefix,
        "country": usage.country,
        "other_party_token": usage.other_party_token,
        "linked_call": usage.linked_call,
        "follows": usage.follows,
    }
    return data | {name: value for name, value in optional.items() if value is not None}


def _record(usage: ChargedUse, share: Share, recorded_at: datetime) -> ChargeRecord:
    """The charge in the order of CHARGE_COLUMNS."""
    quantities, linked = share.quantities, usage.linked_call
    return (
        usage.account_id,
        share.charge_id,
        usage.use_on,
        usage.booked_period,
        usage.occurred_at,
        usage.billed_at,
        recorded_at,
        usage.rated_usage_id,
        usage.usage_id,
        usage.cause_id,
        share.reverses,
        share.unit_id,
        usage.rating_revision,
        share.allocation_revision,
        quantities.calls,
        quantities.duration_ms,
        quantities.billed_s,
        quantities.amount,
        usage.currency,
        _kind(share),
        usage.category,
        usage.direction,
        usage.channel,
        *_decided(share),
        usage.own_number,
        usage.user_id,
        usage.unit_override,
        usage.team_id,
        usage.queue_id,
        usage.campaign_id,
        usage.certificate.prefix,
        usage.country,
        usage.other_party_token,
        None if linked is None else linked.call_id,
        None if linked is None else linked.leg_id,
        usage.follows,
    )


def _decided(share: Share) -> tuple[object, ...]:
    """Why the unit owes, in the order of CHARGE_COLUMNS."""
    return (
        share.rule,
        share.matched,
        share.units,
        share.split,
        share.weight,
        share.weights,
        share.flags,
        share.directory_revision,
    )
