"""People of an account, and what each may do in it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Connection, Pool
from contracts.values.access import Privilege, Role
from services.portal.store import QUERIES


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a principal may do. units: the only ones it may see, None for all."""

    role: Role = Role.MEMBER
    groups: frozenset[Privilege] = frozenset()
    units: frozenset[str] | None = None

    def columns(self) -> tuple[str, list[str], list[str] | None]:
        """As rows keep them."""
        return self.role, sorted(self.groups), None if self.units is None else sorted(self.units)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person as administrators see them."""

    person_id: UUID
    version: int
    sign_in_name: str
    name: str
    rights: Rights
    active: bool
    created_at: datetime


def rights_of(row: Mapping[str, Any]) -> Rights:
    """The rights in a row; those of a key have no role."""
    units = row["units"]
    return Rights(
        role=Role(row.get("role") or Role.MEMBER),
        groups=frozenset(map(Privilege, row["access_groups"])),
        units=None if units is None else frozenset(map(str, units)),
    )


def _person(row: Mapping[str, Any]) -> Person:
    return Person(
        person_id=row["person_id"],
        version=row["version"],
        sign_in_name=row["sign_in_name"],
        name=row["name"],
        rights=rights_of(row),
        active=row["active"],
        created_at=row["created_at"],
    )


async def list_sign_in_accounts(pool: Pool, sign_in_name: str) -> list[str]:
    """The accounts in which this name may sign in."""
    return [row["account_id"] for row in await pool.fetch(QUERIES["list_sign_in_accounts"], sign_in_name)]


async def find_password(connection: Connection, account_id: str, sign_in_name: str) -> tuple[UUID, str] | None:
    """The person of that name who may sign in, with the hash of their password."""
    row = await connection.fetchrow(QUERIES["find_person_by_name"], account_id, sign_in_name)
    return None if row is None else (row["person_id"], row["password_hash"])


async def insert_person(
    connection: Connection, account_id: str, person: Person, password_hash: str, created_at: datetime
) -> bool:
    """Whether the person is new; the account may have that sign-in name."""
    row = await connection.fetchrow(
        QUERIES["insert_person"],
        account_id,
        person.person_id,
        person.sign_in_name,
        person.name,
        password_hash,
        *person.rights.columns(),
        created_at,
    )
    return row is not None


async def lock_person(connection: Connection, account_id: str, person_id: UUID) -> Person | None:
    """A person, held until the transaction ends."""
    row = await connection.fetchrow(QUERIES["lock_person"], account_id, person_id)
    return None if row is None else _person(row)


async def find_person(connection: Connection, account_id: str, person_id: UUID) -> Person | None:
    """A person."""
    row = await connection.fetchrow(QUERIES["find_person"], account_id, person_id)
    return None if row is None else _person(row)


async def list_people(connection: Connection, account_id: str, after: UUID | None, limit: int) -> list[Person]:
    """People in the order in which they came."""
    rows: Iterable[Mapping[str, Any]] = await connection.fetch(QUERIES["list_people"], account_id, after, limit)
    return [_person(row) for row in rows]


async def list_caller_names(connection: Connection, account_id: str, ids: Collection[str]) -> dict[str, str]:
    """What people and keys of these ids are called; ids of neither stay out."""
    rows = await connection.fetch(QUERIES["list_caller_names"], account_id, list(ids))
    return {str(row["id"]): row["name"] for row in rows}


async def update_person(
    connection: Connection, account_id: str, person_id: UUID, rights: Rights, *, active: bool
) -> None:
    """The next version of what a person may do."""
    await connection.execute(QUERIES["update_person"], account_id, person_id, *rights.columns(), active)


async def update_password(
    connection: Connection, account_id: str, person_id: UUID, *, before: str, after: str
) -> bool:
    """Another password's hash; False when it is no longer `before`."""
    return await connection.fetchval(QUERIES["update_password"], account_id, person_id, before, after) is not None


async def count_admins(connection: Connection, account_id: str, *, beside: UUID) -> int:
    """Active Admins without a limit, this person aside."""
    count: int = await connection.fetchval(QUERIES["count_admins"], account_id, beside)
    return count


async def count_attempt(pool: Pool, subject: bytes, at: datetime, since: datetime) -> int:
    """Take an attempt down, outside any transaction that may fail; how many there were since."""
    count: int = await pool.fetchval(QUERIES["count_attempt"], subject, at, since)
    return count


async def forget_attempts(pool: Pool, subject: bytes) -> None:
    """Who signed in begins anew."""
    await pool.execute(QUERIES["forget_attempts"], subject)
