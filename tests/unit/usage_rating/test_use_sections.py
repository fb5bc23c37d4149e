"""The sections of a plan document for uses that are no calls: read, written, and refused by name."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.intake.events import EventReader
from contracts.events.refusals import refusal_of
from contracts.topics import USAGE
from services.usage_rating.domain.document import parse_document, to_document
from services.usage_rating.domain.plan import RatePlan
from services.usage_rating.domain.problems import Problems

SMS = {"prefix": "49", "destination": "Germany", "country": "DE", "per_segment": "0.07"}
MESSAGES = {
    "sms": {"outbound": {"rates": [SMS]}, "inbound": {"per_segment": "0.01"}},
    "whatsapp": {"outbound": {"per_message": "0.03"}},
}
OF_CALLS = {
    "detections": {"price": "0.005"},
    "recordings": {"per_minute": "0.002", "increment_s": 60},
    "analytics": {"per_minute": "0.01", "increment_s": 1, "initial_increment_s": 30, "minimum_s": 10},
}
SECTIONS = {"messages", "detections", "recordings", "analytics", "metered"}
METERED = {"recording_storage": {"model": "unit", "price": "0.025"}}


def document(**sections: Any) -> dict[str, Any]:
    head = {"schema": 1, "plan_id": "p", "version": 1, "name": "P", "currency": "EUR"}
    return {**head, "effective_from": "2026-01-01T00:00:00Z", "calls": {}, **sections}


def test_a_document_is_read_and_written_alike() -> None:
    plan = parse_document(document(messages=MESSAGES, **OF_CALLS, metered=METERED))
    assert isinstance(plan, RatePlan)
    written = to_document(plan)
    assert {name: written[name] for name in SECTIONS} == {"messages": MESSAGES, **OF_CALLS, "metered": METERED}
    assert parse_document(written) == plan


def test_a_plan_of_calls_only_says_nothing_of_other_uses() -> None:
    plan = parse_document(document())
    assert isinstance(plan, RatePlan)
    assert not SECTIONS & to_document(plan).keys(), "digests of earlier plans stay"


@pytest.mark.parametrize(
    ("sections", "place", "says"),
    [
        ({"messages": {"SMS": {}}}, "messages.SMS", "is not a channel"),
        ({"messages": {"sms": {"outbound": {"per_message": "1"}}}}, "messages.sms.outbound.per_message", "no key"),
        ({"messages": {"mms": {"inbound": {"per_segment": "1"}}}}, "messages.mms.inbound.per_segment", "no key"),
        (
            {"messages": {"sms": {"outbound": {"rates": [SMS, SMS]}}}},
            "messages.sms.outbound.rates[1].prefix",
            "has a rate already",
        ),
        ({"messages": {"sms": {"inbound": {"per_segment": 1}}}}, "messages.sms.inbound.per_segment", "not a price"),
        ({"detections": {"per_minute": "1"}}, "detections.per_minute", "no key"),
        ({"recordings": {"per_minute": "0.1"}}, "recordings.increment_s", "not a whole number"),
        ({"recordings": {"per_minute": "0.1", "increment_s": 0}}, "recordings.increment_s", "not a whole number"),
        ({"analytics": {"increment_s": 1}}, "analytics.per_minute", "not a price"),
        ({"metered": {"m": {"model": "volume", "tiers": []}}}, "metered.m.model", "not rated by this version"),
        ({"metered": {"m": {"model": "unit", "price": "1", "free": "5"}}}, "metered.m.free", "free units"),
        ({"metered": {"m": {"model": "best", "price": "1"}}}, "metered.m.model", "not one of those known"),
        ({"metered": {"m-1": {"model": "unit", "price": "1"}}}, "metered.m-1", "is not a meter"),
        ({"metered": {"m": {"model": "unit", "price": "-1"}}}, "metered.m.price", "not a price"),
    ],
)
def test_what_cannot_be_rated_is_refused_by_its_place(sections: Any, place: str, says: str) -> None:
    found = parse_document(document(**sections))
    assert isinstance(found, Problems)
    assert any(problem.field == place and says in problem.says for problem in found.items), found.items


def test_the_runbook_s_plan_and_event_are_what_it_says() -> None:
    text = (Path(__file__).parents[3] / "docs/runbooks/other-uses.md").read_text("utf-8")
    event, sections = re.findall(r"```\n(.*?)```", text, re.DOTALL)
    record = SimpleNamespace(value=event.encode(), headers=())
    assert refusal_of(EventReader(USAGE.events, max_bytes=10_000).read(record).data) is None
    plan = parse_document(document(**json.loads(f"{{{sections}}}")))
    assert isinstance(plan, RatePlan), plan
    assert to_document(plan).keys() >= SECTIONS
