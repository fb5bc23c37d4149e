"""Writes rated usage as it is published, and the reversal of what was published before."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from contracts.events.call import CallDetailRecord
from contracts.events.envelope import to_json
from contracts.events.rated_usage import USAGE_RATED
from contracts.values.ids import IdKind, derived_text
from contracts.values.money import negated
from services.usage_rating.domain.booking import booked_period
from services.usage_rating.domain.rating import (
    Rated,
    ZeroRated,
    charging_instant,
    milliseconds_between,
)
from services.usage_rating.domain.tokens import account_key, token_of
from services.usage_rating.handlers.certificates import certificate_of, certificate_of_free
from services.usage_rating.handlers.pricing import Priced
from services.usage_rating.store import RatedRow

SOURCE = "ringledger/usage-rating"
_FREE = Decimal("0.000000")
_OPTIONAL = (
    "own_number",
    "user_id",
    "team_id",
    "queue_id",
    "campaign_id",
    "unit_override",
    "linked_call",
    "billable_duration_ms",
)
_optional = attrgetter(*_OPTIONAL)
_TYPE = USAGE_RATED.name.encode()


class Use(NamedTuple):
    """One revision of a use with its derived ids. cause_id: derived from the record's own event id.

    record: of a call or of another use. key: what its messages are keyed by beside the account. month: of the
    partition that keeps the record. occurred_at: the charging instant.
    """

    record: Any
    source: str
    usage_id: str
    cause_id: str
    key: str
    month: date
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Makes tokens of other parties with the current key."""

    secret: bytes
    key_id: str

    def of(self, account_id: str, party: str) -> str | None:
        """The token of an E.164 number; None for withheld and internal parties."""
        if party[0] != "+":
            return None
        return token_of(party, key=account_key(self.secret, account_id), key_id=self.key_id)


def use_of(call: CallDetailRecord, source: str, event_id: str) -> Use:
    """A call leg with its identity: the usage id is the same for every revision of the leg."""
    usage_id = derived_text(IdKind.USAGE, call.account_id, source, call.call_id, call.leg_id)
    return call_use(call, source, usage_id, derived_text(IdKind.CAUSE, call.account_id, source, event_id))


def call_use(call: CallDetailRecord, source: str, usage_id: str, cause_id: str) -> Use:
    """A call leg whose id is known. cause_id: what makes its next rating be."""
    return Use(
        call, source, usage_id, cause_id, call.call_id, month_of(call.ended_at.date()), charging_instant(call)
    )


@lru_cache(maxsize=4096)
def month_of(day: date) -> date:
    """The first day of a calendar month: the key of monthly partitions."""
    return day.replace(day=1)


def rating(use: Use, priced: Priced, rating_revision: int, tokens: Tokens) -> RatedRow:
    """The rated usage of a priced call, as stored and as published."""
    call, outcome = use.record, priced.outcome
    rated_usage_id = derived_text(IdKind.RATED_USAGE, use.usage_id, str(rating_revision), "+")
    if isinstance(outcome, Rated):
        assert priced.plan is not None, "a rated call was rated by a plan"
        amount, billed_s = outcome.amount, outcome.billed_s
        certificate = certificate_of(priced.plan, outcome)
    else:
        assert isinstance(outcome, ZeroRated), "a call is rated as one"
        amount, billed_s = _FREE, 0
        certificate = certificate_of_free(outcome)
    data = _said_of_call(use)
    data |= {
        "rated_usage_id": rated_usage_id,
        "rating_revision": rating_revision,
        "kind": "rated",
        "use_on": priced.use_on,
        "booked_period": priced.booked_period,
        "currency": priced.currency,
        "amount": str(amount),
        "calls": 1,
        "duration_ms": outcome.duration_ms,
        "billed_s": billed_s,
        "certificate": certificate,
    }
    _add_what_is_known(data, call, outcome, tokens)
    return RatedRow(
        call.account_id,
        rated_usage_id,
        month_of(priced.use_on),
        use.usage_id,
        rating_revision,
        "rated",
        priced.currency,
        amount,
        1,
        outcome.duration_ms,
        billed_s,
        priced.booked_period,
        to_json(data),
    )


def _said_of_call(use: Use) -> dict[str, Any]:
    """What a rating repeats of every call."""
    call: CallDetailRecord = use.record
    return {
        "account_id": call.account_id,
        "usage_id": use.usage_id,
        "cause_id": use.cause_id,
        "category": "call",
        "source": use.source,
        "call_id": call.call_id,
        "leg_id": call.leg_id,
        "usage_revision": call.revision,
        "direction": call.direction,
        "channel": call.channel,
        "disposition": call.disposition,
        "occurred_at": call.started_at if call.answered_at is None else call.answered_at,
        "billed_at": call.ended_at,
    }


def _add_what_is_known(
    data: dict[str, Any], call: CallDetailRecord, outcome: Rated | ZeroRated, tokens: Tokens
) -> None:
    """Add what a call and its rate may say or not; the other party appears as a token only.

    What the call does not say is left out: those bytes would be stored, sent and read three times over.
    """
    token = tokens.of(call.account_id, call.other_party)
    if token is not None:
        data["other_party_token"] = token
    if call.answered_at is not None:
        data["conversation_ms"] = milliseconds_between(call.answered_at, call.ended_at)
    for name, value in zip(_OPTIONAL, _optional(call), strict=True):
        if value is not None:
            data[name] = value
    if isinstance(outcome, Rated) and outcome.rate is not None and outcome.rate.country is not None:
        data["country"] = outcome.rate.country


def reversal(published: bytes, cause_id: str) -> RatedRow:
    """What takes a rating back: the same in every respect, with quantities and amount negated."""
    data = orjson.loads(published)
    rated_usage_id = derived_text(IdKind.RATED_USAGE, data["usage_id"], str(data["rating_revision"]), "-")
    for name in ("calls", "duration_ms", "billed_s"):
        data[name] = -data[name]
    amount = negated(Decimal(data["amount"]))
    booked = booked_period(date.fromisoformat(data["booked_period"]))
    certificate = data["certificate"]
    certificate["billed_s"] = -certificate["billed_s"]
    certificate["exact"] = format(negated(Decimal(certificate["exact"])), "f")
    if "quantity" in certificate:
        certificate["quantity"] = format(negated(Decimal(certificate["quantity"])), "f")
    if "segments" in certificate:
        certificate["segments"] = -certificate["segments"]
    data |= {
        "rated_usage_id": rated_usage_id,
        "kind": "reversal",
        "cause_id": cause_id,
        "amount": format(amount, "f"),
        "booked_period": booked.isoformat(),
    }
    return RatedRow(
        data["account_id"],
        rated_usage_id,
        month_of(date.fromisoformat(data["use_on"])),
        data["usage_id"],
        data["rating_revision"],
        "reversal",
        data["currency"],
        amount,
        data["calls"],
        data["duration_ms"],
        data["billed_s"],
        booked,
        orjson.dumps(data),
    )


def envelope(row: RatedRow, recorded_at: str) -> bytes:
    """The CloudEvents message around a row's data; its id is the rated usage's."""
    return (
        b'{"specversion":"1.0","id":"%b","source":"ringledger/usage-rating","type":"%b","time":"%b",'
        b'"datacontenttype":"application/json","data":%b}'
        % (row.rated_usage_id.encode(), _TYPE, recorded_at.encode(), row.published)
    )


def message_key(account_id: str, key: str) -> bytes:
    """The key of rated usage: account and call id or usage key, so that a large account spreads over partitions."""
    return f"{account_id}|{key}".encode()
