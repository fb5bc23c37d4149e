"""The public API: handed on with a statement that the service believes, once per key, within limits."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cli.stack.ports import free_port
from services.portal.domain.pace import full_bucket, take_one
from services.portal.domain.routing import ROUTES
from tests.conftest import FreshDatabase
from tests.service.portal.test_api_keys import issue
from tests.support.directory import ACCOUNT, a_working_account
from tests.support.front import Front, described_behind, listening, units_behind
from tests.support.schemas import migrated

EDIT = ["edit_billing_unit"]
OPENAPI = Path(__file__).parents[3] / "docs" / "openapi.json"


@pytest.fixture
async def units(front: Front, fresh_database: FreshDatabase) -> AsyncIterator[None]:
    """billing_units behind portal."""
    async with units_behind(front, await fresh_database(migrated("billing_units")), *a_working_account()):
        yield


async def test_a_key_reads_and_writes_billing_units_through_portal(front: Front, units: None) -> None:
    writer = await issue(front, ACCOUNT, access_groups=EDIT)
    reader = await issue(front, ACCOUNT, access_groups=["view_billing_unit"])
    limited = await issue(front, ACCOUNT, access_groups=EDIT, units=["5ccfd1e1-a15d-506a-84e7-b4431c35fb7d"])
    async with front.by_key(writer["api_key"]) as client:
        made = await client.post("/api/v1/billing-units", json={"name": "Retention"})
        assert made.status_code == 201 and made.headers["Ringledger-Request-Id"]
        names = [unit["name"] for unit in (await client.get("/api/v1/billing-units?limit=500")).json()["data"]]
        assert "Retention" in names
        assert (await client.get("/api/v1/billing-units?limit=0")).status_code == 422
    async with front.by_key(reader["api_key"]) as client:
        assert (await client.get("/api/v1/billing-units")).status_code == 200
        refused = await client.post("/api/v1/billing-units", json={"name": "Mine"})
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_privilege")
        assert refused.json()["request_id"] == refused.headers["Ringledger-Request-Id"]
    async with front.by_key(limited["api_key"]) as client:
        assert (await client.get("/api/v1/billing-units")).json()["data"] == []
        assert (await client.get("/api/v1/users")).json()["code"] == "limited_to_units"
    other = await issue(front, "someone-else", access_groups=EDIT)
    async with front.by_key(other["api_key"]) as client:
        assert (await client.get("/api/v1/billing-units")).json()["data"] == []
    async with front.client() as client:
        refused = await client.get("/api/v1/billing-units")
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        unknown = await client.get("/api/v1/nothing-here")
        assert unknown.status_code == 401, "whether a path exists is not told to strangers"


async def test_the_same_key_takes_effect_once(front: Front, units: None) -> None:
    issued, other = [await issue(front, ACCOUNT, access_groups=EDIT) for _ in range(2)]
    once = {"Idempotency-Key": "import-7"}
    async with front.by_key(issued["api_key"]) as client:
        first = await client.post("/api/v1/billing-units", json={"name": "Night shift"}, headers=once)
        again = await client.post("/api/v1/billing-units", json={"name": "Night shift"}, headers=once)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json() and again.headers["location"] == first.headers["location"]
        assert "idempotency-replayed" not in first.headers and again.headers["idempotency-replayed"] == "true"
        reused = await client.post("/api/v1/billing-units", json={"name": "Care"}, headers=once)
        assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
        async with front.by_key(other["api_key"]) as someone:
            theirs = await someone.post("/api/v1/billing-units", json={"name": "Day shift"}, headers=once)
        assert theirs.status_code == 201 and theirs.json() != first.json()


@dataclass(slots=True)
class Slow:
    """A service that answers when it is told to, or breaks off."""

    asked: int = 0
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 201

    async def answer(self, request: Request) -> Response:
        self.asked += 1
        await self.may_answer.wait()
        return JSONResponse({"data": self.asked}, status_code=self.status)

    def application(self) -> FastAPI:
        return FastAPI(routes=[Route("/api/v1/billing-units", self.answer, methods=["POST"])])


async def test_of_fifty_at_once_one_is_done_and_the_others_are_in_flight(front: Front) -> None:
    issued, slow = await issue(front, ACCOUNT, access_groups=EDIT), Slow()
    once = {"Idempotency-Key": "k"}
    async with listening(slow.application()) as address, front.by_key(issued["api_key"]) as client:
        front.addresses["billing_units"] = address
        posts = [
            asyncio.create_task(client.post("/api/v1/billing-units", json={}, headers=once)) for _ in range(50)
        ]
        done, [running] = await asyncio.wait(posts, return_when=asyncio.ALL_COMPLETED, timeout=10)
        assert {(post.result().status_code, post.result().json()["code"]) for post in done} == {(409, "in_flight")}
        slow.may_answer.set()
        assert (await running).status_code == 201
        assert slow.asked == 1


async def test_what_was_not_done_may_be_sent_again_and_what_is_unknown_may_not(front: Front) -> None:
    issued, slow = await issue(front, ACCOUNT, access_groups=EDIT), Slow(status=503)
    slow.may_answer.set()
    async with front.by_key(issued["api_key"]) as client:

        async def post() -> httpx.Response:
            return await client.post("/api/v1/billing-units", json={}, headers={"Idempotency-Key": "k"})

        front.addresses["billing_units"] = f"http://127.0.0.1:{free_port()}"
        away = await post()
        assert (away.status_code, away.json()["code"], away.headers["Retry-After"]) == (503, "service_away", "2")
        async with listening(slow.application()) as address:
            front.addresses["billing_units"] = address
            assert (await post()).status_code == 503
            slow.status = 500
            assert (await post()).status_code == 500
            assert (await post()).headers["idempotency-replayed"] == "true"
    assert slow.asked == 2


async def test_a_service_that_does_not_believe_portal_is_portal_s_fault(front: Front) -> None:
    issued, slow = await issue(front, ACCOUNT, access_groups=EDIT), Slow(status=401)
    slow.may_answer.set()
    async with listening(slow.application()) as address, front.by_key(issued["api_key"]) as client:
        front.addresses["billing_units"] = address
        assert (await client.post("/api/v1/billing-units", json={})).status_code == 503


async def test_too_much_is_refused_before_it_is_read(front: Front, units: None) -> None:
    issued = await issue(front, ACCOUNT, access_groups=EDIT)
    async with front.by_key(issued["api_key"]) as client:

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(40):
                yield b"x" * 65_536

        said = await client.post("/api/v1/billing-units", content=b"x" * 1_048_577)
        unsaid = await client.post("/api/v1/billing-units", content=endless())
        assert (said.status_code, unsaid.status_code) == (413, 413)
        assert said.json()["code"] == unsaid.json()["code"] == "too_large"


async def test_no_path_leads_out_of_the_api(front: Front, units: None) -> None:
    """Of dots, and of what is escaped: the service is asked at the path that was written, or not at all."""
    issued = await issue(front, ACCOUNT, access_groups=EDIT)
    door = httpx.AsyncClient(transport=httpx.ASGITransport(app=Raw(front.app)), base_url="http://portal.example")
    async with door as client:
        client.headers["Authorization"] = f"Bearer {issued['api_key']}"
        for outside in (
            "users/../../../metrics",
            "users/%2e%2e/%2e%2e/%2e%2e/metrics",
            "users/..%2f..%2f..%2fmetrics",
        ):
            refused = await client.get("/api/v1/", headers={"X-Raw-Path": f"/api/v1/{outside}"})
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found"), outside
        for inside in ("accounts/a%3Fb", "accounts/a%23b", "accounts/a%2Fb"):
            refused = await client.get("/api/v1/", headers={"X-Raw-Path": f"/api/v1/{inside}"})
            assert refused.status_code in (404, 422), (inside, refused.text)


@dataclass(frozen=True, slots=True)
class Raw:
    """Hands on a path as it was written, which clients put in order before they send it."""

    app: FastAPI

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = dict(scope["headers"])[b"x-raw-path"]
        await self.app(scope | {"raw_path": path, "path": unquote(path.decode())}, receive, send)


async def test_a_credential_of_another_kind_is_not_made_up_for_by_a_session(front: Front) -> None:
    await front.person("ada", role="admin")
    async with front.by_cookie(await front.sign_in("ada")) as client:
        assert (await client.get("/api/v1/me")).status_code == 200
        assert (await client.get("/api/v1/me", headers={"Authorization": "Basic YTpi"})).status_code == 401


async def test_one_caller_too_fast_waits_and_others_do_not(front: Front) -> None:
    first, second = await issue(front), await issue(front)
    front.parts.door.pace.per_minute = 5
    async with front.by_key(first["api_key"]) as client:
        answers = [await client.get("/api/v1/me") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 12
    async with front.by_key(second["api_key"]) as client:
        assert (await client.get("/api/v1/me")).status_code == 200


def test_a_bucket_fills_by_the_minute_and_holds_a_minute() -> None:
    bucket, now_us, let_through = full_bucket(60, 0), 0, 0
    for now_us in range(0, 120_000_000, 250_000):
        bucket, wait_s = take_one(bucket, per_minute=60, now_us=now_us)
        let_through += wait_s == 0
        assert wait_s in {0, 1}
    assert let_through == 60 + 119
    assert take_one(bucket, per_minute=60, now_us=now_us + 3_600_000_000)[0].left == 59_000_000


async def test_the_document_has_every_operation_of_every_service(front: Front, units: None) -> None:
    front.addresses |= dict.fromkeys(("usage_rating", "reporting"), f"http://127.0.0.1:{free_port()}")
    async with front.client() as client:
        assert (await client.get("/api/v1/openapi.json")).json()["code"] == "service_away"
        assert (await client.get("/api")).status_code == 503
        async with described_behind(front):
            document = (await client.get("/api/v1/openapi.json")).json()
            reference = (await client.get("/api")).text
    assert document == json.loads(OPENAPI.read_text("utf-8")), "as docs/ has it"
    words = {path.split("/")[3] for path in document["paths"]}
    assert words == {route.partition("/")[0] for route in ROUTES} | {"me", "people", "api-keys", "audit", "events"}
    for item in document["paths"].values():
        for method, operation in item.items():
            keyed = [one for one in operation.get("parameters", ()) if one["name"] == "Idempotency-Key"]
            assert len(keyed) == (method == "post"), operation["operationId"]
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids) >= 27
    assert all(f"<code>{path}</code>" in reference for path in document["paths"])
    assert reference.count('class="operation"') == len(operations)
    text = str(document)
    for name in {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in document["components"]["schemas"], name
