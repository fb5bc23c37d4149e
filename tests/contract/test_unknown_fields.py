"""A field nobody knows, anywhere in a message, changes nothing for those who read it (DESIGN §4)."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from contracts.events.envelope import HEAD
from contracts.generate.schemas import event_types
from tests.contract.examples import READERS, data_of, example, schema

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
EXTRAS = st.dictionaries(TEXT.map(lambda name: f"later_{name}"), JSON, min_size=1, max_size=4)


def enriched(value: Any, extras: dict[str, Any]) -> Any:
    """The value with the extra fields put before and after those of every object in it."""
    if isinstance(value, dict):
        inner = {name: enriched(field, extras) for name, field in value.items()}
        first, *rest = extras
        return {first: extras[first]} | inner | {name: extras[name] for name in rest}
    if isinstance(value, list):
        return [enriched(item, extras) for item in value]
    return value


@pytest.mark.parametrize("name", sorted(event_types()))
@given(extras=EXTRAS)
@settings(max_examples=25, deadline=None)
def test_unknown_fields_never_break_a_message(name: str, extras: dict[str, Any]) -> None:
    event = enriched(example(name), extras)
    assert HEAD.validate_json(json.dumps(event)) == HEAD.validate_json(json.dumps(example(name)))
    assert READERS[name].validate_json(json.dumps(event["data"])) == data_of(name)
    assert Draft202012Validator(schema(name)).is_valid(event)
