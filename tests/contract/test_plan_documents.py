"""The published schema of plan documents says what the reader says; every example is a plan without warnings."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from cli.plan_files import read_plan_document
from contracts.values.money import Rounding
from services.usage_rating.domain.document import parse_document, to_document
from services.usage_rating.domain.linting import lint
from services.usage_rating.domain.plan import NumberKind, RatePlan
from services.usage_rating.domain.prices import Channel
from services.usage_rating.domain.problems import Problem, Problems
from tests.unit.usage_rating.documents import a_whole_document

ROOT = Path(__file__).parents[2]
PLANS = ROOT / "docs" / "plans"
SCHEMA = json.loads((PLANS / "plan-document.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
EXAMPLES = sorted((PLANS / "examples").iterdir())

BEYOND_A_SCHEMA = (
    "is not one of those known here",
    "has two rates at the same time",
    "are both open on some",
    "no window is open on",
    "does not lie after the band before it",
    "no call could cost both",
    "is not after",
    "is no zone",
    "is not an instant",
    "is not a day such as",
)
"""What a reader says of a well formed document: names that lead nowhere, times that contradict each other."""


def problems_of(document: Any) -> tuple[Problem, ...]:
    found = parse_document(document)
    return found.items if isinstance(found, Problems) else ()


def test_the_schema_is_a_schema_and_takes_a_document_with_every_key() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    whole = a_whole_document()
    assert problems_of(whole) == ()
    VALIDATOR.validate(whole)
    VALIDATOR.validate(to_document(parsed(whole)))


def parsed(document: Any) -> RatePlan:
    plan = parse_document(document)
    assert isinstance(plan, RatePlan), plan
    return plan


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.name))
def test_an_example_is_a_plan_that_nothing_is_wrong_with(path: Path) -> None:
    plan = read_plan_document(path)
    assert isinstance(plan, RatePlan), plan
    assert plan.plan_id == path.stem
    assert lint(plan, None) == []
    VALIDATOR.validate(to_document(plan))


def places(document: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document, as the keys and positions that lead to it."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from places(value, (*above, key))


PLACES = list(places(a_whole_document()))
ODD: list[Any] = [None, True, -1, 0, 7, 90_000, "", "x", "0.5", "-1", "08:61", "2026-02-30", "mon", "up", [], {}]
GONE = object()


def changed(place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = deepcopy(a_whole_document())
    inner: Any = document
    for step in place[:-1]:
        inner = inner[step]
    if value is GONE:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return document


def test_schema_and_reader_agree_on_a_document_with_any_one_place_changed() -> None:
    for place in PLACES:
        for value in (*ODD, GONE):
            agree(changed(place, value))


def test_schema_and_reader_agree_on_a_key_too_many_and_on_notes_anywhere() -> None:
    for place in PLACES:
        if isinstance(place[-1], str):
            for key in ("odd", "x-odd"):
                agree(changed((*place[:-1], key), "odd"))


def test_the_schema_knows_every_word_the_reader_knows() -> None:
    for mode in Rounding:
        VALIDATOR.validate(changed(("rounding", "mode"), mode.value))
    for channel in get_args(Channel):
        VALIDATOR.validate(changed(("calls", "prices", "made", "by_channel"), {channel: "in"}))
    for kind in get_args(NumberKind):
        VALIDATOR.validate(changed(("calls", "inbound", "by_number_type"), {kind: {"price": "in"}}))


def agree(document: dict[str, Any]) -> None:
    """What the reader takes, the schema takes; what only the reader refuses, no schema could."""
    problems = problems_of(document)
    if VALIDATOR.is_valid(document):
        beyond = [one for one in problems if not any(says in one.says for says in BEYOND_A_SCHEMA)]
        assert beyond == [], "the schema takes what the reader calls malformed"
    else:
        assert problems, "the schema refuses what the reader takes"
