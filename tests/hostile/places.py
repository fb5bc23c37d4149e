"""Requests made from the OpenAPI document: a right one for each operation, and every place for an id in it."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import orjson
from hypothesis import find, settings
from hypothesis import strategies as st

Document = Mapping[str, Any]
ALIASES = {
    "cursor": "unit_id",
    "member": "user_id",
    "numbers": "number",
    "teams": "team_id",
    "unit": "unit_id",
    "units": "unit_id",
    "users": "user_id",
}
"""What a name in the document is called as a column."""

PLAIN: Mapping[str, Any] = {
    "answered_at": "2026-06-15T12:00:00Z",
    "at": "2026-06-15T12:00:00Z",
    "country": "GB",
    "currency": "EUR",
    "email": "nobody@example.org",
    "from_at": "2026-06-15T12:00:00Z",
    "member_kind": "user",
    "name": "Something new",
    "password": "correct horse battery",
    "period": "2026-10-01",
    "sign_in_name": "newcomer",
    "sort": "name",
    "to_at": "2026-06-16T12:00:00Z",
    "use_on[gte]": "2026-06-01",
    "use_on[lt]": "2026-07-01",
    "zone": "Europe/London",
}
"""Values that make a request right where its schema alone does not."""

FRESH = ("name", "sign_in_name")
"""What no two things of an account may have alike."""

LEAVE_OUT = frozenset(
    {"until_at", "expires_at", "version", "plan_version", "archived_at", "limit", "search", "cursor", "dry_run"}
)
"""What a request that should take effect does not say."""

CURSOR_PARTS_MAX = 3
_QUIET = settings(database=None, derandomize=True, max_examples=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request. path: with its parameters still named; body: JSON, or text where the content type says so."""

    method: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def url(self) -> str:
        """The path with its parameters filled in."""
        return re.sub(r"\{(\w+)\}", lambda found: quote(self.parameters[found[1]], safe="+"), self.path)

    def anew(self, turn: int) -> "Asked":
        """The same with another name, where the name is one that was made up here."""
        if not isinstance(self.body, dict):
            return self
        names = {name: f"{PLAIN[name]}-{turn}" for name in FRESH if self.body.get(name) == PLAIN[name]}
        return replace(self, body={**self.body, **names})

    @property
    def content(self) -> bytes | None:
        """The body as it is sent."""
        if self.body is None:
            return None
        return self.body.encode() if isinstance(self.body, str) else orjson.dumps(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an id can stand: `path unit_id`, `query cursor/2`, `header Idempotency-Key`, `body numbers/0`."""

    where: str
    name: str
    pattern: str | None = None
    parts: int = 0

    def takes(self, value: str) -> bool:
        """Whether a value of that kind could stand here at all."""
        return self.pattern is None or re.search(self.pattern, value) is not None

    def put(self, asked: Asked, value: str) -> Asked:
        """The request with the value here."""
        if self.parts:
            key = orjson.dumps([value] * self.parts)
            return replace(asked, query={**asked.query, self.name: urlsafe_b64encode(key).decode()})
        match self.where:
            case "path":
                return replace(asked, parameters={**asked.parameters, self.name: value})
            case "query":
                return replace(asked, query={**asked.query, self.name: value})
            case "header":
                return replace(asked, headers={**asked.headers, self.name: value})
            case _:
                return replace(asked, body=_with(asked.body, self.name, value))


def _with(body: Any, name: str, value: str) -> Any:
    """The body with a value at `name`, or in the list of that name; a text is the value alone."""
    if isinstance(body, str):
        return value
    changed = deepcopy(body)
    head, _, rest = name.partition("/")
    changed[head] = [value] if rest else value
    return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes requests for an account that has the values `own`, by the names of their columns."""

    document: Document
    own: Mapping[str, list[str]]

    def operations(self) -> Iterator[tuple[Asked, list[Place]]]:
        """Every operation of the document as a right request, with the places for ids in it."""
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                for media, content in self._bodies(operation):
                    yield self._made(method.upper(), path, operation, media, content)

    def _bodies(self, operation: Document) -> list[tuple[str | None, Any]]:
        content = operation.get("requestBody", {}).get("content", {})
        return [(media, found["schema"]) for media, found in content.items()] or [(None, None)]

    def _made(
        self, method: str, path: str, operation: Document, media: str | None, schema: Any
    ) -> tuple[Asked, list[Place]]:
        asked = Asked(method=method, path=path, headers={} if media is None else {"Content-Type": media})
        places: list[Place] = []
        for parameter in operation.get("parameters", []):
            where, name, kind = parameter["in"], parameter["name"], self.resolved(parameter["schema"])
            if kind.get("type") == "array":
                # One of a list is written as a value alone.
                kind = self.resolved(kind["items"])
            place = Place(where=where, name=name, pattern=_pattern_of(kind))
            if where == "path" or (parameter.get("required") and name not in LEAVE_OUT):
                asked = place.put(asked, "*" if name == "If-Match" else str(self.value(name, kind)))
            if _is_text(kind) and name != "If-Match":
                places.append(place)
                if name == "cursor":
                    places += [replace(place, parts=parts + 1) for parts in range(CURSOR_PARTS_MAX)]
        if schema is not None:
            asked = replace(asked, body=self.value("body", self.resolved(schema)))
            places += self._body_places(self.resolved(schema))
        return asked, places

    def _body_places(self, schema: Document) -> Iterator[Place]:
        if schema.get("type") == "string":
            yield Place(where="body", name="")
        for example in schema.get("examples", [])[:1]:
            yield from (Place(where="body", name=name) for name, value in example.items() if isinstance(value, str))
        for name, found in schema.get("properties", {}).items():
            kind = self.resolved(found)
            items = self.resolved(kind.get("items", {}))
            if _is_text(kind):
                yield Place(where="body", name=name, pattern=_pattern_of(kind))
            elif _is_text(items):
                yield Place(where="body", name=f"{name}/0", pattern=_pattern_of(items))

    def resolved(self, schema: Document) -> Document:
        """The schema behind a reference, and what a value is where it may also be null."""
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        choices = [choice for choice in schema.get("anyOf", []) if choice.get("type") != "null"]
        return self.resolved(choices[0]) if choices else schema

    def value(self, name: str, schema: Document) -> Any:
        """A right value: one of the account's own by its name, else one that the schema allows."""
        own = self.own.get(ALIASES.get(name, name), [])
        if name in PLAIN:
            return PLAIN[name]
        if schema.get("type") == "string" and own and name != "body":
            return own[0]
        return self._by_schema(name, schema)

    def _by_schema(self, name: str, schema: Document) -> Any:
        if "examples" in schema:
            return schema["examples"][0]
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        match schema.get("type"):
            case "object":
                needed = set(schema.get("required", []))
                found = {key: self.resolved(value) for key, value in schema.get("properties", {}).items()}
                return {
                    key: self.value(key, value)
                    for key, value in found.items()
                    if key in needed or (key not in LEAVE_OUT and _is_list_of_own(key))
                }
            case "array":
                return [self.value(name, self.resolved(schema.get("items", {})))]
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return False
            case _:
                return _text_by(schema.get("pattern"))


def _is_list_of_own(name: str) -> bool:
    """Members of one kind are enough to make a command on members right."""
    return name == "users"


def _text_by(pattern: str | None) -> str:
    return "anything" if pattern is None else find(st.from_regex(pattern, fullmatch=True), bool, settings=_QUIET)


def _is_text(schema: Document) -> bool:
    free = schema.get("format") not in {"date", "date-time"} and "enum" not in schema
    return schema.get("type") == "string" and free


def _pattern_of(schema: Document) -> str | None:
    if schema.get("format") == "uuid":
        return "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
    found: str | None = schema.get("pattern")
    return found
