"""Which window counts at an instant: boundaries, midnight, holidays and clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.usage_rating.domain.windows import (
    DAY_MINUTES,
    HOLIDAY,
    WEEKDAYS,
    Holidays,
    Span,
    Timetable,
    Window,
    contested,
    gaps,
)
from tests.support.builders import an_instant

WORKDAYS = frozenset(WEEKDAYS[:5])


def a_window(name: str, *spans: tuple[str, str], days: frozenset[str] = WORKDAYS, weight: int = 0) -> Window:
    """A window with spans such as ("08:00", "19:00") on its days."""
    return Window(
        name=name,
        weight=weight,
        spans=tuple(
            Span(
                days=days,
                from_minute=int(start[:2]) * 60 + int(start[3:]),
                until_minute=int(end[:2]) * 60 + int(end[3:]),
            )
            for start, end in spans
        ),
    )


def a_timetable(*windows: Window, zone: str = "UTC", holidays: Holidays | None = None) -> Timetable:
    return Timetable(windows, ZoneInfo(zone), holidays or Holidays())


@pytest.mark.parametrize(
    ("local", "counts"),
    [
        ("2026-11-23T07:59:59.999999", None),
        ("2026-11-23T08:00:00", 0),
        ("2026-11-23T18:59:59.999999", 0),
        ("2026-11-23T19:00:00", None),
        ("2026-11-22T12:00:00", None),
    ],
)
def test_a_window_is_half_open_in_local_time(local: str, counts: int | None) -> None:
    zone = ZoneInfo("America/New_York")
    instant = datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(UTC)
    timetable = a_timetable(a_window("peak", ("08:00", "19:00")), zone="America/New_York")
    assert timetable.at(instant)[0] == counts


def test_the_greatest_weight_counts_and_a_holiday_is_a_day_like_any_other() -> None:
    peak = a_window("peak", ("08:00", "19:00"), weight=1)
    holiday = a_window("holiday", ("00:00", "24:00"), days=frozenset({HOLIDAY}), weight=2)
    kept = Holidays(dates=frozenset({date(2026, 4, 3)}), yearly=frozenset({(12, 25)}))
    timetable = a_timetable(peak, holiday, zone="Europe/Berlin", holidays=kept)
    found = [
        timetable.at(an_instant(text))[0]
        for text in ("2026-04-02T10:00:00Z", "2026-04-03T10:00:00Z", "2025-12-25T10:00:00Z", "2026-04-02T22:30:00Z")
    ]
    assert found == [0, 1, 1, 1]


def test_an_hour_that_clocks_repeat_counts_by_its_name_both_times() -> None:
    """Berlin, 25 October 2026: 02:00 to 03:00 comes twice, from 00:00 and from 01:00 UTC."""
    night = a_window("night", ("02:00", "02:30"), days=frozenset(WEEKDAYS))
    timetable = a_timetable(night, zone="Europe/Berlin")
    found = [timetable.at(an_instant(f"2026-10-25T0{text}:00Z")) for text in ("0:00", "0:30", "1:00", "1:30")]
    assert [position for position, _ in found] == [0, None, 0, None]
    assert found[1][1] == an_instant("2026-10-25T01:00:00Z")


def test_an_hour_that_clocks_skip_is_never_seen() -> None:
    """New York, 8 March 2026: the clock goes from 02:00 to 03:00 at 07:00 UTC."""
    night = a_window("night", ("02:00", "03:00"), days=frozenset(WEEKDAYS))
    timetable = a_timetable(night, zone="America/New_York")
    assert timetable.at(an_instant("2026-03-08T06:59:59Z"))[0] is None
    assert timetable.at(an_instant("2026-03-08T07:00:00Z"))[0] is None


minutes = st.integers(0, DAY_MINUTES)
spans = st.builds(
    lambda days, edges: Span(days=frozenset(days), from_minute=min(edges), until_minute=max(edges)),
    st.sets(st.sampled_from([*WEEKDAYS, HOLIDAY]), min_size=1),
    st.tuples(minutes, minutes).filter(lambda edges: edges[0] != edges[1]),
)
windows = st.lists(
    st.builds(
        lambda weight, spans: Window(name="w", weight=weight, spans=tuple(spans)),
        st.integers(0, 3),
        st.lists(spans, min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=4,
)
ZONES = (
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "America/Santiago",
    "America/Havana",
    "Asia/Beirut",
    "Pacific/Apia",
)
CHANGES = (
    "2011-11-06T02:31:00Z",
    "2011-12-30T10:00:00Z",
    "2018-08-12T04:00:00Z",
    "2021-03-27T22:00:00Z",
    "2026-04-04T15:00:00Z",
    "2026-10-25T01:00:00Z",
    "2026-11-01T05:00:00Z",
)
instants = st.builds(
    lambda change, seconds: an_instant(change) + timedelta(seconds=seconds),
    st.sampled_from(CHANGES),
    st.integers(-200_000, 200_000),
)


def counting(windows: list[Window], zone: ZoneInfo, holidays: Holidays, instant: datetime) -> int | None:
    """The law, written down a second time: no edges, no days, only the wall clock."""
    local = instant.astimezone(zone)
    minute = local.hour * 60 + local.minute
    best: int | None = None
    for position, window in enumerate(windows):
        is_open = any(
            span.from_minute <= minute < span.until_minute
            and (WEEKDAYS[local.weekday()] in span.days or (HOLIDAY in span.days and local.date() in holidays))
            for span in window.spans
        )
        if is_open and (best is None or window.weight > windows[best].weight):
            best = position
    return best


@given(windows=windows, zone=st.sampled_from(ZONES), instant=instants, later=st.floats(0, 1))
def test_what_counts_and_how_long_is_what_the_wall_clock_says(
    windows: list[Window], zone: str, instant: datetime, later: float
) -> None:
    holidays = Holidays(yearly=frozenset({(11, 6), (12, 31)}), dates=frozenset({date(2026, 4, 5)}))
    timetable = Timetable(windows, ZoneInfo(zone), holidays)
    found, until = timetable.at(instant)
    assert found == counting(windows, ZoneInfo(zone), holidays, instant)
    assert until > instant
    between = instant + (until - instant - timedelta(microseconds=1)) * later
    assert found == counting(windows, ZoneInfo(zone), holidays, between)


def test_gaps_name_the_day_and_the_time() -> None:
    week = a_window("week", ("00:00", "24:00"), days=frozenset(WEEKDAYS[:6]))
    sunday = a_window("sunday", ("00:00", "10:00"), ("12:00", "24:00"), days=frozenset({"sun"}))
    assert gaps([week, sunday]) == [("sun", 600, 720)]
    assert gaps([week, sunday, a_window("noon", ("10:00", "12:00"), days=frozenset({"sun"}))]) == []


def test_windows_of_one_weight_are_contested_where_both_are_open() -> None:
    early, late = a_window("early", ("00:00", "12:00")), a_window("late", ("11:00", "24:00"))
    holiday = a_window("holiday", ("00:00", "01:00"), days=frozenset({HOLIDAY}))
    assert contested([early, late]) == [(early, late, "mon")]
    assert contested([early, holiday]) == [(early, holiday, HOLIDAY)]
    assert contested([late, holiday]) == []
    assert contested([early, a_window("late", ("11:00", "24:00"), weight=1)]) == []
