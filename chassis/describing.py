"""Completes an API's OpenAPI document: what it may refuse, which follows from what an operation takes."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

PROBLEM_JSON = "application/problem+json"
IF_MATCH = "If-Match"
PROBLEM = {
    "type": "object",
    "description": "What cannot be (RFC 9457). code: stable, for programs; detail: a sentence, for people.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
TAGS = {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$', "examples": ["*", '"1"']}
SAYS: Mapping[int, str] = {
    400: "The body is no text in UTF-8, or cannot be taken apart.",
    401: "Who asks is not proven.",
    403: "Who asks may not do this.",
    404: "There is no such thing in the account, or the caller may not know of it.",
    409: "What stands now forbids it.",
    412: "What stands is not the version that `If-Match` names.",
    413: "The body is too large.",
    415: "The body is of a kind that is not taken here.",
    422: "The request is not valid, or asks for what cannot be; `code` and `errors` say what and where.",
    428: "`If-Match` is missing.",
    429: "Too many requests of this caller; `Retry-After` says how long to wait.",
    503: "What answers this cannot be asked at the moment; `Retry-After` says how long to wait.",
}
_REPLACED = frozenset({"HTTPValidationError", "ValidationError"})
"""Schemas of answers that the framework gives and we do not."""

Document = dict[str, Any]


def describe_problems(document: Document) -> Document:
    """Add every refusal to every operation of a document as the framework makes it."""
    for _, _, operation in operations_of(document):
        _require_if_match(operation)
        kept = {status: found for status, found in operation["responses"].items() if not _is_the_frameworks(found)}
        refusals = {str(status): problem(status) for status in _refusals(operation)}
        operation["responses"] = dict(sorted({**refusals, **kept}.items()))
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _REPLACED:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    return document


def operations_of(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Path, method and description of every operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def problem(status: int, headers: Document | None = None) -> Document:
    """The description of a refusal."""
    described: Document = {
        "description": SAYS.get(status, HTTPStatus(status).phrase),
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    return described if headers is None else described | {"headers": headers}


def _refusals(operation: Document) -> Iterator[int]:
    """401 and 403 from everything; the rest by what is in the path, the headers and the body."""
    yield from (401, 403)
    parameters = operation.get("parameters", [])
    body = operation.get("requestBody", {}).get("content", {})
    if any(parameter["in"] == "path" for parameter in parameters):
        yield 404
    if any(parameter["name"] == IF_MATCH for parameter in parameters):
        yield from (412, 428)
    if parameters or body:
        yield 422
    if body:
        yield from (409, 413)
        yield 400 if "application/json" in body else 415


def _require_if_match(operation: Document) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["name"] == IF_MATCH:
            parameter.update(required=True, schema=TAGS)


def _is_the_frameworks(response: Document) -> bool:
    return "HTTPValidationError" in str(response.get("content", {}))
