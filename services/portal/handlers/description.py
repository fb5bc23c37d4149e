"""One OpenAPI 3.1 document of everything under `/api/v1`: portal's own and each service's, merged."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chassis.answers import REPLAYED, REQUEST_ID, RETRY_AFTER
from chassis.describing import PROBLEM, problem
from services.portal.clients import Services
from services.portal.domain.routing import ROUTES, service_of

ABOUT = """\
Every list is `{"data": [...], "next_cursor": …}`; money is a string with its currency beside it; an instant is
RFC 3339. What cannot be is answered with `application/problem+json`: `code` is stable, `request_id` names the
request. A `POST` with an `Idempotency-Key` takes effect once: the answer is kept for a day, and marked
`Idempotency-Replayed` when it is given again.
"""
SECURITY = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key, `rlk_…`."},
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-ringledger"},
}
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}
Document = dict[str, Any]


def merged(own: Document, others: dict[str, Document]) -> Document:
    """The whole document; names of schemas are kept apart by service. Paths without a route are left out."""
    paths: Document = {path: _operations("portal", item) for path, item in own["paths"].items()}
    schemas: Document = {"Problem": PROBLEM, **_schemas("portal", own)}
    for service, document in others.items():
        schemas |= _schemas(service, document)
        for path, item in document["paths"].items():
            if service_of(path.removeprefix("/api/v1/")) == service:
                paths[path] = _operations(service, item)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ringledger", "version": "1", "description": ABOUT},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": SECURITY},
        "security": [{"apiKey": []}, {"session": []}],
    }


def _operations(service: str, item: Document) -> Document:
    operations: Document = {}
    for method, operation in _renamed(service, item).items():
        once = method == "post"
        responses = operation["responses"] | _refused_at_the_door(operation, once=once)
        added = ({} if service == "portal" else REQUEST_ID) | (REPLAYED if once else {})
        for status, response in responses.items():
            if status.startswith("2") and added:
                responses[status] = response | {"headers": response.get("headers", {}) | added}
        more = {
            "tags": [service],
            "operationId": f"{service}_{operation['operationId']}",
            "responses": dict(sorted(responses.items())),
        }
        if once:
            more["parameters"] = [*operation.get("parameters", []), IDEMPOTENCY]
        operations[method] = operation | more
    return operations


def _refused_at_the_door(operation: Document, *, once: bool) -> Document:
    """What portal itself refuses of any request, and of one that is to take effect once."""
    refused = {"429": problem(429, RETRY_AFTER), "503": problem(503, RETRY_AFTER)}
    if "requestBody" in operation:
        refused["413"] = problem(413)
    if once:
        refused |= {"409": problem(409), "422": problem(422)}
    return refused


def _schemas(service: str, document: Document) -> Document:
    found = document.get("components", {}).get("schemas", {})
    return {f"{service}.{name}": _renamed(service, schema) for name, schema in found.items() if name != "Problem"}


def _renamed(service: str, value: Any) -> Any:
    """The same with every reference to a schema pointing at the service's own."""
    if isinstance(value, dict):
        return {
            key: _name_of(service, found) if key == "$ref" and isinstance(found, str) else _renamed(service, found)
            for key, found in value.items()
        }
    return [_renamed(service, found) for found in value] if isinstance(value, list) else value


def _name_of(service: str, reference: str) -> str:
    """Problems are one for all services."""
    name = reference.rpartition("/")[2]
    return reference if name == "Problem" else f"#/components/schemas/{service}.{name}"


@dataclass(slots=True, kw_only=True)
class Description:
    """The merged document, put together when first asked for and kept."""

    services: Services
    own: Callable[[], Document]
    _whole: Document | None = field(default=None)

    async def document(self) -> Document:
        """The document. Raises NotReached while a service cannot be asked for its part."""
        if self._whole is None:
            others = {service: await self.services.describe(service) for service in sorted(set(ROUTES.values()))}
            self._whole = merged(self.own(), others)
        return self._whole
