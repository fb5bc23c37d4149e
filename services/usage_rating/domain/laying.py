"""Lays the increments of a call once, from its answer, and prices each by the band and the window at its start."""

from datetime import datetime, timedelta
from typing import NamedTuple

from services.usage_rating.domain.prices import NEVER, BandUntil, Price, TimedPrice
from services.usage_rating.domain.windows import Timetable

_SECOND = timedelta(seconds=1)


class Step(NamedTuple):
    """Seconds billed at the price of one band. from_s: since the answer. window: its name, None without one."""

    from_s: int
    seconds: int
    band: BandUntil
    window: str | None


class Laid(NamedTuple):
    """A call with its increments laid.

    first: the price at the answer; its fee, minimum and cap are the call's. use_sixtieths: what its seconds cost,
    in sixtieths of 10⁻¹².
    """

    first: Price
    steps: list[Step]
    billed_s: int
    use_sixtieths: int


class NoWindow(NamedTuple):
    """No window of the price is open at an instant of the call."""

    at: datetime


def lay(price: Price, duration_ms: int) -> Laid:
    """The increments of a call at a price with bands, whatever the time."""
    laying = _Laying(price, None, duration_ms)
    laying.go_on(price, None, NEVER)
    return laying.laid()


def lay_timed(timed: TimedPrice, timetable: Timetable, answered_at: datetime, duration_ms: int) -> Laid | NoWindow:
    """The increments of a call at a price by time. timetable: of the windows of `timed`, in their order."""
    laying: _Laying | None = None
    while laying is None or laying.position < laying.seconds:
        instant = answered_at if laying is None else answered_at + laying.position * _SECOND
        found, until = timetable.at(instant)
        if found is not None:
            window, price = timed.windows[found]
            name: str | None = window.name
        elif timed.otherwise is not None:
            price, name = timed.otherwise, None
        else:
            return NoWindow(instant)
        if laying is None:
            laying = _Laying(price, name, duration_ms)
        # An increment that begins before a boundary belongs to what counts before it, so the second is raised.
        laying.go_on(price, name, -((answered_at - until) // _SECOND))
    return laying.laid()


class _Laying:
    """A call whose increments are being laid: the steps that are whole, and the one that may still grow."""

    __slots__ = ("_band", "_first", "_from_s", "_sixtieths", "_steps", "_window", "position", "seconds")

    def __init__(self, first: Price, window: str | None, duration_ms: int) -> None:
        """Lay the initial increment, which the first band prices."""
        initial = first.initial_increment_s
        self.position = initial
        self.seconds = max(-(-duration_ms // 1000), first.minimum_s)
        self._first = first
        self._sixtieths = first.minute_atoms * initial
        self._steps: list[Step] = []
        self._from_s, self._band, self._window = 0, first.bands[0], window

    def go_on(self, price: Price, window: str | None, until_s: int) -> None:
        """Lay every increment that begins before `until_s` and before the end of the call."""
        end = until_s if until_s < self.seconds else self.seconds
        position = self.position
        for band in price.bands:
            if position >= end:
                break
            band_until_s, _, atoms, increment_s, _ = band
            stop = band_until_s if band_until_s < end else end
            if position < stop:
                if atoms != self._band.minute_atoms or window != self._window:
                    self._steps.append(Step(self._from_s, position - self._from_s, self._band, self._window))
                    self._from_s, self._band, self._window = position, band, window
                seconds = -((position - stop) // increment_s) * increment_s
                self._sixtieths += atoms * seconds
                position += seconds
        self.position = position

    def laid(self) -> Laid:
        """The call as it was laid; its steps follow one another from the answer on."""
        self._steps.append(Step(self._from_s, self.position - self._from_s, self._band, self._window))
        return Laid(self._first, self._steps, self.position, self._sixtieths)
