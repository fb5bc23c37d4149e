"""Days and billing periods in an account's zone: one pure calendar, used by every service."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class CalendarError(ValueError):
    """A zone that does not exist, or an anchor day outside 1–28."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A half-open billing period [start_on, end_on) in local days; it is named by its first day."""

    start_on: date
    end_on: date

    def __contains__(self, day: date) -> bool:
        return self.start_on <= day < self.end_on

    @property
    def days(self) -> int:
        """Calendar days in the period."""
        return (self.end_on - self.start_on).days


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone called `name`. Raises CalendarError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarError(f"{name!r} is not a time zone of the IANA database") from error


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day on which an aware instant falls in the zone."""
    return instant.astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC.

    Midnight may not exist on a day the clock is put forward (Santiago, Beirut): `zoneinfo` then reads it
    with the offset before the change, which is the instant the day begins.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The half-open instants [start, end) of a local day in UTC: 23, 24 or 25 hours."""
    return start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)


def period_of(day: date, *, anchor_day: int = 1) -> Period:
    """The period that holds `day`: calendar months, or months that begin on `anchor_day` (1–28).

    Raises CalendarError for any other anchor, because not every month has the days 29–31.
    """
    if not 1 <= anchor_day <= 28:
        raise CalendarError(f"an anchor day is 1 to 28, not {anchor_day}")
    start = day.replace(day=anchor_day)
    if start > day:
        start = _month_after(start, -1)
    return Period(start_on=start, end_on=_month_after(start, 1))


def period_bounds(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The half-open instants [start, end) of a period in UTC."""
    return start_of_day(period.start_on, zone), start_of_day(period.end_on, zone)


def _month_after(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return day.replace(year=index // 12, month=index % 12 + 1)
