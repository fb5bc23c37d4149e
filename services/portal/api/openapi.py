"""Where the one OpenAPI document is read; it tells of no account, so nobody needs to say who asks."""

from fastapi import APIRouter
from fastapi.responses import Response

from chassis.web import json_answer
from services.portal.api.gateway import away
from services.portal.clients import NotReached
from services.portal.handlers.description import Description


def description_of(description: Description) -> APIRouter:
    """`GET /api/v1/openapi.json`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/api/v1/openapi.json")
    async def describe() -> Response:
        try:
            return json_answer(await description.document())
        except NotReached as error:
            raise away() from error

    return router
