"""Reads what a document says about time: the zone, the holidays and the named windows of the week."""

from datetime import date

from contracts.values.calendar import CalendarError, zone_of
from services.usage_rating.domain.fields import Fields
from services.usage_rating.domain.reading import is_name, read_day, read_month_day
from services.usage_rating.domain.windows import HOLIDAY, WEEKDAYS, Holidays, Span, Window

_DAYS = (*WEEKDAYS, HOLIDAY)
_MOST_WEIGHT = 1_000


def read_time_zone(top: Fields) -> str:
    """The zone of the plan's windows; needed as soon as there are any."""
    if "time_zone" not in top:
        if "windows" in top:
            top.refuse("time_zone", "is missing: windows are times of day in some zone, such as Europe/Berlin")
        return "UTC"
    name = top.name("time_zone")
    try:
        zone_of(name)
    except CalendarError as error:
        top.refuse("time_zone", f"is no zone ({error})")
        return "UTC"
    return name


def read_holidays(top: Fields) -> Holidays:
    """Days such as 2026-04-03, and days of every year such as 12-25."""
    dates: set[date] = set()
    yearly: set[tuple[int, int]] = set()
    for position, text in enumerate(top.texts("holidays")):
        if (day := read_day(text)) is not None:
            dates.add(day)
        elif (month_day := read_month_day(text)) is not None:
            yearly.add(month_day)
        else:
            says = "is not a day such as 2026-04-03, or of every year such as 12-25"
            top.refuse(f"holidays[{position}]", says, value=text)
    return Holidays(dates=frozenset(dates), yearly=frozenset(yearly))


def read_windows(top: Fields) -> dict[str, Window]:
    """The windows by name."""
    windows = {}
    for name, fields in top.nested("windows", optional=True).objects():
        if not is_name(name):
            fields.refuse("name", "is not a name of 1 to 200 characters", value=name)
        fields.only("weight", "spans")
        spans = tuple(span for item in fields.items("spans") if (span := _span(item)) is not None)
        weight = fields.whole("weight", most=_MOST_WEIGHT, default=0)
        windows[name] = Window(name=name, weight=weight, spans=spans)
    return windows


def _span(fields: Fields) -> Span | None:
    fields.only("days", "from", "until")
    days = fields.texts("days")
    for day in days:
        if day not in _DAYS:
            fields.refuse("days", f"is no day known here ({', '.join(_DAYS)})", value=day)
    if not days:
        fields.refuse("days", "is empty: name the days, or leave the span out")
    start, end = fields.minute("from"), fields.minute("until")
    if start >= end:
        fields.refuse("until", "is not after from: split a span that passes midnight into two")
        return None
    return Span(days=frozenset(days), from_minute=start, until_minute=end)
