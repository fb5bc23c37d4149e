"""Whether a changed schema is an addition: the only change a published contract may see (DESIGN §4)."""

from collections.abc import Iterator
from typing import Any

from contracts.generate.schemas import JsonSchema

_WORDS = frozenset({"$schema", "$defs", "title", "description", "examples"})
"""Keywords that explain and do not constrain."""

_UPPER_BOUNDS = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_LOWER_BOUNDS = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_COMPARED = frozenset({"$ref", "properties", "required", "items", "anyOf", "const", "enum"})


def refusals(old: JsonSchema, new: JsonSchema) -> list[str]:
    """Why `new` is no addition to `old`, one sentence each; empty when it may replace it.

    Additions are: an optional field, a further value of a list of values, a wider bound, and words. Consumers
    learn a new value before producers send it. Anything else needs a new major version on a new topic.
    """
    return sorted(_differences("", old, new, old, new))


def _differences(
    at: str, old: JsonSchema, new: JsonSchema, old_root: JsonSchema, new_root: JsonSchema
) -> Iterator[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    yield from _values(at, old, new)
    yield from _bounds(at, old, new)
    yield from _fields(at, old, new, old_root, new_root)
    yield from _alternatives(at, old, new, old_root, new_root)
    if "items" in old and "items" in new:
        yield from _differences(f"{at}[]", old["items"], new["items"], old_root, new_root)
    elif "items" in old or "items" in new:
        yield f"{_name(at)}: `items` was added or removed"
    special = _WORDS | _COMPARED | frozenset(_UPPER_BOUNDS + _LOWER_BOUNDS)
    for keyword in sorted((old.keys() | new.keys()) - special):
        if keyword not in old or keyword not in new or old[keyword] != new[keyword]:
            yield f"{_name(at)}: `{keyword}` was {_shown(old, keyword)} and is {_shown(new, keyword)}"


def _values(at: str, old: JsonSchema, new: JsonSchema) -> Iterator[str]:
    before, after = _listed(old), _listed(new)
    if before is None and after is not None:
        yield f"{_name(at)}: any value was allowed, now only a list"
    elif before is not None and after is None:
        yield f"{_name(at)}: the list of values was dropped"
    elif before is not None and after is not None and not before <= after:
        yield f"{_name(at)}: no longer allowed: {', '.join(sorted(before - after))}"


def _bounds(at: str, old: JsonSchema, new: JsonSchema) -> Iterator[str]:
    for keyword in _UPPER_BOUNDS:
        if keyword in new and (keyword not in old or new[keyword] < old[keyword]):
            yield f"{_name(at)}: `{keyword}` was {_shown(old, keyword)} and is {_shown(new, keyword)}"
    for keyword in _LOWER_BOUNDS:
        if keyword in new and (keyword not in old or new[keyword] > old[keyword]):
            yield f"{_name(at)}: `{keyword}` was {_shown(old, keyword)} and is {_shown(new, keyword)}"


def _fields(at: str, old: JsonSchema, new: JsonSchema, old_root: JsonSchema, new_root: JsonSchema) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for field in sorted(before.keys() - after.keys()):
        yield f"{_name(f'{at}.{field}')}: the field is gone"
    for field in sorted(before.keys() & after.keys()):
        yield from _differences(f"{at}.{field}", before[field], after[field], old_root, new_root)
    required_before, required_after = set(old.get("required", ())), set(new.get("required", ()))
    for field in sorted(required_after - required_before):
        yield f"{_name(f'{at}.{field}')}: now required"
    for field in sorted(required_before - required_after):
        yield f"{_name(f'{at}.{field}')}: no longer required, which readers of today rely on"


def _alternatives(
    at: str, old: JsonSchema, new: JsonSchema, old_root: JsonSchema, new_root: JsonSchema
) -> Iterator[str]:
    before, after = old.get("anyOf", []), new.get("anyOf", [])
    if len(before) != len(after):
        yield f"{_name(at)}: had {len(before)} alternatives and has {len(after)}"
        return
    for was, becomes in zip(before, after, strict=True):
        yield from _differences(at, was, becomes, old_root, new_root)


def _resolved(schema: JsonSchema, root: JsonSchema) -> JsonSchema:
    """The schema with a `$ref` into the root's own `$defs` replaced by what it names."""
    if "$ref" not in schema:
        return schema
    named: JsonSchema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return named | {keyword: value for keyword, value in schema.items() if keyword != "$ref"}


def _listed(schema: JsonSchema) -> set[str] | None:
    if "const" in schema:
        return {repr(schema["const"])}
    return {repr(value) for value in schema["enum"]} if "enum" in schema else None


def _name(at: str) -> str:
    return at.lstrip(".") or "the event"


def _shown(schema: JsonSchema, keyword: str) -> Any:
    return repr(schema[keyword]) if keyword in schema else "absent"
