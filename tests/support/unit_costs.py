"""Charges and facts of units in the words of the domain: a test names only what matters to it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from aiokafka.structs import ConsumerRecord

from chassis.intake.events import Event
from contracts.events.charge import CHARGE_ALLOCATED, Allocation, Charge
from contracts.events.envelope import encode, to_json
from contracts.events.facts import ACCOUNT_FACT, UNIT_FACT, AccountFact, UnitFact
from contracts.values.ids import IdKind, derived_id

AT = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
OCTOBER = date(2026, 10, 1)
_SAME_FOR_ALL: dict[str, Any] = {
    "occurred_at": AT,
    "billed_at": AT,
    "own_number": "+4930123456",
    "user_id": "agent-1",
    "prefix": "4930",
    "country": "DE",
    "other_party_token": "k1.7f3kq0Zb5m2VwJtXc9RdPA",
}


def a_unit_id(name: str, account: str = "acme") -> str:
    """The same id for the same name and account."""
    return str(derived_id(IdKind.DIRECTORY, account, "unit", name))


def a_charge(
    number: int,
    amount: str = "0.010000",
    *,
    account: str = "acme",
    unit: str | None = "north",
    used_on: date = date(2026, 10, 5),
    period: date = OCTOBER,
    currency: str = "EUR",
    seconds: int = 60,
    reverses: int | None = None,
) -> Charge:
    """Charge `number` of an account: one call of `seconds`, owed by a unit called so, or by none.

    reverses: the number of the charge it takes back; every quantity is then negative.
    """
    sign = 1 if reverses is None else -1
    unit_id = None if unit is None else a_unit_id(unit, account)
    return Charge(
        account_id=account,
        charge_id=_charge_id(account, number),
        rated_usage_id=str(derived_id(IdKind.RATED_USAGE, account, str(number))),
        usage_id=str(derived_id(IdKind.USAGE, account, str(number if reverses is None else reverses))),
        rating_revision=1,
        allocation_revision=1,
        kind="charge" if reverses is None else "reversal",
        cause_id=str(derived_id(IdKind.CALL_EVENT, account, str(number))),
        category="call",
        direction="outbound",
        channel="dialer",
        **_SAME_FOR_ALL,
        use_on=used_on,
        booked_period=period,
        currency=currency,
        amount=Decimal(amount).copy_abs() * sign,
        calls=sign,
        duration_ms=sign * seconds * 1000,
        billed_s=sign * seconds,
        allocation=Allocation(rule="number" if unit else "unassigned", units=1, directory_revision=1),
        unit_id=unit_id,
        reverses=None if reverses is None else _charge_id(account, reverses),
    )


def _charge_id(account: str, number: int) -> str:
    return str(derived_id(IdKind.CHARGE, account, str(number)))


def a_charge_record(charge: Charge, event_id: str | None = None) -> bytes:
    """The charge as billing_units publishes it."""
    return encode(
        kind=CHARGE_ALLOCATED,
        event_id=event_id or charge.charge_id,
        source="billing_units",
        time=AT,
        data=charge,
    )


def an_event(data: Any, offset: int, *, event_id: str | None = None, partition: int = 0) -> Event[Any]:
    """An event as the chassis hands it to a handler, read at `offset` of a partition."""
    record = ConsumerRecord("billing-units.charges.v1", partition, offset, 0, 0, None, b"", None, 0, 0, ())
    event_id = event_id or getattr(data, "charge_id", str(offset))
    content = to_json(data)
    return Event(data.account_id, "billing_units", event_id, "any", AT, data, content, content[:16], record)


def an_account_fact(account: str = "acme", *, version: int = 1, currency: str = "EUR") -> AccountFact:
    """An account in Berlin whose periods are calendar months."""
    return AccountFact(
        account_id=account,
        version=version,
        currency=currency,
        zone="Europe/Berlin",
        anchor_day=1,
        split_policy="equal",
        deleted=False,
    )


def a_unit_fact(unit: str = "north", account: str = "acme", *, version: int = 1, deleted: bool = False) -> UnitFact:
    """A unit called so."""
    return UnitFact(
        account_id=account,
        unit_id=a_unit_id(unit, account),
        version=version,
        archived_at=None,
        deleted=deleted,
    )


def a_fact_record(fact: AccountFact | UnitFact) -> bytes:
    """The fact as billing_units publishes it."""
    name = fact.unit_id if isinstance(fact, UnitFact) else fact.account_id
    event_id = derived_id(IdKind.FACT, fact.account_id, name, str(fact.version))
    if isinstance(fact, AccountFact):
        return encode(kind=ACCOUNT_FACT, event_id=event_id, source="billing_units", time=AT, data=fact)
    return encode(kind=UNIT_FACT, event_id=event_id, source="billing_units", time=AT, data=fact)
