"""Windows of the week: at which instants a price by day and time of day counts, in the plan's zone.

A window is open at an instant when one of its spans names the local day (or `holiday`, and the day is one) and
holds the local time of day. Clock changes need no rule of their own: whatever the wall clock shows at the instant
counts, so that an hour the clocks repeat is priced by its name both times, and one they skip is never seen.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAY = "holiday"
DAY_MINUTES = 1440
_KEPT_DAYS = 2_000
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time of day on some days: minutes since local midnight, half-open. days: `mon` … `sun`, `holiday`."""

    days: frozenset[str]
    from_minute: int
    until_minute: int

    def __post_init__(self) -> None:
        if not 0 <= self.from_minute < self.until_minute <= DAY_MINUTES:
            raise ValueError("a span lies within one day and is not empty")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A named part of the week. weight: where several windows are open, the greatest counts."""

    name: str
    weight: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holidays:
    """Days that count as `holiday`: dates, and days of every year as (month, day)."""

    dates: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def __contains__(self, day: date) -> bool:
        return day in self.dates or (day.month, day.day) in self.yearly


class Timetable:
    """Which of some windows counts at an instant, in one zone with its holidays."""

    __slots__ = ("_days", "_edges", "_holidays", "_windows", "_zone")

    def __init__(self, windows: Sequence[Window], zone: ZoneInfo, holidays: Holidays) -> None:
        self._windows = tuple(windows)
        self._zone = zone
        self._holidays = holidays
        self._edges = sorted(
            {0}
            | {span.from_minute for window in windows for span in window.spans}
            | {span.until_minute for window in windows for span in window.spans if span.until_minute < DAY_MINUTES}
        )
        self._days: dict[date, tuple[list[datetime], list[int | None]]] = {}

    def at(self, instant: datetime) -> tuple[int | None, datetime]:
        """(position of the window that counts, None for none; the instant until which that does not change).

        instant: in UTC. What comes next may be the same window again.
        """
        day = instant.date()
        kept = self._days.get(day)
        if kept is None:
            if len(self._days) >= _KEPT_DAYS:
                self._days.clear()
            kept = self._days[day] = self._of_day(day)
        starts, counting = kept
        position = bisect_right(starts, instant) - 1
        return counting[position], starts[position + 1]

    def _of_day(self, day: date) -> tuple[list[datetime], list[int | None]]:
        """The instants of a day in UTC at which something may change, its end last, and what counts from each on.

        Days of UTC are the pieces, not local ones: those always follow one another, whatever clocks do at midnight.
        """
        begin = datetime.combine(day, time(), UTC)
        end = begin + timedelta(days=1)
        first, last = begin.astimezone(self._zone).date(), end.astimezone(self._zone).date()
        instants = {begin, *self._clock_changes(begin, end)}
        for local_day in {first, day, last}:
            for minute in self._edges:
                wall = datetime.combine(local_day, time(minute // 60, minute % 60), self._zone)
                instants |= {wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
        starts = sorted(instant for instant in instants if begin <= instant < end)
        counting = [self._counting(start.astimezone(self._zone)) for start in starts]
        return [*starts, end], counting

    def _clock_changes(self, begin: datetime, end: datetime) -> Iterable[datetime]:
        """Where the offset of the zone changes within a day, to the minute."""
        if begin.astimezone(self._zone).utcoffset() == end.astimezone(self._zone).utcoffset():
            return
        offset = begin.astimezone(self._zone).utcoffset()
        low, high = 0, int((end - begin) / _MINUTE)
        while high - low > 1:
            middle = (low + high) // 2
            if (begin + middle * _MINUTE).astimezone(self._zone).utcoffset() == offset:
                low = middle
            else:
                high = middle
        yield begin + high * _MINUTE

    def _counting(self, local: datetime) -> int | None:
        """The window of the greatest weight that is open at a local time; of equal ones the first."""
        minute = local.hour * 60 + local.minute
        days = {WEEKDAYS[local.weekday()], *((HOLIDAY,) if local.date() in self._holidays else ())}
        open_now = [
            (-window.weight, position)
            for position, window in enumerate(self._windows)
            if any(span.from_minute <= minute < span.until_minute and days & span.days for span in window.spans)
        ]
        return min(open_now)[1] if open_now else None


def gaps(windows: Iterable[Window]) -> list[tuple[str, int, int]]:
    """Where in the week no window is open: (day, from minute, until minute). Holidays are their weekday here."""
    found: list[tuple[str, int, int]] = []
    for day in WEEKDAYS:
        at = 0
        spans = [span for window in windows for span in window.spans if day in span.days]
        for span in sorted(spans, key=lambda one: one.from_minute):
            if span.from_minute > at:
                found.append((day, at, span.from_minute))
            at = max(at, span.until_minute)
        if at < DAY_MINUTES:
            found.append((day, at, DAY_MINUTES))
    return found


def contested(windows: Sequence[Window]) -> list[tuple[Window, Window, str]]:
    """Pairs of windows of one weight that are open at the same time, with a day on which they are.

    `holiday` meets every weekday, because a holiday falls on one.
    """
    found = []
    for later, window in enumerate(windows):
        for earlier in windows[:later]:
            if earlier.weight == window.weight and (day := _common_day(earlier, window)) is not None:
                found.append((earlier, window, day))
    return found


def _common_day(one: Window, other: Window) -> str | None:
    for a in one.spans:
        for b in other.spans:
            if a.from_minute < b.until_minute and b.from_minute < a.until_minute:
                same = sorted(a.days & b.days, key=[*WEEKDAYS, HOLIDAY].index)
                if same:
                    return same[0]
                if (HOLIDAY in a.days and b.days) or (HOLIDAY in b.days and a.days):
                    return HOLIDAY
    return None
