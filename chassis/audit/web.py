"""The audit log over HTTP, the same for every service: a list with filters, and the whole chain as NDJSON."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel

from chassis.answers import Many
from chassis.asked import Moment
from chassis.audit.reading import AuditFilter, export, get_end, read_page
from chassis.database import Pool
from chassis.web import AccountOrEvery, json_answer
from contracts.events.fields import Instant
from contracts.values.access import CallerKind

NDJSON = "application/x-ndjson"
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[int | None, Query(ge=1, lt=2**62)]
From = Annotated[Moment | None, Query(alias="at[gte]")]
Until = Annotated[Moment | None, Query(alias="at[lt]")]
Named = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class EntryShown(BaseModel):
    """An entry. before, after: JSON of what changed, without names."""

    account_id: str
    seq: int
    at: Instant
    caller_kind: CallerKind
    caller_id: str
    action: str
    subject: str
    before: str | None
    after: str | None
    request_id: str
    previous_hash: str
    hash: str


class AuditShown(Many[EntryShown]):
    """Newest first. broken_at: the first entry shown that does not follow from the one before it."""

    broken_at: int | None


def audit_log(pool: Pool, path: str) -> APIRouter:
    """`GET path` and `GET path/export`."""
    router = APIRouter()

    @router.get(path, response_model=AuditShown)
    async def list_audit(
        account: AccountOrEvery,
        limit: Limit = 100,
        cursor: Cursor = None,
        from_at: From = None,
        until_at: Until = None,
        subject: Named = None,
        caller: Named = None,
    ) -> Response:
        """Who changed what, newest first; `before` and `after` are JSON as it was hashed, by ids only.

        `broken_at` names the first entry shown that is not as it was hashed or, where nothing is filtered, does
        not follow from the one before it.
        """
        wanted = AuditFilter(from_at=from_at, until_at=until_at, subject=subject, caller_id=caller)
        found = await read_page(pool, account, wanted, cursor, limit)
        return json_answer({"data": found.rows, "next_cursor": found.cursor, "broken_at": found.broken_at})

    @router.get(
        f"{path}/export",
        response_class=StreamingResponse,
        responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
    )
    async def export_audit(account: AccountOrEvery) -> Response:
        """Every entry from the first on, a line of JSON each, with its hash and the one before it."""
        end = await get_end(pool, account)
        disposition = {"Content-Disposition": 'attachment; filename="audit-log.ndjson"'}
        return StreamingResponse(export(pool, account, end), media_type=NDJSON, headers=disposition)

    return router
