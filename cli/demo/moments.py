"""When calls happen in the demo's month: the shape of a day and of a week in the centre's own zone."""

from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from random import Random

from cli.demo.centre import MONTH, ZONE
from contracts.values.calendar import period_bounds

_OFFICE = (0, 0, 0, 0, 0, 0, 0, 0, 55, 92, 100, 94, 62, 70, 90, 88, 80, 66, 40, 22, 0, 0, 0, 0)
_ROUND_THE_CLOCK = (3, 2, 2, 2, 2, 3, 8, 22, 60, 92, 100, 94, 66, 72, 90, 88, 80, 68, 52, 38, 26, 16, 9, 5)
"""Weights of the 24 hours of the local day: a morning peak, a dip at lunch, a second peak."""

_WORKING_WEEK = (112, 104, 100, 98, 86, 24, 0)
_WHOLE_WEEK = (112, 104, 100, 98, 86, 40, 18)
"""Weights of Monday to Sunday."""

_DAYS = tuple(MONTH.start_on + timedelta(days=day) for day in range(MONTH.days))
_HOURS = range(24)
_HOUR_MS = 3_600_000
_WEEK = timedelta(days=7)

LAST_START_AT = period_bounds(MONTH, ZONE)[1] - timedelta(hours=5)
"""No call begins later, so that none ends after the month, not even a long one that is transferred at its end."""


class Moments:
    """Draws the instants at which calls begin, in UTC with milliseconds."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._hours = {True: tuple(accumulate(_ROUND_THE_CLOCK)), False: tuple(accumulate(_OFFICE))}
        self._days = {
            at_night: tuple(accumulate(week[day.weekday()] for day in _DAYS))
            for at_night, week in ((True, _WHOLE_WEEK), (False, _WORKING_WEEK))
        }

    def draw(self, *, at_night: bool) -> datetime:
        """An instant of the month. Of the hour that comes twice in October either one may be meant."""
        day = self._rng.choices(_DAYS, cum_weights=self._days[at_night])[0]
        hour = self._rng.choices(_HOURS, cum_weights=self._hours[at_night])[0]
        local = datetime.combine(day, time(hour, fold=self._rng.getrandbits(1)), tzinfo=ZONE)
        at = local.astimezone(UTC) + timedelta(milliseconds=self._rng.randrange(_HOUR_MS))
        return at if at < LAST_START_AT else at - _WEEK
