"""The shapes of answers, as the OpenAPI document tells them: one thing, a list in pages, and what heads them."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, WithJsonSchema

Shown = TypeVar("Shown")

Figure = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"})]
"""An amount of money, a share or a threshold: a decimal as text, never a float."""


class One(BaseModel, Generic[Shown]):
    """One thing."""

    data: Shown


class Many(BaseModel, Generic[Shown]):
    """A page of a list. next_cursor: what the next page is asked for with, null on the last."""

    data: list[Shown]
    next_cursor: str | None


def _header(description: str, *, required: bool = True) -> dict[str, Any]:
    return {"description": description, "required": required, "schema": {"type": "string"}}


ETAG = {"ETag": _header("The version that stands; send it as `If-Match` to change just that one.")}
LOCATION = {"Location": _header("The path of what was made.")}
REPLAYED = {
    "Idempotency-Replayed": _header("`true` where it is the kept answer of an earlier request.", required=False)
}
REQUEST_ID = {"Ringledger-Request-Id": _header("Names the request in logs and problems.", required=False)}
RETRY_AFTER = {"Retry-After": _header("Seconds to wait.")}
