"""Draws a month of calls for the demo's contact centre: lengths, outcomes, transfers, withheld callers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

from cli.demo.centre import ACCOUNT_ID, MOVED_AT, Centre, Staff
from cli.demo.desks import ALPINA
from cli.demo.moments import Moments
from cli.demo.numbers import drawn_number
from contracts.events.call import CallDetailRecord, Channel, LinkedCall
from contracts.values.phone import WITHHELD

CONTACTS_PER_DESK = 300
"""People each desk talks to; the first of them call most often."""

LONGEST_TALK_MS = 7_200_000

_ANSWERED_OF_100: Mapping[Channel, int] = {
    "inbound": 80,
    "queue_callback": 82,
    "manual": 76,
    "click_to_call": 78,
    "dialer": 62,
}
_UNANSWERED = ("no_answer",) * 7 + ("busy",) * 2 + ("failed",)

Item = TypeVar("Item")


class Weighted(Generic[Item]):
    """Items drawn by whole weights."""

    def __init__(self, weights: Sequence[tuple[Item, int]]) -> None:
        self._items = [item for item, _ in weights]
        self._sums = tuple(accumulate(weight for _, weight in weights))

    def draw(self, rng: Random) -> Item:
        return rng.choices(self._items, cum_weights=self._sums)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """A desk ready for drawing: its staff, its channels by weight and the people it talks to."""

    staff: Staff
    channels: Weighted[Channel]
    contacts: tuple[str, ...]


class Switchboard:
    """Draws one call after the other. The first n calls of a seed are the same however many follow."""

    def __init__(self, *, centre: Centre, rng: Random, name: str) -> None:
        """name: what the call ids begin with; it tells one seed's calls from another's."""
        self._rng = rng
        self._name = name
        self._moments = Moments(rng)
        self._moved = centre.moved_number
        self._units = [unit.unit_id for unit in centre.units]
        seats = {staff.desk.team: self._seat(staff) for staff in centre.staff}
        self._seats = Weighted([(seats[staff.desk.team], staff.desk.share) for staff in centre.staff])
        self._new_holder = next(seat for seat in seats.values() if seat.staff.desk.unit == ALPINA)

    def calls(self, count: int) -> Iterator[CallDetailRecord]:
        """The legs of `count` calls, in the order they are drawn; a transferred call has a second leg."""
        for index in range(1, count + 1):
            call = self._call(f"{self._name}-{index:06d}")
            yield call
            if call.answered_at and call.direction == "inbound" and self._rng.randrange(70) == 0:
                yield self._transfer(call)

    def _seat(self, staff: Staff) -> Seat:
        reach = Weighted(list(staff.desk.reach.items()))
        contacts = tuple(
            drawn_number(reach.draw(self._rng), "mobile" if self._rng.randrange(2) else "local", self._rng)
            for _ in range(CONTACTS_PER_DESK)
        )
        return Seat(staff=staff, channels=Weighted(list(staff.desk.channels.items())), contacts=contacts)

    def _call(self, call_id: str) -> CallDetailRecord:
        rng = self._rng
        seat = self._seats.draw(rng)
        started_at = self._moments.draw(at_night=seat.staff.desk.open_at_night)
        number = rng.choice(seat.staff.numbers)
        if number == self._moved and started_at >= MOVED_AT:
            seat = self._new_holder
        channel = seat.channels.draw(rng)
        contact = seat.contacts[int(rng.random() ** 2 * CONTACTS_PER_DESK)]
        answered = rng.randrange(100) < _ANSWERED_OF_100[channel]
        inbound = channel == "inbound"
        own_number = self._own_number(number, channel)
        talk_ms = self._talk_ms(seat.staff.desk.talk_s)
        waited_at = started_at + timedelta(milliseconds=rng.randrange(2_000, 45_000))
        alone = not answered and channel in ("inbound", "dialer")
        withheld = rng.randrange(100) < 6
        return CallDetailRecord(
            account_id=ACCOUNT_ID,
            call_id=call_id,
            leg_id="1",
            direction="inbound" if inbound else "outbound",
            channel=channel,
            own_number=own_number,
            other_party=WITHHELD if inbound and withheld else contact,
            presented_caller_id=None if inbound else WITHHELD if withheld else own_number,
            user_id=None if alone else rng.choice(seat.staff.user_ids),
            team_id=seat.staff.team_id,
            queue_id=seat.staff.desk.queue if channel in ("inbound", "queue_callback") else None,
            campaign_id=seat.staff.desk.campaign if channel == "dialer" else None,
            disposition=self._disposition(answered=answered, inbound=inbound),
            started_at=started_at,
            answered_at=waited_at if answered else None,
            ended_at=waited_at + timedelta(milliseconds=talk_ms) if answered else waited_at,
            billable_duration_ms=_whole_seconds(talk_ms) if answered and channel == "dialer" else None,
            unit_override=rng.choice(self._units) if rng.randrange(250) == 0 else None,
        )

    def _own_number(self, number: str, channel: Channel) -> str | None:
        """The number used; a call by hand sometimes goes out over a trunk that reports none."""
        by_hand = channel in ("manual", "click_to_call", "queue_callback")
        return None if by_hand and self._rng.randrange(60) == 0 else number

    def _disposition(self, *, answered: bool, inbound: bool) -> str:
        if answered:
            return "answered"
        return "abandoned" if inbound else self._rng.choice(_UNANSWERED)

    def _talk_ms(self, median_s: int) -> int:
        """Conversations are log-normal: most are short, a few go on for half an hour."""
        return min(int(self._rng.lognormvariate(0, 0.8) * median_s * 1000), LONGEST_TALK_MS)

    def _transfer(self, call: CallDetailRecord) -> CallDetailRecord:
        """The outbound leg to somebody outside to whom an inbound call was passed on."""
        started_at = call.ended_at - timedelta(milliseconds=500)
        answered_at = started_at + timedelta(milliseconds=self._rng.randrange(3_000, 15_000))
        return CallDetailRecord(
            account_id=ACCOUNT_ID,
            call_id=call.call_id,
            leg_id="2",
            direction="outbound",
            channel="manual",
            own_number=call.own_number,
            other_party=drawn_number("DE", "mobile", self._rng),
            presented_caller_id=call.own_number,
            user_id=call.user_id,
            team_id=call.team_id,
            disposition="answered",
            started_at=started_at,
            answered_at=answered_at,
            ended_at=answered_at + timedelta(milliseconds=self._talk_ms(120)),
            linked_call=LinkedCall(call_id=call.call_id, leg_id=call.leg_id),
        )


def _whole_seconds(duration_ms: int) -> int:
    """Raised to the next whole second, as a dialer's trunk counts it."""
    return -(-duration_ms // 1000) * 1000
