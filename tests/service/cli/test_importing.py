"""`ringledger units import`: a CSV of members, all of it checked before any of it is done."""

from pathlib import Path

import pytest

from tests.service.cli.conftest import Office
from tests.support.directory import NUMBER, OTHER_NUMBER

HEADER = "unit,kind,member,from,until\n"
GOOD = (
    HEADER
    + f"Sales,number,{OTHER_NUMBER},2026-06-01,\nsales,user,ben,,\nClaims,team,evening,2026-06-01,2026-07-01\n"
)


def a_file(folder: Path, text: str) -> str:
    file = folder / "members.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


async def members(office: Office) -> dict[str, list[str]]:
    return {
        unit: sorted(row["member"] for row in await office.lines("units", "members", unit, "--all"))
        for unit in ("Claims", "Sales")
    }


async def test_members_of_many_units_are_put_where_they_belong(office: Office, tmp_path: Path) -> None:
    file = a_file(tmp_path, GOOD)
    told = await office.said("units", "import", file, "--dry-run")
    assert "Sales would owe 0.100000 EUR more" in told and "Nothing was changed" in told
    assert await members(office) == {"Claims": [NUMBER], "Sales": []}
    done = await office.document("units", "import", file)
    assert done["assigned"] == 3
    assert await members(office) == {"Claims": [NUMBER, "evening"], "Sales": [OTHER_NUMBER, "ben"]}
    again = await office.refused("units", "import", file)
    assert "line 2:" in again and "already" in again and "3 lines are wrong; nothing was assigned" in again
    assert "assigned already" in await office.said("units", "import", file, "--skip-assigned")


async def test_after_an_interruption_only_the_rest_is_done(office: Office, tmp_path: Path) -> None:
    await office.said("units", "import", a_file(tmp_path, HEADER + "Sales,user,ben,2026-06-01,\n"))
    file = a_file(tmp_path, HEADER + f"Sales,user,ben,2026-06-01,\nSales,number,{OTHER_NUMBER},2026-06-01,\n")
    assert "1 assigned to Sales" in await office.said("units", "import", file, "--skip-assigned")
    assert (await members(office))["Sales"] == [OTHER_NUMBER, "ben"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1 lacks unit, kind, member"),
        ("unit,kind,member,member\n", "line 1 names a column twice"),
        ("unit,kind,person\n", "line 1 lacks member; has person"),
        (HEADER, "names no member"),
        (HEADER + "Sales,number\n", "line 2: 2 cells under 5 columns"),
        (HEADER + "Sales,branch,x,,\n", "line 2: kind is one of number, user, team, not 'branch'"),
        (HEADER + ",user,ben,,\n", "line 2: unit is empty"),
        (HEADER + 'Sales,user,"ben"x,,\n', "line 2: not CSV"),
        (HEADER + "Nobody,user,ben,,\n", "no billing unit called 'Nobody'"),
        (HEADER + "Sales,user,ben,soon,\n", "line 2: from is a day"),
        (HEADER + f"Claims,user,ben,,\nSales,number,{NUMBER},,\n", "line 3:"),
        (HEADER + f"Sales,number,{OTHER_NUMBER},,\nClaims,number,+44 20 7946 0019,,\n", "line 3:"),
        (HEADER + "Sales,user,ben,2026-06-02,2026-06-01\n", "line 2: billing_units: until must be later than from"),
    ],
)
async def test_a_file_with_one_wrong_line_changes_nothing(
    office: Office, tmp_path: Path, text: str, says: str
) -> None:
    for options in ((), ("--dry-run",)):
        assert says in await office.refused("units", "import", a_file(tmp_path, text), *options)
    assert await members(office) == {"Claims": [NUMBER], "Sales": []}


async def test_a_file_that_cannot_be_read_is_named(office: Office, tmp_path: Path) -> None:
    assert "none.csv cannot be read" in await office.refused("units", "import", str(tmp_path / "none.csv"))
    (tmp_path / "latin.csv").write_bytes(b"unit,kind,member\nB\xfcro,user,ben\n")
    assert "it is not UTF-8" in await office.refused("units", "import", str(tmp_path / "latin.csv"))
