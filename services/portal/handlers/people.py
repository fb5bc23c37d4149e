"""Commands on people and on their sessions, each one transaction with its audit entry."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.audit.recording import record_change
from chassis.clock import Clock, Random
from chassis.database import Pool, account_transaction
from contracts.values.access import Caller, Role
from contracts.values.audit import Change
from contracts.values.ids import time_ordered_id
from services.portal.domain.credentials import folded_name, password_problem
from services.portal.handlers.passwords import Passwords
from services.portal.store.people import (
    Person,
    Rights,
    count_admins,
    insert_person,
    list_caller_names,
    list_people,
    lock_person,
    update_person,
)
from services.portal.store.sessions import delete_sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command changed nothing."""

    code: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWanted:
    """A person to be."""

    sign_in_name: str
    name: str
    password: str
    rights: Rights


NOBODY = Refusal(code="not_found", says="This account has no such person.")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who may sign in to an account, and what they may do there."""

    pool: Pool
    passwords: Passwords
    clock: Clock
    random: Random

    async def create(self, caller: Caller, wanted: PersonWanted) -> Person | Refusal:
        """A new person of the caller's account."""
        if problem := password_problem(wanted.password):
            return Refusal(code="bad_password", says=problem)
        password_hash = await self.passwords.hashed(wanted.password)
        now = self.clock()
        person = Person(
            person_id=time_ordered_id(now, self.random),
            version=1,
            sign_in_name=folded_name(wanted.sign_in_name),
            name=wanted.name,
            rights=wanted.rights,
            active=True,
            created_at=now,
        )
        async with account_transaction(self.pool, caller.account_id) as connection:
            if not await insert_person(connection, caller.account_id, person, password_hash, now):
                return Refusal(code="name_taken", says="This account has a person with that sign-in name.")
            change = Change(
                action="person.create", subject=str(person.person_id), after=_said(person.rights, active=True)
            )
            await record_change(connection, caller, change, now)
        return person

    async def change(
        self, caller: Caller, person_id: UUID, rights: Rights, *, active: bool, version: int | None
    ) -> Person | Refusal:
        """Other rights, or none any more. version: the one the caller saw; another has changed it since."""
        async with account_transaction(self.pool, caller.account_id) as connection:
            person = await lock_person(connection, caller.account_id, person_id)
            if person is None:
                return NOBODY
            if version is not None and version != person.version:
                return Refusal(code="changed_meanwhile", says="The person was changed meanwhile; read it again.")
            stays_admin = active and rights.role is Role.ADMIN and rights.units is None
            if not stays_admin and not await count_admins(connection, caller.account_id, beside=person_id):
                return Refusal(code="last_admin", says="An account keeps at least one Admin without a limit.")
            await update_person(connection, caller.account_id, person_id, rights, active=active)
            if not active:
                await delete_sessions(connection, caller.account_id, person_id)
            change = Change(
                action="person.change",
                subject=str(person_id),
                before=_said(person.rights, active=person.active),
                after=_said(rights, active=active),
            )
            await record_change(connection, caller, change, self.clock())
            return Person(
                person_id=person_id,
                version=person.version + 1,
                sign_in_name=person.sign_in_name,
                name=person.name,
                rights=rights,
                active=active,
                created_at=person.created_at,
            )

    async def sign_out_everywhere(self, caller: Caller, person_id: UUID) -> int | Refusal:
        """End every session of a person; how many there were."""
        async with account_transaction(self.pool, caller.account_id) as connection:
            if await lock_person(connection, caller.account_id, person_id) is None:
                return NOBODY
            ended = await delete_sessions(connection, caller.account_id, person_id)
            change = Change(
                action="person.sign-out", subject=str(person_id), before=json.dumps({"sessions": ended})
            )
            await record_change(connection, caller, change, self.clock())
            return ended

    async def list(self, account_id: str, after: UUID | None, limit: int) -> Sequence[Person]:
        """People of an account."""
        async with account_transaction(self.pool, account_id) as connection:
            return await list_people(connection, account_id, after, limit)

    async def names_of(self, account_id: str, ids: Iterable[str]) -> Mapping[str, str]:
        """What people and API keys of the account are called, by id."""
        async with account_transaction(self.pool, account_id) as connection:
            return await list_caller_names(connection, account_id, list(ids))


def _said(rights: Rights, *, active: bool) -> str:
    """Rights as the audit log keeps them: no name is in them."""
    role, groups, units = rights.columns()
    return json.dumps({"role": role, "access_groups": groups, "units": units, "active": active})
