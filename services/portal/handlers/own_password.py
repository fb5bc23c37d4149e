"""Changing one's own password: the old one is asked, guesses are counted, other sessions end."""

import json
from dataclasses import dataclass

from chassis.audit.recording import record_change
from chassis.clock import Clock
from chassis.database import Pool, account_transaction
from contracts.values.audit import Change
from services.portal.domain.credentials import folded_name, hash_of, normal_password, password_problem
from services.portal.domain.throttle import WINDOW, subject_of, too_many
from services.portal.handlers.passwords import Passwords
from services.portal.handlers.people import Refusal
from services.portal.handlers.sign_in import Visitor
from services.portal.store.people import count_attempt, find_password, forget_attempts, update_password
from services.portal.store.sessions import delete_other_sessions

SAME = Refusal(code="bad_password", says="That is the password you have: choose another.")
WRONG = Refusal(code="wrong", says="The old password is not right.")
THROTTLED = Refusal(code="throttled", says="Too many attempts. Wait a quarter of an hour, then try again.")
CHANGED = Refusal(code="changed_meanwhile", says="Your password was changed meanwhile. Try again with the new one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPassword:
    """A person's own password."""

    pool: Pool
    passwords: Passwords
    clock: Clock

    async def change(self, visitor: Visitor, old: str, new: str, *, token: str, address: str) -> int | Refusal:
        """Let `new` be it; how many other sessions ended. token: the session's that asks, which goes on.

        Guesses count together with those of signing in, so that who finds an open session cannot guess faster.
        """
        if problem := password_problem(new):
            return Refusal(code="bad_password", says=problem)
        if normal_password(old) == normal_password(new):
            return SAME
        now, account_id = self.clock(), visitor.caller.account_id
        by_name = subject_of("name", folded_name(visitor.sign_in_name))
        of_name = await count_attempt(self.pool, by_name, now, now - WINDOW)
        of_address = await count_attempt(self.pool, subject_of("address", address), now, now - WINDOW)
        if too_many(of_name=of_name, of_address=of_address):
            return THROTTLED
        async with account_transaction(self.pool, account_id) as connection:
            known = await find_password(connection, account_id, visitor.sign_in_name)
        kept = None if known is None else known[1]
        if not await self.passwords.is_right(old, kept) or kept is None:
            return WRONG
        hashed = await self.passwords.hashed(new)
        async with account_transaction(self.pool, account_id) as connection:
            if not await update_password(connection, account_id, visitor.person_id, before=kept, after=hashed):
                return CHANGED
            ended = await delete_other_sessions(connection, account_id, visitor.person_id, hash_of(token))
            change = Change(
                action="person.password",
                subject=str(visitor.person_id),
                after=json.dumps({"sessions_ended": ended}),
            )
            await record_change(connection, visitor.caller, change, now)
        await forget_attempts(self.pool, by_name)
        return ended
