"""Lays the increments of a call once, from its answer, and prices each by the band and the window at its start."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from services.usage_rating.domain.prices import Price, TimedPrice
from services.usage_rating.domain.windows import Timetable

_NEVER = 2**63
_SECOND = timedelta(seconds=1)


class Step(NamedTuple):
    """Seconds billed at one price per minute. from_s: since the answer. window: its name, None without one."""

    from_s: int
    seconds: int
    per_minute: Decimal
    minute_atoms: int
    window: str | None


class Laid(NamedTuple):
    """A call with its increments laid. first: the price at the answer; its fee, minimum and cap are the call's."""

    first: Price
    steps: tuple[Step, ...]
    billed_s: int


class NoWindow(NamedTuple):
    """No window of the price is open at an instant of the call."""

    at: datetime


class _At(NamedTuple):
    """What counts at a position, and the position from which on something else may."""

    price: Price
    window: str | None
    until_s: int


def lay(price: Price, duration_ms: int) -> Laid:
    """The increments of a call at a price with bands, whatever the time."""
    always = _At(price, None, _NEVER)
    laid = _lay(lambda _: always, duration_ms)
    assert not isinstance(laid, NoWindow), "a price without windows counts at all times"
    return laid


def lay_timed(timed: TimedPrice, timetable: Timetable, answered_at: datetime, duration_ms: int) -> Laid | NoWindow:
    """The increments of a call at a price by time. timetable: of the windows of `timed`, in their order."""

    def counting_at(position_s: int) -> _At | NoWindow:
        instant = answered_at + position_s * _SECOND
        found, until = timetable.at(instant)
        # An increment that begins before a boundary belongs to what counts before it, so the second is raised.
        until_s = -((answered_at - until) // _SECOND)
        if found is None:
            return NoWindow(instant) if timed.otherwise is None else _At(timed.otherwise, None, until_s)
        window, price = timed.windows[found]
        return _At(price, window.name, until_s)

    return _lay(counting_at, duration_ms)


def _lay(counting_at: Callable[[int], _At | NoWindow], duration_ms: int) -> Laid | NoWindow:
    counting = counting_at(0)
    if isinstance(counting, NoWindow):
        return counting
    first = counting.price
    seconds = max(-(-duration_ms // 1000), first.minimum_s)
    steps = [Step(0, first.initial_increment_s, first.per_minute, first.minute_atoms, counting.window)]
    position = first.initial_increment_s
    while position < seconds:
        if position >= counting.until_s:
            counting = counting_at(position)
            if isinstance(counting, NoWindow):
                return counting
        per_minute, atoms, increment_s, band_until_s = _band_at(counting.price, position)
        stop = min(seconds, counting.until_s, band_until_s)
        length = -((position - stop) // increment_s) * increment_s
        steps.append(Step(position, length, per_minute, atoms, counting.window))
        position += length
    return Laid(first, tuple(_joined(steps)), position)


def _band_at(price: Price, position_s: int) -> tuple[Decimal, int, int, int]:
    """(per minute, its atoms, increment, the position where the next band begins)."""
    found = (price.per_minute, price.minute_atoms, price.increment_s)
    for band in price.later_bands:
        if position_s < band.from_s:
            return (*found, band.from_s)
        found = (band.per_minute, band.minute_atoms, band.increment_s)
    return (*found, _NEVER)


def _joined(steps: list[Step]) -> list[Step]:
    """Neighbours of one price and window as one step."""
    joined = steps[:1]
    for step in steps[1:]:
        last = joined[-1]
        if (last.minute_atoms, last.window) == (step.minute_atoms, step.window):
            joined[-1] = last._replace(seconds=last.seconds + step.seconds)
        else:
            joined.append(step)
    return joined
