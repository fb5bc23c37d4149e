"""Every day is in exactly one period and every instant in exactly one day, whatever the clock does."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values.calendar import (
    CalendarError,
    Period,
    day_bounds,
    local_day,
    period_bounds,
    period_of,
    start_of_day,
    zone_of,
)

DAYS = st.dates(min_value=date(2000, 1, 2), max_value=date(2099, 12, 30))
ANCHORS = st.integers(min_value=1, max_value=28)
INSTANTS = st.datetimes(
    min_value=datetime(2012, 1, 1),  # noqa: DTZ001 - Hypothesis takes naive bounds and adds the zone
    max_value=datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
ZONES = st.sampled_from(
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Santiago",
        "America/Havana",
        "Asia/Beirut",
        "Africa/Cairo",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Kiritimati",
    ]
)
MICROSECOND = timedelta(microseconds=1)


@given(day=DAYS, anchor=ANCHORS)
def test_a_day_is_in_its_period_and_in_neither_neighbour(day: date, anchor: int) -> None:
    period = period_of(day, anchor_day=anchor)
    before = period_of(period.start_on - timedelta(days=1), anchor_day=anchor)
    after = period_of(period.end_on, anchor_day=anchor)
    assert day in period
    assert day not in before
    assert day not in after
    assert (before.end_on, after.start_on) == (period.start_on, period.end_on)


@given(day=DAYS, anchor=ANCHORS)
def test_a_period_is_a_month_that_begins_on_the_anchor(day: date, anchor: int) -> None:
    period = period_of(day, anchor_day=anchor)
    assert period.start_on.day == period.end_on.day == anchor
    assert 28 <= period.days <= 31
    assert period.start_on in period
    assert period.end_on not in period


@given(day=DAYS)
def test_periods_without_an_anchor_are_calendar_months(day: date) -> None:
    period = period_of(day)
    assert (period.start_on.year, period.start_on.month, period.start_on.day) == (day.year, day.month, 1)


@pytest.mark.parametrize(
    ("day", "anchor", "period"),
    [
        ("2026-06-02", 1, ("2026-06-01", "2026-07-01")),
        ("2026-12-31", 1, ("2026-12-01", "2027-01-01")),
        ("2026-01-14", 15, ("2025-12-15", "2026-01-15")),
        ("2026-01-15", 15, ("2026-01-15", "2026-02-15")),
        ("2024-02-29", 28, ("2024-02-28", "2024-03-28")),
    ],
)
def test_period_examples(day: str, anchor: int, period: tuple[str, str]) -> None:
    start_on, end_on = (date.fromisoformat(text) for text in period)
    assert period_of(date.fromisoformat(day), anchor_day=anchor) == Period(start_on=start_on, end_on=end_on)


@pytest.mark.parametrize("anchor", [-1, 0, 29, 31])
def test_an_anchor_that_not_every_month_has_is_refused(anchor: int) -> None:
    with pytest.raises(CalendarError, match="1 to 28"):
        period_of(date(2026, 6, 2), anchor_day=anchor)


@given(instant=INSTANTS, zone=ZONES)
def test_an_instant_lies_within_the_bounds_of_its_local_day(instant: datetime, zone: str) -> None:
    start, end = day_bounds(local_day(instant, zone_of(zone)), zone_of(zone))
    assert start <= instant < end


@given(instant=INSTANTS, zone=ZONES)
def test_days_meet_without_gap_or_overlap(instant: datetime, zone: str) -> None:
    here = zone_of(zone)
    day = local_day(instant, here)
    start, end = day_bounds(day, here)
    assert local_day(start, here) == day == local_day(end - MICROSECOND, here)
    assert local_day(end, here) == day + timedelta(days=1)
    assert local_day(start - MICROSECOND, here) == day - timedelta(days=1)


@given(instant=INSTANTS, zone=ZONES, anchor=ANCHORS)
def test_an_instant_lies_within_the_bounds_of_its_period(instant: datetime, zone: str, anchor: int) -> None:
    here = zone_of(zone)
    start, end = period_bounds(period_of(local_day(instant, here), anchor_day=anchor), here)
    assert start <= instant < end


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("America/New_York", "2024-03-09", "2024-03-11"),
        ("America/New_York", "2024-11-02", "2024-11-04"),
        ("Australia/Sydney", "2024-04-06", "2024-04-08"),
    ],
    ids=["I4 spring", "I4 autumn", "I4 Sydney"],
)
def test_days_across_a_clock_change_are_two(zone: str, first: str, last: str) -> None:
    start_on, end_on = date.fromisoformat(first), date.fromisoformat(last)
    assert Period(start_on=start_on, end_on=end_on).days == 2
    hours = (start_of_day(end_on, zone_of(zone)) - start_of_day(start_on, zone_of(zone))) / timedelta(hours=1)
    assert hours in {47, 49}


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("America/Santiago", "2024-09-08", "2024-09-08T04:00:00+00:00", 23),
        ("Asia/Beirut", "2024-03-31", "2024-03-30T22:00:00+00:00", 23),
        ("Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00+00:00", 23),
        ("America/Havana", "2024-11-03", "2024-11-03T04:00:00+00:00", 25),
        ("Africa/Cairo", "2024-10-31", "2024-10-30T21:00:00+00:00", 25),
        ("Australia/Lord_Howe", "2024-10-06", "2024-10-05T13:30:00+00:00", 23.5),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00+00:00", 0),
    ],
)
def test_days_whose_midnight_does_not_exist_or_comes_twice(zone: str, day: str, start: str, hours: float) -> None:
    begins, ends = day_bounds(date.fromisoformat(day), zone_of(zone))
    assert begins.isoformat() == start
    assert (ends - begins) / timedelta(hours=1) == hours


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Europe", "europe/berlin ", "\0"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(CalendarError, match="not a time zone"):
        zone_of(name)
