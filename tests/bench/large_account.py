"""One account of the size that lists must stay fast at, written straight into billing_units' tables."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg

from contracts.values.ids import IdKind, derived_id
from contracts.values.unit_names import name_key

ACCOUNT = "large-house"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
FREE_EVERY = 20
"""One number in so many is in no unit."""

DIRECTLY = 0.6
"""The share of users who are in a unit themselves; the others come through teams."""

_FIRST = ("Ada", "Ben", "Chloe", "Dev", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jon")
_LAST = ("Moss", "Okafor", "Silva", "Novak", "Haddad", "Lind", "Costa", "Weber", "Tanaka", "Byrne", "Quinn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much the account has."""

    numbers: int = 100_000
    users: int = 10_000
    units: int = 1_000
    teams: int = 200

    def number(self, place: int) -> str:
        """Every one of them a different London number."""
        return f"+4420{70_000_000 + place * 97 % 9_999_991:08d}"

    def unit_id(self, place: int) -> UUID:
        """The unit at a place; they come round."""
        return derived_id(IdKind.DIRECTORY, ACCOUNT, "unit", str(place % self.units))


async def fill(dsn: str, size: Size) -> None:
    """Write the account, as the administrator; statistics and visibility as autovacuum leaves them."""
    connection = await asyncpg.connect(dsn, server_settings={"search_path": "billing_units"})
    try:
        account_no = await connection.fetchval(
            "INSERT INTO directory (account_id, revision) VALUES ($1, 1) RETURNING account_no", ACCOUNT
        )
        for table, rows in _tables(size, account_no).items():
            columns = list(rows[0])
            await connection.copy_records_to_table(
                table, records=[tuple(row.values()) for row in rows], columns=columns
            )
            await connection.execute(f'VACUUM (ANALYZE) "{table}"')
    finally:
        await connection.close()


def _tables(size: Size, account_no: int) -> dict[str, list[dict[str, Any]]]:
    common = {"account_id": ACCOUNT, "version": 1, "deleted": False, "changed_at": SINCE}
    people = [f"{_FIRST[n % 10]} {_LAST[n % 11]} {n}" for n in range(size.users)]
    return {
        "account": [
            {
                **common,
                "name": "Large House",
                "currency": "EUR",
                "zone": "Europe/London",
                "anchor_day": 1,
                "split_policy": "equal",
                "split_changes": "[]",
                "access": "access_groups",
            }
        ],
        "unit": [
            {**common, "unit_id": size.unit_id(n), "name": name, "name_key": name_key(name)}
            for n in range(size.units)
            for name in [f"{_LAST[n % 11]} branch {n}"]
        ],
        "number": [
            {**common, "number": size.number(n), "from_at": SINCE, "country": "GB"} for n in range(size.numbers)
        ],
        "directory_user": [
            {**common, "user_id": f"agent-{n:05d}", "name": name, "email": f"agent-{n:05d}@large-house.example"}
            for n, name in enumerate(people)
        ],
        "team": [{**common, "team_id": f"team-{n:03d}", "name": f"Team {n}"} for n in range(size.teams)],
        "team_membership": [
            {
                **common,
                "membership_id": f"membership-{n}",
                "team_id": f"team-{n % size.teams:03d}",
                "user_id": f"agent-{n:05d}",
                "from_at": SINCE,
            }
            for n in range(int(size.users * DIRECTLY), size.users)
        ],
        "assignment": _assignments(size, common, account_no),
    }


def _assignments(size: Size, common: dict[str, Any], account_no: int) -> list[dict[str, Any]]:
    return [
        {
            **common,
            "assignment_id": derived_id(IdKind.DIRECTORY, ACCOUNT, "assignment", kind, member),
            "unit_id": unit,
            "member_kind": kind,
            "member": member,
            "from_at": SINCE,
            "weight": 1,
            "is_primary": False,
            "account_no": account_no,
            "directory_revision": 1,
        }
        for kind, member, unit in _placed(size)
    ]


def _placed(size: Size) -> Iterator[tuple[str, str, UUID]]:
    """Kind, member and unit; units differ in size."""
    for n in range(size.numbers):
        if n % FREE_EVERY:
            yield "number", size.number(n), size.unit_id(n * n % 7919)
    for n in range(int(size.users * DIRECTLY)):
        yield "user", f"agent-{n:05d}", size.unit_id(n * n % 7907)
    for n in range(size.teams):
        yield "team", f"team-{n:03d}", size.unit_id(n * 3)
