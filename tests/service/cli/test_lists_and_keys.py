"""`ringledger numbers`, `users`, `teams`, `apikey` and `audit`."""

from pathlib import Path

import asyncpg
import orjson
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from typer.testing import CliRunner

from cli.main import app
from tests.service.cli.conftest import Office
from tests.support.directory import NUMBER, OTHER_NUMBER, unit_id
from tests.support.front import listening


async def test_numbers_users_and_teams_are_listed_and_searched(office: Office) -> None:
    assert [row["number"] for row in await office.lines("numbers", "list")] == [NUMBER, OTHER_NUMBER]
    assert [row["number"] for row in await office.lines("numbers", "list", "--available")] == [OTHER_NUMBER]
    assert [row["number"] for row in await office.lines("numbers", "list", "--search", "7946 0018")] == [NUMBER]
    table = await office.said("numbers", "list")
    assert "Claims" in table and NUMBER in table
    assert "has no such number" in await office.said("numbers", "list", "--country", "FR")
    assert [row["user_id"] for row in await office.lines("users", "list")] == ["agent-17", "ben"]
    assert "Ben Okafor" in await office.said("users", "list", "--search", "okafor")
    assert "has no such user" in await office.said("users", "list", "--search", "nobody at all")
    assert [row["team_id"] for row in await office.lines("teams", "list")] == ["evening"]
    assert "Evening shift" in await office.said("teams", "list")


async def test_a_key_is_shown_once_listed_and_revoked(office: Office) -> None:
    made = await office.run("apikey", "create", "--name", "pbx", "--may", "publish_events")
    assert made.exit_code == 0, made.output
    secret = made.stdout.strip()
    assert secret.startswith("rlk_") and "is not shown again" in made.stderr
    limited = await office.document(
        "apikey", "create", "--name", "report", "--may", "view_billing_unit", "--unit", "Claims",
        "--expires", "2099-01-01",
    )  # fmt: skip
    async with office.front.by_key(secret) as client:
        me = (await client.get("/api/v1/me")).json()["data"]
    assert me["privileges"] == ["publish_events"]
    first, second = await office.lines("apikey", "list")
    assert (first["name"], first["units"], second["units"]) == ("pbx", None, [unit_id("Claims")])
    assert second["expires_at"] == "2099-01-01T00:00:00Z"
    table = await office.said("apikey", "list")
    assert "publish_events" in table and secret.rpartition("_")[2] not in table
    assert "is revoked" in await office.said("apikey", "revoke", limited["key_id"])
    async with office.front.by_key(limited["api_key"]) as client:
        assert (await client.get("/api/v1/me")).status_code == 401
    assert "no such key" in await office.refused("apikey", "revoke", limited["key_id"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("create", "--name", "x", "--may", "administer"), "'administer' is not one of"),
        (("create", "--name", "x", "--unit", "Nobody"), "no billing unit called 'Nobody'"),
        (("create", "--name", "x", "--expires", "2026-01-01"), "--expires must be in the future"),
        (("create", "--name", "x", "--expires", "tomorrow"), "--expires is a day"),
        (("create", "--name", ""), "name"),
        (("revoke", "x"), "key_id"),
    ],
)
async def test_a_key_that_cannot_be_is_told(office: Office, words: tuple[str, ...], says: str) -> None:
    assert says in await office.refused("apikey", *words)
    assert await office.lines("apikey", "list") == []


async def test_the_audit_log_is_listed_newest_first_and_a_broken_chain_is_exit_5(office: Office) -> None:
    for number in range(3):
        await office.said("apikey", "create", "--name", f"key {number}")
    entries = await office.lines("audit", "list")
    assert [entry["seq"] for entry in entries] == [3, 2, 1]
    assert {entry["action"] for entry in entries} == {"api-key.create"}
    assert [entry["seq"] for entry in await office.lines("audit", "list", "--limit", "1")] == [3]
    assert "api-key.create" in await office.said("audit", "list")
    assert "--since is a day" in await office.refused("audit", "list", "--since", "yesterday")
    connection = await asyncpg.connect(office.portal_dsn)
    await connection.execute("UPDATE portal.audit_entry SET subject = 'another' WHERE seq = 2")
    await connection.close()
    broken = await office.run("audit", "list", "--json")
    assert (broken.exit_code, len(broken.stdout.splitlines())) == (5, 3)
    assert "entry 2 does not follow" in broken.stderr or "entry 3 does not follow" in broken.stderr


async def test_the_audit_log_is_exported_as_it_comes(office: Office, tmp_path: Path) -> None:
    """portal itself is stood in for: what is looked at is how the command passes on an answer of any length."""
    wanted = [{"seq": number, "subject": "x" * 1000} for number in range(1, 2001)]
    asked: list[str] = []

    async def export(request: Request) -> StreamingResponse:
        asked.append(request.url.path)
        return StreamingResponse((orjson.dumps(one) + b"\n" for one in wanted), media_type="application/x-ndjson")

    routes = [Route("/api/v1/audit/export", export), Route("/api/v1/audit/usage-rating/export", export)]
    file = tmp_path / "audit.jsonl"
    async with listening(FastAPI(routes=routes)) as url:
        office.variables["RINGLEDGER_PORTAL_URL"] = url
        printed = await office.said("audit", "export")
        await office.said("audit", "export", "--service", "usage_rating", "--out", str(file))
        assert "cannot be written" in await office.refused("audit", "export", "--out", str(tmp_path / "no" / "x"))
        before = file.read_bytes()
        await office.refused("audit", "export", "--service", "billing_units", "--out", str(file))
    assert [orjson.loads(line) for line in printed.splitlines()] == wanted
    assert [orjson.loads(line) for line in before.splitlines()] == wanted
    assert file.read_bytes() == before, "what is refused leaves the file as it was"
    assert asked[:2] == ["/api/v1/audit/export", "/api/v1/audit/usage-rating/export"]


HELP = {
    "units": ("list", "show", "create", "rename", "archive", "assign", "release", "members", "import", "costs"),
    "numbers": ("list",),
    "users": ("list",),
    "teams": ("list",),
    "apikey": ("create", "list", "revoke"),
    "audit": ("list", "export"),
}


@pytest.mark.parametrize(("group", "command"), [(group, one) for group, all_ in HELP.items() for one in all_])
def test_help_begins_with_examples_and_ends_with_exit_codes(group: str, command: str) -> None:
    text = CliRunner().invoke(app, [group, command, "--help"], env={"COLUMNS": "200"}).stdout
    examples, options, codes = (text.find(part) for part in ("Examples:", "--help", "Exit codes:"))
    assert examples > 0 and f"ringledger {group} {command}" in text
    assert codes > 0 and examples < options
