"""What usage_rating reads, as it is published: calls, and facts of accounts and numbers."""

from datetime import UTC, datetime

import orjson

from contracts.events.call import CALL_RECORDED, CallDetailRecord
from contracts.events.envelope import encode
from contracts.events.facts import ACCOUNT_FACT, NUMBER_FACT, AccountFact, NumberFact
from services.usage_rating.domain.plan import NumberKind

BEGAN_AT = datetime(2026, 7, 1, 12, tzinfo=UTC)


def call_message(call: CallDetailRecord, event_id: str, *, source: str = "pbx", **unknown: object) -> bytes:
    """A call as its platform publishes it, with fields nobody declared."""
    value = encode(kind=CALL_RECORDED, event_id=event_id, source=source, time=call.ended_at, data=call)
    if not unknown:
        return value
    event = orjson.loads(value)
    event["data"] |= unknown
    return orjson.dumps(event)


def an_account_fact(
    account_id: str = "acme",
    *,
    currency: str = "EUR",
    zone: str = "Europe/Berlin",
    anchor_day: int = 1,
    version: int = 1,
    deleted: bool = False,
) -> AccountFact:
    """An account as billing_units tells it."""
    return AccountFact(
        account_id=account_id,
        version=version,
        currency=currency,
        zone=zone,
        anchor_day=anchor_day,
        split_policy="equal",
        deleted=deleted,
    )


def a_number_fact(
    number: str,
    *,
    account_id: str = "acme",
    kind: NumberKind | None = "local",
    from_at: datetime = datetime(2020, 1, 1, tzinfo=UTC),
    until_at: datetime | None = None,
    version: int = 1,
    deleted: bool = False,
) -> NumberFact:
    """A number the account holds, as billing_units tells it."""
    return NumberFact(
        account_id=account_id,
        number=number,
        version=version,
        from_at=from_at,
        until_at=until_at,
        country=None,
        kind=kind,
        deleted=deleted,
    )


def fact_message(fact: AccountFact | NumberFact) -> bytes:
    """The fact as billing_units publishes it."""
    subject = fact.number if isinstance(fact, NumberFact) else fact.account_id
    source, at = "ringledger/billing-units", BEGAN_AT
    event_id = f"{fact.account_id}-{subject}-{fact.version}"
    if isinstance(fact, NumberFact):
        return encode(kind=NUMBER_FACT, event_id=event_id, source=source, time=at, data=fact)
    return encode(kind=ACCOUNT_FACT, event_id=event_id, source=source, time=at, data=fact)
