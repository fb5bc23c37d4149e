"""Documents with bands, windows, channels and callers: what is read, written again, and refused by its place."""

import json
from dataclasses import replace
from typing import Any

import pytest

from services.usage_rating.domain.document import canonical_text, to_document
from tests.unit.usage_rating.documents import a_whole_document, parsed, refused


def test_everything_a_plan_can_say_survives_its_document() -> None:
    document = a_whole_document()
    plan = parsed(document)
    text = canonical_text(plan)
    assert parsed(json.loads(text)) == replace(plan, rates=tuple(sorted(plan.rates, key=lambda rate: rate.prefix)))
    assert canonical_text(parsed(json.loads(text))) == text
    windows = {"day": document["windows"]["day"], "holiday": document["windows"]["holiday"]}
    written = to_document(plan)
    assert (written["windows"], written["time_zone"]) == (windows, "Europe/Berlin")
    assert written["holidays"] == ["2026-04-03", "12-25"]


TIMED = "calls.prices.timed"


@pytest.mark.parametrize(
    ("place", "value", "found"),
    [
        (["time_zone"], "Mars/Olympus", ("time_zone", "Mars/Olympus")),
        (["holidays"], ["02-30"], ("holidays[0]", "02-30")),
        (["windows", "day", "spans", 0, "days"], ["monday"], ("windows.day.spans[0].days", "monday")),
        (["windows", "day", "spans", 0, "until"], "08:00", ("windows.day.spans[0].until", "08:00")),
        (["windows", "day", "spans", 0, "from"], "8:00", ("windows.day.spans[0].from", "8:00")),
        (["calls", "prices", "timed", "windows", 0, "window"], "night", (f"{TIMED}.windows[0].window", "night")),
        (["calls", "prices", "timed", "windows", 0, "price"], "made", (f"{TIMED}.windows[0].price", "made")),
        (
            ["calls", "prices", "banded", "bands", 2, "from_s"],
            60,
            ("calls.prices.banded.bands[2].from_s", "60"),
        ),
        (["calls", "prices", "banded", "bands"], [], ("calls.prices.banded.bands", "[]")),
        (
            ["calls", "prices", "banded", "cost_cap", "strategy"],
            "stop",
            ("calls.prices.banded.cost_cap.strategy", "stop"),
        ),
        (["calls", "prices", "made", "by_channel"], {"fax": "in"}, ("calls.prices.made.by_channel.fax", "fax")),
        (["calls", "prices", "made", "otherwise"], "made", ("calls.prices.made.otherwise", "made")),
        (["calls", "outbound", "rates", 3, "price"], "in", ("calls.outbound.rates[3].price", "in")),
        (["calls", "outbound", "rates", 3, "refused"], 1, ("calls.outbound.rates[3].refused", "1")),
    ],
)
def test_what_cannot_be_rated_is_named_with_its_place(
    place: list[Any], value: object, found: tuple[str, str]
) -> None:
    document = a_whole_document()
    inner: Any = document
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    assert found in refused(document)


def test_a_week_with_a_gap_and_windows_that_contend_are_refused() -> None:
    document = a_whole_document()
    del document["calls"]["prices"]["timed"]["otherwise"]
    gaps = [value for field, value in refused(document) if field == f"{TIMED}.windows"]
    assert gaps == ["mon", "mon", "tue", "wed", "thu", "fri", "fri", "sat", "sun"]
    document = a_whole_document()
    document["windows"]["holiday"]["weight"] = 1
    assert refused(document) == [(f"{TIMED}.windows", "holiday")]


def test_windows_without_a_zone_are_refused() -> None:
    document = a_whole_document()
    del document["time_zone"]
    assert refused(document) == [("time_zone", "None")]
