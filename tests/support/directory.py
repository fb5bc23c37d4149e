"""An invented account as tests speak of it: its people, numbers, units, and the calls they make."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from contracts.events.directory import (
    AccountRecorded,
    AssignmentRecorded,
    MemberKind,
    NumberRecorded,
    TeamMembershipRecorded,
    TeamRecorded,
    UnitRecorded,
    UserRecorded,
)
from contracts.events.rated_usage import Certificate, RatedUsage
from contracts.values.ids import IdKind, derived_id
from contracts.values.money import negated

ACCOUNT = "harbour-care"
NUMBER = "+442079460018"
OTHER_NUMBER = "+442079460019"
OPENED = "2026-01-01T00:00:00Z"


def at(text: str) -> datetime:
    """The instant that RFC 3339 writes so."""
    return datetime.fromisoformat(text)


def unit_id(name: str, account: str = ACCOUNT) -> str:
    """The id of the unit that tests call so."""
    return str(derived_id(IdKind.DIRECTORY, account, "unit", name))


def an_account(account: str = ACCOUNT, *, version: int = 1, **more: Any) -> AccountRecorded:
    fields = {"name": "Harbour Care", "currency": "EUR", "zone": "Europe/London"} | more
    return AccountRecorded(account_id=account, version=version, **fields)


def a_unit(called: str = "Claims", *, account: str = ACCOUNT, version: int = 1, **more: Any) -> UnitRecorded:
    fields = {"name": called} | more
    return UnitRecorded(account_id=account, unit_id=unit_id(called, account), version=version, **fields)


def a_number(
    number: str = NUMBER, *, account: str = ACCOUNT, version: int = 1, since: str = OPENED, until: str | None = None
) -> NumberRecorded:
    return NumberRecorded(
        account_id=account, number=number, version=version, from_at=at(since), until_at=until and at(until)
    )


def a_user(user: str = "agent-17", *, account: str = ACCOUNT, version: int = 1) -> UserRecorded:
    return UserRecorded(
        account_id=account, user_id=user, version=version, name="Ada Moss", email="ada@harbour-care.example"
    )


def a_team(team: str = "evening", *, account: str = ACCOUNT, version: int = 1) -> TeamRecorded:
    return TeamRecorded(account_id=account, team_id=team, version=version, name="Evening shift")


def a_membership(
    team: str = "evening",
    user: str = "agent-17",
    *,
    account: str = ACCOUNT,
    version: int = 1,
    since: str = OPENED,
    until: str | None = None,
) -> TeamMembershipRecorded:
    return TeamMembershipRecorded(
        account_id=account,
        membership_id=f"{team}-{user}",
        version=version,
        team_id=team,
        user_id=user,
        from_at=at(since),
        until_at=until and at(until),
    )


def an_assignment(
    member: str = NUMBER,
    unit: str = "Claims",
    *,
    kind: MemberKind = "number",
    account: str = ACCOUNT,
    version: int = 1,
    since: str = OPENED,
    until: str | None = None,
    name: str = "",
    deleted: bool = False,
    weight: int = 1,
    primary: bool = False,
) -> AssignmentRecorded:
    """name: tells two assignments of one member to one unit apart."""
    return AssignmentRecorded(
        account_id=account,
        assignment_id=str(derived_id(IdKind.DIRECTORY, account, "assignment", kind, member, unit, name)),
        version=version,
        unit_id=unit_id(unit, account),
        member_kind=kind,
        member=member,
        from_at=at(since),
        until_at=until and at(until),
        weight=weight,
        primary=primary,
        deleted=deleted,
    )


_RATED_CALL: dict[str, Any] = {
    "kind": "rated",
    "category": "call",
    "source": "pbx",
    "leg_id": "1",
    "direction": "outbound",
    "channel": "manual",
    "disposition": "answered",
    "currency": "EUR",
    "calls": 1,
    "duration_ms": 124_500,
    "country": "DE",
    "other_party_token": "k1.7f3kq0Zb5m2VwJtXc9RdPA",
}


def a_rated_call(
    call: str = "call-1",
    *,
    account: str = ACCOUNT,
    amount: str = "0.045830",
    answered: str = "2026-06-02T08:15:00Z",
    own_number: str | None = NUMBER,
    user: str | None = None,
    rating_revision: int = 1,
    booked_period: date = date(2026, 6, 1),
    billed_s: int = 126,
    **more: Any,
) -> RatedUsage:
    usage = str(derived_id(IdKind.USAGE, account, "pbx", call, "1"))
    fields = _RATED_CALL | {
        "account_id": account,
        "rated_usage_id": str(derived_id(IdKind.RATED_USAGE, usage, str(rating_revision), "+")),
        "usage_id": usage,
        "rating_revision": rating_revision,
        "cause_id": str(derived_id(IdKind.CALL_EVENT, call, str(rating_revision))),
        "call_id": call,
        "usage_revision": rating_revision,
        "occurred_at": at(answered),
        "billed_at": at(answered),
        "use_on": at(answered).date(),
        "booked_period": booked_period,
        "amount": Decimal(amount),
        "billed_s": billed_s,
        "certificate": Certificate(
            charged_duration="answered_to_ended",
            billed_s=billed_s,
            exact=Decimal(amount),
            rounding="half_up",
            scale=6,
            plan_id="standard",
            plan_version=1,
            prefix="4930",
        ),
        "own_number": own_number,
        "user_id": user,
    }
    return RatedUsage(**fields | more)


_RATED_MESSAGE: dict[str, Any] = {
    "account_id": ACCOUNT,
    "kind": "rated",
    "category": "message",
    "source": "pbx",
    "channel": "sms",
    "direction": "outbound",
    "currency": "EUR",
    "calls": 1,
    "duration_ms": 0,
    "billed_s": 0,
    "own_number": NUMBER,
}


def a_rated_message(
    key: str = "sms-1",
    *,
    amount: str = "0.140000",
    sent: str = "2026-06-02T08:15:00Z",
    rating_revision: int = 1,
    **more: Any,
) -> RatedUsage:
    """A text message of two segments."""
    usage = str(derived_id(IdKind.USAGE, ACCOUNT, "pbx", key))
    fields = _RATED_MESSAGE | {
        "rated_usage_id": str(derived_id(IdKind.RATED_USAGE, usage, str(rating_revision), "+")),
        "usage_id": usage,
        "rating_revision": rating_revision,
        "cause_id": str(derived_id(IdKind.CALL_EVENT, key, str(rating_revision))),
        "usage_key": key,
        "usage_revision": rating_revision,
        "occurred_at": at(sent),
        "billed_at": at(sent),
        "use_on": at(sent).date(),
        "booked_period": at(sent).date().replace(day=1),
        "amount": Decimal(amount),
        "certificate": Certificate(
            charged_duration="none",
            billed_s=0,
            exact=Decimal(amount),
            rounding="half_up",
            scale=6,
            unit_price=Decimal(amount) / 2,
            quantity=Decimal(2),
            segments=2,
        ),
    }
    return RatedUsage(**fields | more)


def its_reversal(usage: RatedUsage) -> RatedUsage:
    """What takes it back: repeated with every amount and quantity negated."""
    return replace(
        usage,
        rated_usage_id=str(derived_id(IdKind.RATED_USAGE, usage.usage_id, str(usage.rating_revision), "-")),
        kind="reversal",
        amount=negated(usage.amount),
        calls=-usage.calls,
        duration_ms=-usage.duration_ms,
        billed_s=-usage.billed_s,
        certificate=replace(usage.certificate, billed_s=-usage.billed_s, exact=negated(usage.certificate.exact)),
    )


def a_working_account(account: str = ACCOUNT, *, units: Sequence[str] = ("Claims", "Sales")) -> list[Any]:
    """An account with units, one number in the first of them, and one user in no unit."""
    return [
        an_account(account),
        *(a_unit(name, account=account) for name in units),
        a_number(account=account),
        a_user(account=account),
        an_assignment(unit=units[0], account=account),
    ]
