"""What makes a platform's record invalid beyond its fields: the same for its consumer and for who takes it in."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.events.directory import SplitChange
from contracts.events.refusals import refusal_of
from contracts.topics import CALLS, DIRECTORY
from services.billing_units import consumers as billing_units
from services.usage_rating.domain import rating
from tests.support.builders import a_call
from tests.support.directory import (
    a_membership,
    a_number,
    a_team,
    a_unit,
    a_user,
    a_working_account,
    an_account,
    an_assignment,
    at,
)

LATER, EARLIER = "2026-06-02T00:00:00Z", "2026-06-01T00:00:00Z"


@pytest.mark.parametrize("data", [*a_working_account(), a_team(), a_membership(), a_user(), a_call()])
def test_what_is_good_is_not_refused(data: Any) -> None:
    assert refusal_of(data) is None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (replace(a_call(), ended_at=at(EARLIER), started_at=at(LATER), answered_at=None), "before started_at"),
        (an_account(currency="EUX"), "currency: 'EUX' is not a currency"),
        (an_account(zone="Europe/Atlantis"), "zone: 'Europe/Atlantis'"),
        (
            an_account(split_changes=tuple(SplitChange(from_at=at(LATER), policy="equal") for _ in range(2))),
            "in order of time",
        ),
        (a_number("+4930"), "not E.164"),
        (a_number("+10000000000"), "not a valid phone number"),
        (a_number(since=LATER, until=EARLIER), "is before from_at"),
        (a_unit("\u200b"), "no visible character"),
        (a_membership(since=LATER, until=EARLIER), "is before from_at"),
        (an_assignment("030 1", kind="number"), "not E.164"),
        (an_assignment(since=LATER, until=EARLIER), "is before from_at"),
    ],
)
def test_what_cannot_be_says_why(data: Any, says: str) -> None:
    assert says in (refusal_of(data) or "")


def test_consumers_ask_the_same() -> None:
    call = replace(a_call(), ended_at=at(EARLIER), started_at=at(LATER), answered_at=None)
    assert rating.refusal_of(call) == refusal_of(call)
    entries = [route for route in billing_units.routes(None, record_max_bytes=1) if route.topic == DIRECTORY.name]
    assert [route.refusal for route in entries] == [refusal_of]
    assert {kind.data for kind in (*CALLS.events, *DIRECTORY.events)} >= {type(call), type(a_user())}
