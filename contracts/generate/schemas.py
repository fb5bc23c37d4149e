"""The JSON Schema of an event type: the CloudEvents envelope around its dataclass."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from contracts.events.envelope import HEAD, EventType
from contracts.topics import TOPICS

JsonSchema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def event_types() -> dict[str, EventType[Any]]:
    """Every event type some topic carries, by name, in order of name."""
    return {kind.name: kind for kind in sorted((k for t in TOPICS for k in t.events), key=lambda k: k.name)}


def event_schema(kind: EventType[Any]) -> JsonSchema:
    """The schema of one whole event in structured mode, as consumers accept it.

    Unknown fields are allowed everywhere (DESIGN §4).
    """
    envelope = HEAD.json_schema(schema_generator=_Untitled)
    data = TypeAdapter(kind.data).json_schema(schema_generator=_Untitled)
    definitions = data.pop("$defs", {})
    definitions[kind.data.__name__] = data
    properties = envelope["properties"] | {
        "type": {"const": kind.name, "type": "string"},
        "datacontenttype": {"type": "string"},
        "data": {"$ref": f"#/$defs/{kind.data.__name__}"},
    }
    return {
        "$schema": DIALECT,
        "title": kind.name,
        "description": kind.summary,
        "type": "object",
        "properties": properties,
        "required": [*envelope["required"], "data"],
        "$defs": dict(sorted(definitions.items())),
    }


class _Untitled(GenerateJsonSchema):
    """Pydantic's generator without a title for every field, which would only repeat the field's name."""

    def field_title_should_be_set(self, schema: object) -> bool:
        return False

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchema:
        return {key: value for key, value in super().dataclass_schema(schema).items() if key != "title"}
