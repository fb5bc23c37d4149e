"""Additions pass; every other change of a published schema is refused, and the reason named."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from contracts.generate.compatibility import refusals
from contracts.generate.schemas import event_schema, event_types

Edit = Callable[[dict[str, Any]], object]

PUBLISHED: dict[str, Any] = {
    "title": "call",
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 10},
        "seconds": {"type": "integer", "minimum": 0, "exclusiveMaximum": 100},
        "kind": {"enum": ["in", "out"], "type": "string"},
        "category": {"const": "call", "type": "string"},
        "user": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
    },
    "required": ["id", "seconds"],
    "$defs": {
        "Line": {"type": "object", "properties": {"amount": {"type": "string"}}, "required": ["amount"]},
    },
}


def edited(edit: Edit) -> dict[str, Any]:
    changed = deepcopy(PUBLISHED)
    edit(changed)
    return changed


ADDITIONS: dict[str, Edit] = {
    "nothing": lambda s: None,
    "words": lambda s: s.update(title="leg", description="A leg."),
    "an optional field": lambda s: s["properties"].update(queue={"type": "string"}),
    "an optional field of a nested object": lambda s: s["$defs"]["Line"]["properties"].update(n={}),
    "a further value": lambda s: s["properties"]["kind"]["enum"].append("internal"),
    "a second value beside the only one": lambda s: s["properties"].update(
        category={"enum": ["call", "message"], "type": "string"}
    ),
    "a wider upper bound": lambda s: s["properties"]["seconds"].update(exclusiveMaximum=200),
    "no lower bound": lambda s: s["properties"]["seconds"].pop("minimum"),
    "a longer text": lambda s: s["properties"]["id"].update(maxLength=20),
}

REFUSED: dict[str, tuple[Edit, str]] = {
    "a removed field": (lambda s: s["properties"].pop("user"), "user: the field is gone"),
    "a renamed field": (
        lambda s: s["properties"].update(agent=s["properties"].pop("user")),
        "user: the field is gone",
    ),
    "a new required field": (
        lambda s: (s["properties"].update(queue={"type": "string"}), s["required"].append("queue")),
        "queue: now required",
    ),
    "an optional field made required": (lambda s: s["required"].append("kind"), "kind: now required"),
    "a required field made optional": (
        lambda s: s["required"].remove("id"),
        "id: no longer required, which readers of today rely on",
    ),
    "another type": (
        lambda s: s["properties"]["seconds"].update(type="string"),
        "seconds: `type` was 'integer' and is 'string'",
    ),
    "another pattern": (
        lambda s: s["properties"]["id"].update(pattern="^[a-y]+$"),
        "id: `pattern` was '^[a-z]+$' and is '^[a-y]+$'",
    ),
    "a dropped pattern": (
        lambda s: s["properties"]["id"].pop("pattern"),
        "id: `pattern` was '^[a-z]+$' and is absent",
    ),
    "a shorter text": (
        lambda s: s["properties"]["id"].update(maxLength=5),
        "id: `maxLength` was 10 and is 5",
    ),
    "a narrower upper bound": (
        lambda s: s["properties"]["seconds"].update(exclusiveMaximum=50),
        "seconds: `exclusiveMaximum` was 100 and is 50",
    ),
    "a narrower lower bound": (
        lambda s: s["properties"]["seconds"].update(minimum=1),
        "seconds: `minimum` was 0 and is 1",
    ),
    "a new bound": (
        lambda s: s["properties"]["id"].update(minLength=2),
        "id: `minLength` was absent and is 2",
    ),
    "a withdrawn value": (
        lambda s: s["properties"]["kind"]["enum"].remove("in"),
        "kind: no longer allowed: 'in'",
    ),
    "another only value": (
        lambda s: s["properties"]["category"].update(const="message"),
        "category: no longer allowed: 'call'",
    ),
    "a list of values where any was allowed": (
        lambda s: s["properties"]["id"].update(enum=["a"]),
        "id: any value was allowed, now only a list",
    ),
    "any value where a list was": (
        lambda s: s["properties"]["kind"].pop("enum"),
        "kind: the list of values was dropped",
    ),
    "null no longer allowed": (
        lambda s: s["properties"]["user"]["anyOf"].pop(),
        "user: had 2 alternatives and has 1",
    ),
    "another default": (
        lambda s: s["properties"]["user"].update(default="nobody"),
        "user: `default` was None and is 'nobody'",
    ),
    "unknown fields forbidden": (
        lambda s: s.update(additionalProperties=False),
        "the event: `additionalProperties` was absent and is False",
    ),
    "a change inside a nested object": (
        lambda s: s["$defs"]["Line"]["properties"]["amount"].update(type="number"),
        "lines[].amount: `type` was 'string' and is 'number'",
    ),
    "another shape of the items": (
        lambda s: s["properties"]["lines"].pop("items"),
        "lines: `items` was added or removed",
    ),
}


@pytest.mark.parametrize("edit", ADDITIONS.values(), ids=ADDITIONS)
def test_an_addition_passes(edit: Edit) -> None:
    assert refusals(PUBLISHED, edited(edit)) == []


@pytest.mark.parametrize(("edit", "reason"), REFUSED.values(), ids=REFUSED)
def test_any_other_change_is_refused(edit: Edit, reason: str) -> None:
    assert reason in refusals(PUBLISHED, edited(edit))


@pytest.mark.parametrize("name", event_types())
def test_each_real_schema_is_an_addition_to_itself_and_none_to_one_with_a_field_more(name: str) -> None:
    schema = event_schema(event_types()[name])
    assert refusals(schema, schema) == []
    richer = deepcopy(schema)
    data = richer["properties"]["data"]["$ref"].removeprefix("#/$defs/")
    richer["$defs"][data]["properties"]["later"] = {"type": "string"}
    assert refusals(schema, richer) == []
    assert refusals(richer, schema) == ["data.later: the field is gone"]
