"""The load of a fault run, drawn from a seed: calls, repeats, contradictions, poison and revisions, in order."""

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any
from zlib import crc32

import orjson

from tests.live.faults.calls import Call, draw_call
from tests.live.faults.cast import LATE_MOVE, NEWCOMER, Account
from tests.live.faults.poison import Poisoned, poisoned
from tests.live.faults.prices import WINDOW_BEGINS

PARTITIONS = 12
SOURCE = "fault-run"
WINDOW = timedelta(hours=24)
MARK = "fault-run-number"
"""The header that numbers every record; services look at no header of a structured event."""

DUPLICATES, CONFLICTS, POISON = 0.03, 0.01, 0.01
REVISED, REISSUED, NEWCOMERS, STRANGE_HEADERS = 0.02, 0.003, 0.01, 0.005
FOLLOW_UP_WITHIN = 4000
"""Records after which a repeat, contradiction or revision comes at the latest."""


class Kind(Enum):
    """What a record is, and so what must become of it."""

    EVENT = "event"
    """Says something new: the first time it is accepted or suspended, every further time a duplicate."""
    REISSUE = "reissue"
    """The same leg, revision and content under another event id: a duplicate whenever it comes."""
    CONFLICT = "conflict"
    """An event id that is taken, with other content; sent to the same partition after the first was confirmed."""
    POISON = "poison"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One record to send. after: the number of the record that must be confirmed before this one is sent."""

    number: int
    kind: Kind
    event_id: str
    partition: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    call: Call | None = None
    after: int | None = None
    poison: Poisoned | None = None


@dataclass(order=True, slots=True)
class _Due:
    slot: int
    order: int
    what: Any = field(compare=False)


@dataclass(slots=True, kw_only=True)
class Load:
    """Exactly `count` records, the same for the same seed, however they are sent."""

    seed: int
    count: int
    cast: dict[str, Account]
    _random: random.Random = field(init=False)
    _later: list[_Due] = field(default_factory=list)
    _legs: int = 0
    _number: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def __iter__(self) -> Iterator[Sending]:
        while self._number < self.count:
            if self._later and (self._later[0].slot <= self._number or self._nearly_full()):
                yield self._numbered(**heapq.heappop(self._later).what)
            elif self._random.random() < POISON:
                yield self._poison()
            else:
                yield self._new_leg()

    @property
    def share_before_late_move(self) -> float:
        """The share of records that are sent before the first call from the late move on."""
        return (LATE_MOVE - WINDOW_BEGINS) / WINDOW

    def _nearly_full(self) -> bool:
        return self.count - self._number <= len(self._later)

    def _new_leg(self) -> Sending:
        draw = self._random
        self._legs += 1
        newcomer = draw.random() < NEWCOMERS
        known = [account for account in self.cast.values() if account.account_id != NEWCOMER]
        account = self.cast[NEWCOMER] if newcomer else draw.choice(known)
        at = WINDOW_BEGINS + WINDOW * (self._number / self.count)
        call = draw_call(draw, account, leg=f"{self.seed}-{self._legs}", at=at)
        first = self._numbered(**_event(call, f"e{call.leg}-1"))
        self._follow_up(call, first)
        return first

    def _follow_up(self, call: Call, first: Sending) -> None:
        draw = self._random
        if draw.random() < DUPLICATES:
            again = _event(call, first.event_id, headers=first.headers[:-1])
            if draw.random() < 0.5:
                again["partition"] = (first.partition + draw.randrange(1, PARTITIONS)) % PARTITIONS
            self._put_off(again)
        if draw.random() < CONFLICTS:
            other = _event(call.lasting(call.duration_ms + 60_000), first.event_id)
            self._put_off(other | {"kind": Kind.CONFLICT, "call": call, "after": first.number})
        if draw.random() < REISSUED:
            self._put_off(_event(call, f"e{call.leg}-again") | {"kind": Kind.REISSUE})
        if draw.random() < REVISED:
            self._revise(call)

    def _revise(self, call: Call) -> None:
        """A higher revision, or a void; sometimes two of which the lower comes late, sometimes elsewhere."""
        draw = self._random
        second, third = call.revised(2, draw), call.revised(3, draw)
        records = [_event(second, f"e{call.leg}-2")]
        if draw.random() < 0.3:
            records.append(_event(third, f"e{call.leg}-3"))
        for record in records:
            if draw.random() < 0.3:
                record["partition"] = draw.randrange(PARTITIONS)
            self._put_off(record)

    def _put_off(self, what: dict[str, Any]) -> None:
        within = min(FOLLOW_UP_WITHIN, max(20, self.count // 10))
        slot = self._number + self._random.randrange(1, within)
        heapq.heappush(self._later, _Due(slot, self._random.getrandbits(40), what))

    def _poison(self) -> Sending:
        bad = poisoned(self._random, orjson.loads(_value(self._any_call(), f"p{self._number}")))
        return self._numbered(
            kind=Kind.POISON,
            event_id="",
            partition=self._random.randrange(PARTITIONS),
            key=bad.key,
            value=bad.value,
            headers=bad.headers,
            poison=bad,
        )

    def _any_call(self) -> Call:
        account = self._random.choice(list(self.cast.values()))
        return draw_call(self._random, account, leg=f"poison-{self._number}", at=WINDOW_BEGINS)

    def _numbered(self, **fields: Any) -> Sending:
        number = self._number
        self._number += 1
        strange: tuple[tuple[str, bytes], ...] = ()
        if fields["kind"] is Kind.EVENT and self._random.random() < STRANGE_HEADERS:
            strange = (("x-trace", b"\xff\xfe not UTF-8"),)
        fields["headers"] = (*fields["headers"], *strange, (MARK, b"%d" % number))
        return Sending(number=number, **fields)


def _event(call: Call, event_id: str, headers: tuple[tuple[str, bytes], ...] = ()) -> dict[str, Any]:
    key = f"{call.account_id}|{call.call_id}".encode()
    return {
        "kind": Kind.EVENT,
        "event_id": event_id,
        "partition": crc32(key) % PARTITIONS,
        "key": key,
        "value": _value(call, event_id),
        "headers": headers,
        "call": call,
    }


def _value(call: Call, event_id: str) -> bytes:
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": SOURCE,
            "type": "ringledger.call-recorded.v1",
            "time": call.ended_at,
            "datacontenttype": "application/json",
            "data": call.document(),
        }
    )
