"""Signing in and out, and the answer to who asks with a session's cookie."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from chassis.audit.recording import record_change
from chassis.clock import Clock, Random
from chassis.database import Pool, account_transaction
from contracts.values.access import AccessModel, Caller, CallerKind, privileges_of
from contracts.values.audit import Change
from services.portal.domain.credentials import SECRET_BYTES, as_text, folded_name, hash_of
from services.portal.domain.throttle import WINDOW, subject_of, too_many
from services.portal.handlers.passwords import Passwords
from services.portal.store.people import count_attempt, find_password, forget_attempts, list_sign_in_accounts
from services.portal.store.sessions import (
    delete_session,
    find_session,
    find_session_account,
    insert_session,
    touch_session,
)

SESSION_LIFE = timedelta(days=7)
SESSION_IDLE = timedelta(hours=12)
SEEN_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session: the cookie's content, which nobody else ever has."""

    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSignedIn:
    """Why there is no session: `wrong`, `throttled`, or `which_account` where several fit."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who a session belongs to. name: for their own page only. access: the model that counts in their account."""

    caller: Caller
    person_id: UUID
    name: str
    sign_in_name: str
    access: AccessModel

    @property
    def is_shut_out(self) -> bool:
        """Whether it is the account's basic roles that leave this person, who is no Admin, nothing in Billing."""
        return self.access == "basic_roles" and not self.caller.privileges


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Sessions of people."""

    pool: Pool
    passwords: Passwords
    clock: Clock
    random: Random

    async def sign_in(
        self, sign_in_name: str, password: str, *, account_id: str | None, address: str, request_id: str
    ) -> SignedIn | NotSignedIn:
        """A session for the right password. account_id: which, where the name is known in several."""
        name, now = folded_name(sign_in_name), self.clock()
        by_name = subject_of("name", name)
        of_name = await count_attempt(self.pool, by_name, now, now - WINDOW)
        of_address = await count_attempt(self.pool, subject_of("address", address), now, now - WINDOW)
        if too_many(of_name=of_name, of_address=of_address):
            return NotSignedIn(code="throttled")
        found = [
            match for match in await self._matches(name, password) if account_id is None or match[0] == account_id
        ]
        if len(found) != 1:
            return NotSignedIn(code="which_account" if found else "wrong")
        [(account, person_id)] = found
        await forget_attempts(self.pool, by_name)
        token = as_text(self.random(SECRET_BYTES))
        caller = Caller(
            account_id=account,
            kind=CallerKind.PERSON,
            caller_id=str(person_id),
            privileges=frozenset(),
            units=None,
            request_id=request_id,
        )
        async with account_transaction(self.pool, account) as connection:
            await insert_session(
                connection, account, hash_of(token), person_id, created_at=now, expires_at=now + SESSION_LIFE
            )
            await record_change(connection, caller, Change(action="sign-in", subject=str(person_id)), now)
        return SignedIn(token=token)

    async def visitor_of(self, token: str, request_id: str) -> Visitor | None:
        """Who asks with this cookie; None when the session has ended."""
        session_hash, now = hash_of(token), self.clock()
        account_id = await find_session_account(self.pool, session_hash)
        if account_id is None:
            return None
        async with account_transaction(self.pool, account_id) as connection:
            session = await find_session(
                connection, account_id, session_hash, now=now, seen_after=now - SESSION_IDLE
            )
            if session is None:
                return None
            if now - session.last_seen_at >= SEEN_NOTED_EVERY:
                await touch_session(connection, account_id, session_hash, now)
        caller = Caller(
            account_id=account_id,
            kind=CallerKind.PERSON,
            caller_id=str(session.person_id),
            privileges=privileges_of(session.rights.role, session.rights.groups, session.access),
            units=session.rights.units,
            request_id=request_id,
        )
        return Visitor(
            caller=caller,
            person_id=session.person_id,
            name=session.name,
            sign_in_name=session.sign_in_name,
            access=session.access,
        )

    async def sign_out(self, caller: Caller, token: str) -> None:
        """End this session."""
        async with account_transaction(self.pool, caller.account_id) as connection:
            await delete_session(connection, caller.account_id, hash_of(token))
            change = Change(action="sign-out", subject=caller.caller_id)
            await record_change(connection, caller, change, self.clock())

    async def _matches(self, name: str, password: str) -> list[tuple[str, UUID]]:
        """Accounts and people for whom name and password are right; as slow for a name that nobody has."""
        found = []
        accounts = await list_sign_in_accounts(self.pool, name)
        if not accounts:
            await self.passwords.is_right(password, None)
        for account in accounts:
            async with account_transaction(self.pool, account) as connection:
                known = await find_password(connection, account, name)
            if await self.passwords.is_right(password, known[1] if known else None) and known:
                found.append((account, known[0]))
        return found
