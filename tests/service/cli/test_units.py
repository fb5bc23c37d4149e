"""`ringledger units`: looked at, changed, and what a change would move shown before it is made."""

from decimal import Decimal

import pytest

from cli.stack.ports import free_port
from tests.service.cli.conftest import Office
from tests.support.directory import ACCOUNT, NUMBER, OTHER_NUMBER, unit_id

CLAIMS, SALES = unit_id("Claims"), unit_id("Sales")
SINCE = "2026-06-01"


async def assignments(office: Office) -> int:
    count: int = await office.allocating.pool.fetchval("SELECT count(*) FROM assignment WHERE NOT deleted")
    return count


async def test_units_are_listed_shown_and_their_members_too(office: Office) -> None:
    table = await office.said("units", "list")
    assert "Claims" in table and SALES in table
    assert [(unit["name"], unit["numbers"]) for unit in await office.lines("units", "list")] == [
        ("Claims", 1),
        ("Sales", 0),
    ]
    assert [unit["name"] for unit in await office.lines("units", "list", "--search", "SAL")] == ["Sales"]
    shown = await office.document("units", "show", "claims")
    assert (shown["unit_id"], [member["member"] for member in shown["members"]]) == (CLAIMS, [NUMBER])
    assert NUMBER in await office.said("units", "show", CLAIMS)
    assert [row["member"] for row in await office.lines("units", "members", "Claims")] == [NUMBER]
    assert "Nobody is in it." in await office.said("units", "members", "Sales", "--kind", "user")
    assert "has no such billing unit" in await office.said("units", "list", "--search", "nothing like it")


async def test_a_unit_is_made_renamed_and_archived(office: Office) -> None:
    made = await office.document("units", "create", "  Night   shift ")
    assert made["name"] == "Night shift"
    assert "now called Late shift" in await office.said("units", "rename", "night SHIFT", "Late shift")
    assert "is archived from" in await office.said("units", "archive", "Late shift")
    assert [unit["name"] for unit in await office.lines("units", "list")] == ["Claims", "Sales"]
    archived = {unit["name"] for unit in await office.lines("units", "list", "--archived") if unit["archived_at"]}
    assert archived == {"Late shift"}
    assert "Late shift" in await office.refused("units", "assign", "Late shift", "--user", "ben")


async def test_members_are_assigned_and_released_and_a_dry_run_changes_nothing(office: Office) -> None:
    assign = ("units", "assign", "Sales", "--number", OTHER_NUMBER, "--user", "ben", "--from", SINCE)
    before = await assignments(office)
    told = await office.said(*assign, "--dry-run")
    assert "Sales would owe 1.100000 EUR more" in told and "Unassigned would owe 1.100000 EUR less" in told
    assert "Nothing was changed" in told
    foretold = await office.document(*assign, "--dry-run")
    assert (foretold["dry_run"], foretold["complete"]) == (True, True)
    net = {one["unit_id"]: Decimal(one["net"]) for one in foretold["net_by_unit"]}
    assert net == {SALES: Decimal("1.1"), None: Decimal("-1.1")}
    assert await assignments(office) == before

    assert "2 assigned to Sales" in await office.said(*assign)
    assert await assignments(office) == before + 2
    members = await office.lines("units", "members", "Sales")
    assert {row["member"]: row["from_at"] for row in members} == {
        OTHER_NUMBER: "2026-05-31T23:00:00Z",
        "ben": "2026-05-31T23:00:00Z",
    }, "midnight in London"
    await office.allocating.work_off()

    release = ("units", "release", "Sales", OTHER_NUMBER, "--at", "2026-06-01T12:00:00+02:00")
    assert "Sales would owe 0.100000 EUR less" in await office.said(*release, "--dry-run")
    assert len(await office.lines("units", "members", "Sales")) == 2
    assert "is out of Sales from 2026-06-01 10:00Z on" in await office.said(*release)
    assert [row["member"] for row in await office.lines("units", "members", "Sales")] == ["ben"]
    assert len(await office.lines("units", "members", "Sales", "--all")) == 2


async def test_archiving_says_first_what_it_would_move(office: Office) -> None:
    archive = ("units", "archive", "Claims", "--at", SINCE, "--release-members")
    told = await office.said(*archive, "--dry-run")
    assert "Claims would owe 0.400000 EUR less" in told and "Unassigned would owe 0.400000 EUR more" in told
    assert (await office.document("units", "show", "Claims"))["archived_at"] is None
    assert (await office.document(*archive))["archived_at"] == "2026-05-31T23:00:00Z"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("show", "Nobody"), "has no billing unit called 'Nobody'; `ringledger units list"),
        (("show", unit_id("none")), "billing_units:"),
        (("create", "CLAIMS"), "CLAIMS"),
        (("create", "x" * 201), "name"),
        (("rename", "Claims", "sales"), "sales"),
        (("archive", "Claims", "--at", SINCE), "end them by then, or archive with --release-members"),
        (("archive", "Claims", "--at", SINCE, "--dry-run"), "or archive with --release-members"),
        (("archive", "Claims", "--at", "soon"), "--at is a day such as 2026-10-01 or an instant"),
        (("archive", "Claims", "--at", "2026-06-01T12:00:00"), "--at is a day such as 2026-10-01 or an instant"),
        (("assign", "Sales"), "name at least one --number, --user or --team"),
        (("assign", "Sales", "--number", NUMBER), "release it there first"),
        (("assign", "Sales", "--number", "030 1234"), "begins with neither + nor 00"),
        (("assign", "Sales", "--user", "nobody"), "This account has no user nobody"),
        (("assign", "Sales", "--user", "ben", "--from", "2026-06-31"), "--from is a day"),
        (
            ("assign", "Sales", "--user", "ben", "--from", SINCE, "--until", SINCE),
            "--until must be later than --from",
        ),
        (("release", "Sales", NUMBER), f"{NUMBER} is not in Sales; `ringledger units members`"),
        (("release", "Claims", NUMBER, "--at", "2025-06-01"), "--at must not be before its beginning"),
    ],
)
async def test_what_cannot_be_is_said_with_what_to_do(office: Office, words: tuple[str, ...], says: str) -> None:
    before = await assignments(office)
    assert says in await office.refused("units", *words)
    assert await assignments(office) == before
    assert [unit["name"] for unit in await office.lines("units", "list")] == ["Claims", "Sales"]


async def test_of_a_list_that_is_refused_each_row_is_told(office: Office) -> None:
    told = await office.refused(
        "units", "assign", "Sales", "--user", "nobody", "--user", "ben", "--number", NUMBER, "--number", "x"
    )
    for says in ("user nobody: This account has no user", f"number {NUMBER}:", "number x:", "3 of 4 rows"):
        assert says in told
    assert "user ben" not in told


async def test_a_service_that_is_away_is_exit_1_and_a_wrong_key_says_what_to_give(office: Office) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    away = await office.refused("units", "list", code=1, RINGLEDGER_BILLING_UNITS_URL=nobody)
    assert "does not answer" in away and "`ringledger up` starts the local stack" in away
    other = "b3RoZXIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    unknown = await office.run("units", "list", RINGLEDGER_OPERATOR_KEY=other)
    assert (unknown.exit_code, "RINGLEDGER_OPERATOR_PUBLIC_KEY" in unknown.stderr) == (2, True)
    unnamed = await office.refused("units", "list", RINGLEDGER_ACCOUNT="")
    assert "--account" in unnamed
    assert ACCOUNT in await office.refused("units", "show", "Nobody")
