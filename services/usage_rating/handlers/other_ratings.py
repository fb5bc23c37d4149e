"""Writes the rated usage of a use that is no call, as it is published."""

from operator import attrgetter
from typing import Any

from contracts.events.envelope import to_json
from contracts.events.usage import UsageRecord
from contracts.values.ids import IdKind, derived_text
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.rating_uses import RatedUse, use_instant
from services.usage_rating.handlers.messages import Tokens, Use, month_of
from services.usage_rating.handlers.pricing import Priced
from services.usage_rating.store import RatedRow

_REPEATED = (
    "call_id",
    "leg_id",
    "channel",
    "direction",
    "meter",
    "own_number",
    "user_id",
    "team_id",
    "queue_id",
    "campaign_id",
    "unit_override",
)
_repeated = attrgetter(*_REPEATED)


def other_use_of(record: UsageRecord, source: str, event_id: str) -> Use:
    """A use with its identity: the usage id is the same for every revision of it."""
    at = use_instant(record)
    return Use(
        record,
        source,
        derived_text(IdKind.USAGE, record.account_id, source, record.usage_key),
        derived_text(IdKind.CAUSE, record.account_id, source, event_id),
        record.call_id or record.usage_key,
        month_of(at.date()),
        at,
    )


def other_rating(use: Use, priced: Priced, rating_revision: int, tokens: Tokens) -> RatedRow:
    """The rated usage of a priced use that is no call, as stored and as published."""
    record: UsageRecord = use.record
    outcome = priced.outcome
    assert isinstance(outcome, RatedUse) and priced.plan is not None, "what is no call is rated by a plan"
    rated_usage_id = derived_text(IdKind.RATED_USAGE, use.usage_id, str(rating_revision), "+")
    data = _said_of_use(use)
    data |= {
        "rated_usage_id": rated_usage_id,
        "rating_revision": rating_revision,
        "kind": "rated",
        "use_on": priced.use_on,
        "booked_period": priced.booked_period,
        "currency": priced.currency,
        "amount": outcome.amount,
        "calls": 1,
        "duration_ms": outcome.duration_ms,
        "billed_s": outcome.billed_s,
        "certificate": certificate_of_use(priced.plan.plan, outcome),
    }
    _add_what_is_known(data, record, outcome, tokens)
    return RatedRow(
        record.account_id,
        rated_usage_id,
        month_of(priced.use_on),
        use.usage_id,
        rating_revision,
        "rated",
        priced.currency,
        outcome.amount,
        1,
        outcome.duration_ms,
        outcome.billed_s,
        priced.booked_period,
        to_json(data),
    )


def _said_of_use(use: Use) -> dict[str, Any]:
    """What a rating repeats of every use, and the leg it belongs to."""
    record: UsageRecord = use.record
    at = use_instant(record)
    data: dict[str, Any] = {
        "account_id": record.account_id,
        "usage_id": use.usage_id,
        "cause_id": use.cause_id,
        "category": record.kind,
        "source": use.source,
        "usage_key": record.usage_key,
        "usage_revision": record.revision,
        "occurred_at": at,
        "billed_at": at,
    }
    if record.call_id is not None and record.leg_id is not None:
        data["follows"] = derived_text(
            IdKind.USAGE, record.account_id, record.call_source or use.source, record.call_id, record.leg_id
        )
    return data


def _add_what_is_known(data: dict[str, Any], record: UsageRecord, outcome: RatedUse, tokens: Tokens) -> None:
    """Add what a use and its rate may say or not; the other party appears as a token only."""
    if record.other_party is not None:
        token = tokens.of(record.account_id, record.other_party)
        if token is not None:
            data["other_party_token"] = token
    for name, value in zip(_REPEATED, _repeated(record), strict=True):
        if value is not None:
            data[name] = value
    if outcome.rate is not None and outcome.rate.country is not None:
        data["country"] = outcome.rate.country


def certificate_of_use(plan: RatePlan, rated: RatedUse) -> dict[str, Any]:
    """How the amount came about; what does not apply is left out."""
    price = rated.minutes
    said: dict[str, Any] = {
        "charged_duration": "none" if price is None else "stated",
        "billed_s": rated.billed_s,
        "exact": rated.exact,
        "rounding": plan.rounding.value,
        "scale": plan.scale,
        "plan_id": plan.plan_id,
        "plan_version": plan.version,
        "unit_price": rated.unit_price,
        "quantity": rated.quantity,
        "segments": rated.segments,
    }
    if rated.rate is not None:
        said |= {"prefix": rated.rate.prefix, "destination": rated.rate.destination}
    if price is not None:
        said |= {
            "per_minute": price.per_minute,
            "minimum_s": price.minimum_s,
            "initial_increment_s": price.initial_increment_s,
            "increment_s": price.increment_s,
        }
    return {name: value for name, value in said.items() if value is not None}
