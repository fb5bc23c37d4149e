"""What the proof says: the sums on both sides, what is on its way, and every check with what it found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from contracts.values.money import EXACT

Flow = Literal["charges", "reported"]
"""`charges`: rated usage becomes charges. `reported`: charges become facts of reporting."""

ROWS_SHOWN = 20
"""Offending rows that are listed of each check; their number is always told in full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums over base rows: how many, money, calls and billed seconds."""

    records: int
    amount: Decimal
    calls: int
    billed_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conserved:
    """One flow of one account, currency and booked period: upstream = downstream + in flight, or not."""

    flow: Flow
    account_id: str
    currency: str
    booked_period: date
    upstream: Sums
    downstream: Sums
    in_flight: Sums

    @property
    def difference(self) -> Decimal:
        """Money that is upstream and neither downstream nor on its way; negative: too much downstream."""
        return EXACT.subtract(EXACT.subtract(self.upstream.amount, self.downstream.amount), self.in_flight.amount)

    @property
    def holds(self) -> bool:
        """Whether money, calls and billed seconds agree exactly."""
        return (
            not self.difference
            and self.upstream.calls == self.downstream.calls + self.in_flight.calls
            and self.upstream.billed_s == self.downstream.billed_s + self.in_flight.billed_s
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """One record on its way. kind: outbox, topic, wait, wait_for_call, conflict, dead_letter; place: where."""

    flow: Flow
    account_id: str
    id: str
    currency: str
    booked_period: date
    amount: Decimal
    calls: int
    billed_s: int
    kind: str
    place: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTheWay:
    """The records of one flow on their way at one kind of place."""

    flow: Flow
    kind: str
    currency: str
    records: int
    amount: Decimal
    oldest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One named check. offending: how many rows break it; rows: the first of them; service: of one, or of all."""

    name: str
    sentence: str
    offending: int
    rows: Sequence[Mapping[str, Any]]
    service: str | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing breaks it."""
        return self.offending == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What the sums do not show yet.

    unread: records of a topic. unpublished: messages in the outbox. retries: accounts whose suspense is to be
    tried again, because something appeared. reratings: approved and not posted to their end. reattributions:
    changes whose charges are still moved. spend: changes of what units spent that nobody has added up.
    """

    service: str
    what: Literal["unread", "unpublished", "retries", "reratings", "reattributions", "spend"]
    records: int
    topic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The whole answer. in_flight: the oldest records; on_the_way counts all of them."""

    taken_at: datetime
    database: str
    account_id: str | None
    period: date | None
    conservation: Sequence[Conserved]
    in_flight: Sequence[InFlight]
    on_the_way: Sequence[OnTheWay]
    checks: Sequence[CheckResult]
    waiting: Sequence[Waiting]
    suspense: Mapping[str, int]
    broker: str = ""
    took_s: float = 0

    @property
    def holds(self) -> bool:
        """Whether everything is conserved and every check holds; what is on its way does not speak against it."""
        return all(line.holds for line in self.conservation) and all(check.holds for check in self.checks)

    @property
    def settled(self) -> bool:
        """Whether nothing is unread, unpublished or on its way."""
        return not self.waiting and not self.on_the_way

    @property
    def differences(self) -> int:
        """Lines of conservation and checks that do not hold."""
        return sum(not line.holds for line in self.conservation) + sum(not check.holds for check in self.checks)
