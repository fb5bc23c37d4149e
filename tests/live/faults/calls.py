"""One call leg of a fault run: what the platform says of it, and what it must cost whom."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.live.faults.cast import NOBODYS_UNIT, Account, written
from tests.live.faults.prices import INBOUND, PRICELESS, billed_seconds, micros, tariff_for

_DESTINATIONS = ("+493022", "+491512", "+491712", "+442071", "+447700", "+121255", "+130555", "+331422")
_ZONES: dict[str, ZoneInfo] = {}


@dataclass(frozen=True, slots=True)
class Due:
    """What one leg must cost in the end: amount in millionths, quantities, and who shares them.

    units: the units that owe it equally, in order of their ids; none: unassigned.
    """

    micros: int
    billed_s: int
    duration_ms: int
    units: tuple[str, ...]
    period: date


@dataclass(frozen=True, slots=True)
class Call:
    """One revision of one leg, outbound or inbound."""

    account: Account = field(repr=False)
    leg: str
    revision: int
    voided: bool
    direction: str
    own_number: str
    other_party: str
    user: str | None
    override: str | None
    started_at: datetime
    answered_at: datetime | None
    duration_ms: int
    billable_ms: int | None

    @property
    def account_id(self) -> str:
        return self.account.account_id

    @property
    def call_id(self) -> str:
        return f"c{self.leg}"

    @property
    def ended_at(self) -> datetime:
        return (self.answered_at or self.started_at) + timedelta(milliseconds=self.duration_ms)

    def lasting(self, duration_ms: int) -> "Call":
        """The same call with another duration."""
        return replace(self, duration_ms=duration_ms, billable_ms=None)

    def revised(self, revision: int, draw: random.Random) -> "Call":
        """A later word about the leg: another duration, or that it never was."""
        longer = self.lasting(self.duration_ms + draw.randrange(1000, 90_000))
        return replace(longer, revision=revision, voided=draw.random() < 0.3)

    def document(self) -> dict[str, Any]:
        """The data of its event."""
        document: dict[str, Any] = {
            "account_id": self.account_id,
            "call_id": self.call_id,
            "leg_id": "1",
            "revision": self.revision,
            "voided": self.voided,
            "direction": self.direction,
            "channel": "inbound" if self.direction == "inbound" else "dialer",
            "own_number": self.own_number,
            "other_party": self.other_party,
            "disposition": "answered" if self.answered_at else "no_answer",
            "started_at": written(self.started_at),
            "ended_at": written(self.ended_at),
            "campaign_id": "autumn",
            "user_id": self.user,
            "unit_override": self.override,
            "invented_by_the_platform": True,
        }
        if self.answered_at is not None:
            document["answered_at"] = written(self.answered_at)
        if self.billable_ms is not None:
            document["billable_duration_ms"] = self.billable_ms
        return document

    def due(self) -> Due | None:
        """What it must cost when this is the leg's highest revision; None when it is void or has no price."""
        if self.voided:
            return None
        billed_s = amount = charged_ms = 0
        if self.answered_at is not None:
            charged_ms = self.duration_ms if self.billable_ms is None else self.billable_ms
        if charged_ms:
            tariff = INBOUND if self.direction == "inbound" else tariff_for(self.other_party, self._charged_at)
            if tariff is None:
                return None
            billed_s = billed_seconds(tariff, charged_ms)
            amount = micros(tariff, billed_s)
        return Due(amount, billed_s, charged_ms, self._units(), self._period())

    @property
    def _charged_at(self) -> datetime:
        return self.answered_at or self.started_at

    def _units(self) -> tuple[str, ...]:
        return self.account.units_of(
            own_number=self.own_number, user=self.user, override=self.override, at=self._charged_at
        )

    def _period(self) -> date:
        zone = _ZONES.setdefault(self.account.zone, ZoneInfo(self.account.zone))
        return self.ended_at.astimezone(zone).date().replace(day=1)


def draw_call(draw: random.Random, account: Account, *, leg: str, at: datetime) -> Call:
    """A call that is charged at `at`, to the millisecond; most by a number, some by user, few by override."""
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    numbers = [*account.numbers, *sorted(account.held)[-1:], "+4930999999999"]
    answered = draw.random() < 0.9
    override = None
    if draw.random() < 0.05:
        override = draw.choice([*account.units, NOBODYS_UNIT])
    duration_ms = draw.choice((0, draw.randrange(1, 20_000), draw.randrange(1, 400_000), 60_000))
    target = draw.choice(_DESTINATIONS) if draw.random() < 0.999 else PRICELESS + "49512"
    return Call(
        account=account,
        leg=leg,
        revision=1,
        voided=False,
        direction=draw.choice(("inbound", "outbound", "outbound")),
        own_number=draw.choice(numbers),
        other_party=f"{target}{draw.randrange(10_000, 99_999)}",
        user=draw.choice((*account.users, None)),
        override=override,
        started_at=at - timedelta(seconds=draw.randrange(1, 20)) if answered else at,
        answered_at=at if answered else None,
        duration_ms=duration_ms,
        billable_ms=draw.choice((None, None, None, duration_ms + 333)),
    )
