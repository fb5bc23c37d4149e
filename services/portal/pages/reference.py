"""The API's reference: the OpenAPI document as a page of ours, from this origin alone."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.portal.clients import NotReached
from services.portal.handlers.description import Description
from services.portal.handlers.front_door import FrontDoor
from services.portal.pages.rendering import page

REFERENCE = "/api"
Document = Mapping[str, Any]


def reference_page(router: APIRouter, door: FrontDoor, description: Description) -> None:
    """It tells of no account, so anybody may read it."""

    @router.get(REFERENCE, include_in_schema=False)
    async def show(request: Request) -> Response:
        visitor = await door.visitor(request)
        try:
            document = await description.document()
        except NotReached:
            return page(request, "away.html", visitor, status=503)
        groups: dict[str, list[dict[str, Any]]] = {}
        for operation in operations_of(document):
            groups.setdefault(operation["word"], []).append(operation)
        about = document["info"]["description"]
        return page(request, "reference.html", visitor, about=about, groups=groups)


def operations_of(document: Document) -> Iterator[dict[str, Any]]:
    """Every operation as the page shows it; word: the first of its path, by which they are grouped."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            yield {
                "word": path.split("/")[3],
                "method": method.upper(),
                "path": path,
                "name": operation.get("summary", path),
                "says": operation.get("description", ""),
                "parameters": [
                    {
                        "name": parameter["name"],
                        "where": parameter["in"],
                        "needed": parameter.get("required", False),
                        "schema": shown_schema(document, parameter["schema"]),
                    }
                    for parameter in operation.get("parameters", [])
                ],
                "body": None if body is None else shown_schema(document, body),
            }


def shown_schema(document: Document, schema: Any) -> str:
    """A schema as JSON with the references of its first level resolved, titles left out."""
    resolved = _without_titles(_resolved(document, schema))
    return orjson.dumps(resolved, option=orjson.OPT_INDENT_2).decode()


def _resolved(document: Document, schema: Any, depth: int = 3) -> Any:
    if isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and depth:
            return _resolved(document, document["components"]["schemas"][name], depth - 1)
        return {key: _resolved(document, value, depth) for key, value in schema.items()}
    return [_resolved(document, value, depth) for value in schema] if isinstance(schema, list) else schema


def _without_titles(schema: Any) -> Any:
    """Titles repeat the names; a field that is itself called so stays."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
        return {key: _without_titles(value) for key, value in kept.items()}
    return [_without_titles(value) for value in schema] if isinstance(schema, list) else schema
