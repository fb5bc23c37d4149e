"""Asks a service for its audit log, as the person who looks at it."""

from collections.abc import Mapping
from urllib.parse import urlencode

from chassis.audit.reading import AuditPage
from contracts.values.access import Caller
from services.portal.clients import Asked, Services
from services.portal.clients.asking import NotAnswered


async def ask_audit_log(
    services: Services, caller: Caller, service: str, path: str, query: Mapping[str, str]
) -> AuditPage:
    """A page of entries. path: below `/api/v1/`. Raises NotAnswered, or NotReached."""
    asked = Asked(method="GET", path=path, query=urlencode(query), headers={})
    answer = await services.ask(service, caller, asked)
    if answer.status != 200:
        raise NotAnswered(answer)
    page = answer.json()
    return AuditPage(rows=page["data"], cursor=page["next_cursor"], broken_at=page["broken_at"])
