"""Every command is written into the audit log with who asked for it, and nothing else is."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from contracts.values.access import CallerKind, Privilege
from services.billing_units.consumers import SERVICE
from services.billing_units.domain.access import POLICIES
from tests.support.allocating import Allocating
from tests.support.callers import Signed, a_caller
from tests.support.directory import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    a_number,
    a_rated_call,
    a_team,
    a_working_account,
    an_assignment,
    unit_id,
)

CHECK = Path(__file__).parents[3] / "docs" / "examples" / "check_audit_log.py"
LOG = "/api/v1/audit/billing-units"
CLAIMS, SALES, HELD = unit_id("Claims"), unit_id("Sales"), an_assignment().assignment_id
SINCE = {"from_at": "2026-01-01T00:00:00Z"}
ANY_VERSION = {"headers": {"If-Match": "*"}}
ADA = a_caller(ACCOUNT, *Privilege, request_id="request-1")

COMMANDS: dict[str, tuple[str, dict[str, Any], list[tuple[str, str]]]] = {
    "PUT /api/v1/accounts/{account_id}": (
        ACCOUNT,
        {"json": {"name": "Eve Holt & Co", "currency": "EUR", "zone": "Europe/Rome"}},
        [("account.change", ACCOUNT)],
    ),
    "PUT /api/v1/accounts/{account_id}/split-policy": (
        ACCOUNT,
        {"json": {"policy": "weighted"}, **ANY_VERSION},
        [("account.change", ACCOUNT)],
    ),
    "PUT /api/v1/accounts/{account_id}/unassigned-alert": (
        ACCOUNT,
        {"json": {"threshold_percent": "2.5"}, **ANY_VERSION},
        [("unassigned-alert.change", ACCOUNT)],
    ),
    "PUT /api/v1/billing-units/{unit_id}/budget": (
        CLAIMS,
        {"json": {"amount": "500"}, **ANY_VERSION},
        [("budget.change", CLAIMS)],
    ),
    "DELETE /api/v1/billing-units/{unit_id}/budget": (
        CLAIMS,
        ANY_VERSION,
        [("budget.change", CLAIMS)] * 2,
    ),
    "PUT /api/v1/users/{user_id}": (
        "agent-17",
        {"json": {"name": "Eve Holt", "email": "eve@holt.example", "active": False}},
        [("user.delete", "agent-17")],
    ),
    "PUT /api/v1/teams/{team_id}": ("late", {"json": {"name": "Eve's"}}, [("team.create", "late")]),
    "PUT /api/v1/teams/{team_id}/members/{membership_id}": (
        "evening",
        {"json": {"user_id": "agent-17", **SINCE}},
        [("membership.create", "evening")],
    ),
    "PUT /api/v1/numbers/{number}": (OTHER_NUMBER, {"json": SINCE}, [("number.change", OTHER_NUMBER)]),
    "POST /api/v1/billing-units": ("", {"json": {"name": "Retention"}}, [("unit.create", "*")]),
    "PATCH /api/v1/billing-units/{unit_id}": (
        CLAIMS,
        {"json": {"name": "Losses"}, **ANY_VERSION},
        [("unit.change", CLAIMS)],
    ),
    "POST /api/v1/billing-units/{unit_id}/archive": (
        CLAIMS,
        {"json": {"release_members": True}, **ANY_VERSION},
        [("assignment.change", CLAIMS), ("unit.change", CLAIMS)],
    ),
    "POST /api/v1/billing-units/{unit_id}/members": (
        SALES,
        {"json": {"users": ["agent-17"], "teams": ["evening"]}},
        [("assignment.create", SALES)] * 2,
    ),
    "POST /api/v1/billing-units/{unit_id}/numbers": (
        SALES,
        {"content": OTHER_NUMBER, "headers": {"Content-Type": "text/plain"}},
        [("assignment.create", SALES)],
    ),
    "POST /api/v1/assignments": (
        "",
        {"json": {"unit_id": SALES, "member_kind": "user", "member": "agent-17"}},
        [("assignment.create", SALES)],
    ),
    "PATCH /api/v1/assignments/{assignment_id}": (HELD, {"json": {"weight": 3}}, [("assignment.change", CLAIMS)]),
    "POST /api/v1/assignments/{assignment_id}/release": (HELD, {"json": {}}, [("assignment.change", CLAIMS)]),
}
"""What is named in the path, what is sent, and the entries it leaves."""

FIRST = {"DELETE /api/v1/billing-units/{unit_id}/budget": "PUT /api/v1/billing-units/{unit_id}/budget"}
"""What is done before, so that there is something to end."""


def client_by(app: Any, caller: Any = ADA) -> httpx.AsyncClient:
    signed = Signed(caller=caller, audience=SERVICE)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://bu", auth=signed, timeout=60)


@pytest.fixture
async def client(app: Any, allocating: Allocating) -> AsyncIterator[httpx.AsyncClient]:
    await allocating.adopt(*a_working_account(), a_number(OTHER_NUMBER), a_team())
    async with client_by(app) as client:
        yield client


async def log(client: httpx.AsyncClient, **wanted: Any) -> list[dict[str, Any]]:
    """Entries, oldest first; the page they stand on must be whole."""
    answer = await client.get(LOG, params={"limit": 500, **wanted})
    assert answer.status_code == 200, answer.text
    assert answer.json()["broken_at"] is None
    return list(reversed(answer.json()["data"]))


def path_of(operation: str, named: str) -> str:
    path = operation.split(" ")[1]
    for name in ("account_id", "user_id", "team_id", "number", "unit_id", "assignment_id"):
        path = path.replace(f"{{{name}}}", named)
    return path.replace("{membership_id}", "m-1")


@pytest.mark.parametrize(
    "operation", [name for name in POLICIES if not name.startswith("GET") and not name.endswith("/preview")]
)
async def test_every_command_is_audited_with_who_asked(client: httpx.AsyncClient, operation: str) -> None:
    named, sent, entries = COMMANDS[operation]
    path = path_of(operation, named)
    if operation in FIRST:
        assert (await client.put(path, **COMMANDS[FIRST[operation]][1])).status_code == 200
    if f"{operation}/preview" in POLICIES:
        assert (await client.post(f"{path}/preview", **sent)).status_code == 200
    answer = await client.request(operation.split(" ")[0], path, **sent)
    assert answer.is_success, answer.text
    found = await log(client)
    assert [(entry["action"], entry["subject"]) for entry in found] == [
        (action, answer.json()["data"].get("unit_id") if subject == "*" else subject) for action, subject in entries
    ], "and a preview leaves nothing"
    for entry in found:
        assert (entry["caller_kind"], entry["caller_id"], entry["request_id"]) == (
            "person",
            "somebody",
            "request-1",
        )
        assert entry["before"] != entry["after"]
    text = str(found)
    assert not any(name in text for name in ("Eve", "holt", "Ada", "Harbour", "Evening", "example"))


async def test_what_changes_nothing_is_not_audited(client: httpx.AsyncClient, allocating: Allocating) -> None:
    members = f"/api/v1/billing-units/{SALES}/members"
    user = {"json": {"name": "Ada Moss", "email": "ada@harbour-care.example"}}
    dry = await client.post(members, params={"dry_run": "true"}, json={"users": ["agent-17"]})
    refused = await client.post(members, json={"numbers": [NUMBER]})
    await allocating.rate(a_rated_call())
    assert (dry.status_code, refused.status_code) == (200, 409)
    assert await log(client) == [], "and neither are a platform's statements nor its calls"
    answers = [await client.put("/api/v1/users/agent-17", **user) for _ in range(2)]
    assert [answer.json()["changed"] for answer in answers] == [True, False]
    assert len(await log(client)) == 1


async def test_the_author_of_a_change_is_who_asked(app: Any, client: httpx.AsyncClient) -> None:
    key = a_caller(ACCOUNT, Privilege.EDIT_BILLING_UNIT, kind=CallerKind.API_KEY)
    async with client_by(app, key) as machine:
        assert (await machine.patch(f"/api/v1/assignments/{HELD}", json={"weight": 2})).status_code == 200
        assert (await machine.get(LOG)).status_code == 403, "to edit is not to read the log"
    assert (await client.post(f"/api/v1/assignments/{HELD}/release")).status_code == 200
    versions = (await client.get(f"/api/v1/assignments/{HELD}/versions")).json()["data"]
    assert [version["author"] for version in versions] == [
        "platform event of pbx",
        "api key somebody",
        "person somebody",
    ]


async def test_entries_are_found_by_subject_time_and_caller(app: Any, client: httpx.AsyncClient) -> None:
    async with client_by(app, a_caller(ACCOUNT)) as operator:
        for name in ("North", "South"):
            assert (await operator.post("/api/v1/billing-units", json={"name": name})).status_code == 201
    assert (await client.post(f"/api/v1/assignments/{HELD}/release")).status_code == 200
    assert [entry["action"] for entry in await log(client, subject=CLAIMS)] == ["assignment.change"]
    assert len(await log(client, caller="somebody")) == 3
    assert await log(client, caller="nobody") == []
    noon = "2026-07-01T12:00:00Z"
    assert len(await log(client, **{"at[gte]": noon})) == 3
    assert await log(client, **{"at[lt]": noon}) == []
    first = (await client.get(LOG, params={"limit": 2})).json()
    rest = (await client.get(LOG, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [entry["seq"] for entry in first["data"] + rest["data"]] == [3, 2, 1]
    assert rest["next_cursor"] is None
    for wrong in ({"cursor": "x"}, {"at[gte]": "2026-07-01"}, {"subject": "a\0b"}, {"limit": "0"}):
        assert (await client.get(LOG, params=wrong)).status_code == 422, wrong


async def test_an_export_is_checked_without_us_and_tampering_is_seen(
    app: Any, client: httpx.AsyncClient, database: str
) -> None:
    for number in ("+442079460000", "+442079460001", "+442079460002"):
        assert (await client.put(f"/api/v1/numbers/{number}", json=SINCE)).status_code == 201
    body = {"users": [f"nobody-{index}" for index in range(2)]}
    assert (await client.post(f"/api/v1/billing-units/{SALES}/members", json=body)).status_code == 422
    renamed = {"json": {"name": "Café"}, **ANY_VERSION}
    assert (await client.patch(f"/api/v1/billing-units/{CLAIMS}", **renamed)).status_code == 200
    answer = await client.get(f"{LOG}/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = answer.text.splitlines()
    assert [json.loads(line)["seq"] for line in lines] == [1, 2, 3, 4]
    assert checked(answer.text) == (0, f"4 entries, whole; the last hash is {json.loads(lines[-1])['hash']}")
    admin = await asyncpg.connect(database, server_settings={"search_path": "billing_units"})
    await admin.execute("UPDATE audit_entry SET caller_id = 'eve' WHERE seq = 2")
    await admin.close()
    assert checked((await client.get(f"{LOG}/export")).text) == (1, "entry 2 was changed")
    page = (await client.get(LOG)).json()
    assert page["broken_at"] == 2
    assert (await client.get(LOG, params={"caller": "eve"})).json()["broken_at"] == 2


def checked(export: str) -> tuple[int, str]:
    """The example's exit code and words for an export."""
    done = subprocess.run(
        [sys.executable, str(CHECK)], input=export, capture_output=True, text=True, encoding="utf-8", check=False
    )
    return done.returncode, done.stdout.strip()


async def test_a_long_chain_is_exported_whole_and_in_order(
    client: httpx.AsyncClient, allocating: Allocating
) -> None:
    numbers = [f"+4420794{index:05d}" for index in range(60100, 62500)]
    await allocating.adopt(*map(a_number, numbers))
    made = await client.post(f"/api/v1/billing-units/{SALES}/members", json={"numbers": numbers})
    assert made.status_code == 201
    text = (await client.get(f"{LOG}/export")).text
    assert checked(text)[1].startswith(f"{len(numbers)} entries, whole")
    members = [json.loads(json.loads(line)["after"])["member"] for line in text.splitlines()]
    assert members == numbers


async def test_accounts_have_chains_of_their_own(app: Any, allocating: Allocating) -> None:
    for account in (ACCOUNT, "other"):
        await allocating.adopt(*a_working_account(account))
        async with client_by(app, a_caller(account)) as operator:
            assert (await operator.post("/api/v1/billing-units", json={"name": "North"})).status_code == 201
            assert [entry["account_id"] for entry in await log(operator)] == [account]
            assert len((await operator.get(f"{LOG}/export")).text.splitlines()) == 1
