"""The OpenAPI document tells what is refused; what a request may say is read as the document has it."""

from datetime import date, datetime
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Header
from fastapi.responses import Response
from pydantic import BaseModel, TypeAdapter, ValidationError

from chassis.asked import Moment, OnDay
from chassis.describing import PROBLEM_JSON, operations_of
from chassis.probes import Probes
from chassis.web import json_answer, service_api
from contracts.events.fields import Name
from contracts.values.access import ANYBODY
from tests.support.callers import a_caller, a_guard, statement

THING = "/api/v1/things/{thing_id}"


class Wanted(BaseModel):
    """A body."""

    name: Name


async def well() -> str | None:
    return None


@pytest.fixture
def app() -> Any:
    router = APIRouter()

    @router.get(THING)
    async def find(thing_id: str) -> Response:
        return json_answer({"data": thing_id})

    @router.patch(THING)
    async def change(thing_id: str, body: Wanted, tag: Annotated[str | None, Header(alias="If-Match")]) -> Response:
        return json_answer({"data": body.name})

    @router.get("/api/v1/all")
    async def everything() -> Response:
        return json_answer({"data": []})

    policies = dict.fromkeys((f"GET {THING}", f"PATCH {THING}", "GET /api/v1/all"), ANYBODY)
    return service_api("any", a_guard("any"), policies, Probes(live=well, ready={}), router)


def client_of(app: Any) -> httpx.AsyncClient:
    headers = {"Authorization": statement(a_caller(), "any")}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://any", headers=headers)


def test_what_an_operation_may_refuse_follows_from_what_it_takes(app: Any) -> None:
    told = {(method, path): operation for path, method, operation in operations_of(app.openapi())}
    assert set(told["get", "/api/v1/all"]["responses"]) == {"200", "401", "403"}
    assert set(told["get", THING]["responses"]) == {"200", "401", "403", "404", "422"}
    changing = told["patch", THING]
    assert set(changing["responses"]) == {
        "200", "400", "401", "403", "404", "409", "412", "413", "422", "428",
    }  # fmt: skip
    assert [parameter["required"] for parameter in changing["parameters"]] == [True, True]
    for status, response in changing["responses"].items():
        assert set(response["content"]) == {PROBLEM_JSON if status >= "4" else "application/json"}
    assert "HTTPValidationError" not in str(app.openapi())


async def test_a_method_that_is_not_there_is_answered_with_those_that_are(app: Any) -> None:
    async with client_of(app) as client:
        for method in ("DELETE", "OPTIONS", "HEAD", "PUT"):
            refused = await client.request(method, "/api/v1/things/7")
            assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, PATCH")


async def test_a_slash_too_many_is_not_sent_elsewhere(app: Any) -> None:
    async with client_of(app) as client:
        assert (await client.get("/api/v1/all/")).status_code == 404


async def test_half_a_character_in_a_body_is_answered(app: Any) -> None:
    async with client_of(app) as client:
        headers = {"Content-Type": "application/json", "If-Match": "*"}
        for body in (b'{"name": "\\ud800"}', b'{"\\ud800": 1}', b"\xff", b"{"):
            refused = await client.patch("/api/v1/things/7", content=body, headers=headers)
            assert refused.status_code in (400, 422), body
            assert refused.headers["Content-Type"] == PROBLEM_JSON


@pytest.mark.parametrize(
    "given", [1_700_000_000, "1700000000", 1.5, True, "2026-06-01", "2026-06-01T00:00:00", None]
)
def test_an_instant_is_written_out_with_its_zone(given: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python(given)


@pytest.mark.parametrize("given", [20_000, "20000", "2026-6-1", "1999-12-31", "2026-02-30", True])
def test_a_day_is_written_out(given: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(OnDay).validate_python(given)


def test_right_ones_are_read() -> None:
    assert TypeAdapter(Moment).validate_python("2026-06-01T00:00:00+02:00") == datetime.fromisoformat(
        "2026-05-31T22:00:00+00:00"
    )
    assert TypeAdapter(OnDay).validate_python("2026-06-01") == date(2026, 6, 1)
