"""Pricing again: by which activations, what would change, and which parts the work falls into."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from contracts.values.call_times import LONGEST_CALL
from services.usage_rating.domain.activation import Activation, Activations

State = Literal["requested", "previewing", "previewed", "approved", "posting", "posted", "cancelled"]
"""requested → previewing → previewed → approved → posting → posted; cancelled before anybody approved."""

SLICES = 16
"""Parts that the uses of a month fall into, by the first digit of their ids."""

_ANY_ZONE = timedelta(days=1)
"""A call is stored under the month of its end in its platform's own zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is priced again: the account's uses of [from_at, to_at) by their charging instants.

    plan_id: under this plan instead of by the activations that stand; plan_version: None for its newest.
    """

    account_id: str
    from_at: datetime
    to_at: datetime
    plan_id: str | None = None
    plan_version: int | None = None


class Term(NamedTuple):
    """What a rating comes to: its amount, and the plan version that its certificate names, if any."""

    amount: Decimal
    plan_id: str | None
    plan_version: int | None


class _Stretch(NamedTuple):
    """From an instant on, a plan version of the account or (None) of everybody."""

    from_at: datetime
    account_id: str | None
    plan_id: str
    plan_version: int


def course_of(activations: Iterable[Activation], asked: Asked) -> tuple[Activation, ...]:
    """Those of the activations that price any instant of what is asked, in order of time."""
    listed = list(activations)
    standing = Activations(listed)
    begin = {one.effective_at for one in listed if asked.from_at < one.effective_at < asked.to_at}
    found = {}
    for instant in sorted({asked.from_at, *begin}):
        activation = standing.at(asked.account_id, instant)
        if activation is not None:
            found[activation.activation_id] = activation
    return tuple(found.values())


def months_of(asked: Asked) -> tuple[date, ...]:
    """First days of the months under which the uses can be stored: a call is kept under the month of its end."""
    first = (asked.from_at.astimezone(UTC) - _ANY_ZONE).date().replace(day=1)
    last = (asked.to_at.astimezone(UTC) + LONGEST_CALL + _ANY_ZONE).date().replace(day=1)
    months = []
    while first <= last:
        months.append(first)
        first = (first + timedelta(days=32)).replace(day=1)
    return tuple(months)


def slice_ids(place: int) -> tuple[str, str]:
    """(the greatest id before a slice, its last id); the id of zeros is no use's."""
    width = 1 << 128 - (SLICES.bit_length() - 1)
    return str(UUID(int=max(place * width - 1, 0))), str(UUID(int=(place + 1) * width - 1))


def prices_alike(one: Sequence[Activation], other: Sequence[Activation], from_at: datetime) -> bool:
    """Whether two courses price every use from an instant on alike."""
    return _stretches(one, from_at) == _stretches(other, from_at)


def _stretches(course: Sequence[Activation], from_at: datetime) -> tuple[_Stretch, ...]:
    return tuple(
        _Stretch(max(one.effective_at, from_at), one.account_id, one.plan_id, one.plan_version) for one in course
    )
