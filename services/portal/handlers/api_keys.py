"""Commands on API keys, and the answer to who asks with one."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.audit.recording import record_change
from chassis.clock import Clock, Random
from chassis.database import Pool, account_transaction
from contracts.values.access import Caller, CallerKind, privileges_of_key
from contracts.values.audit import Change
from contracts.values.ids import time_ordered_id
from services.portal.domain.credentials import (
    SECRET_BYTES,
    api_key_text,
    as_text,
    hash_of,
    is_secret,
    read_api_key,
)
from services.portal.handlers.people import Refusal
from services.portal.store import api_keys
from services.portal.store.api_keys import NewApiKey
from services.portal.store.people import Rights

USE_NOTED_EVERY = timedelta(minutes=1)
"""A key in use is not written down with every request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A new key with its secret, which is shown this once."""

    key_id: UUID
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeys:
    """The keys of machines."""

    pool: Pool
    clock: Clock
    random: Random

    async def create(
        self, caller: Caller, name: str, rights: Rights, expires_at: datetime | None
    ) -> IssuedKey | Refusal:
        """A new key of the caller's account."""
        now = self.clock()
        if expires_at is not None and expires_at <= now:
            return Refusal(code="expired_already", says="expires_at must be in the future.")
        key_id, secret = time_ordered_id(now, self.random), as_text(self.random(SECRET_BYTES))
        key = NewApiKey(
            key_id=key_id,
            name=name,
            secret_hash=hash_of(secret),
            rights=rights,
            created_by=caller.caller_id,
            created_at=now,
            expires_at=expires_at,
        )
        _, groups, units = rights.columns()
        after = json.dumps({"access_groups": groups, "units": units})
        async with account_transaction(self.pool, caller.account_id) as connection:
            await api_keys.insert_api_key(connection, caller.account_id, key)
            change = Change(action="api-key.create", subject=str(key_id), after=after)
            await record_change(connection, caller, change, now)
        return IssuedKey(key_id=key_id, text=api_key_text(key_id, secret))

    async def revoke(self, caller: Caller, key_id: UUID) -> Refusal | None:
        """End a key: the next request with it is refused."""
        now = self.clock()
        async with account_transaction(self.pool, caller.account_id) as connection:
            if not await api_keys.revoke_api_key(connection, caller.account_id, key_id, now):
                return Refusal(code="not_found", says="This account has no such key that is in use.")
            await record_change(connection, caller, Change(action="api-key.revoke", subject=str(key_id)), now)
        return None

    async def list(self, account_id: str, after: UUID | None, limit: int) -> list[dict[str, Any]]:
        """The account's keys, without anything secret."""
        async with account_transaction(self.pool, account_id) as connection:
            return await api_keys.list_api_keys(connection, account_id, after, limit)

    async def find(self, account_id: str, key_id: UUID) -> dict[str, Any] | None:
        """One of the account's keys, as `list` has it."""
        async with account_transaction(self.pool, account_id) as connection:
            return await api_keys.find_listed_api_key(connection, account_id, key_id)

    async def caller_of(self, text: str, request_id: str) -> Caller | None:
        """Who asks with this key; None for one that is wrong, revoked or expired."""
        given = read_api_key(text)
        account_id = None if given is None else await api_keys.find_api_key_account(self.pool, given.key_id)
        if given is None or account_id is None:
            return None
        now = self.clock()
        async with account_transaction(self.pool, account_id) as connection:
            key = await api_keys.find_api_key(connection, account_id, given.key_id, now)
            if key is None or not is_secret(given.secret, key.secret_hash):
                return None
            if key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY:
                await api_keys.touch_api_key(connection, account_id, given.key_id, now)
        return Caller(
            account_id=account_id,
            kind=CallerKind.API_KEY,
            caller_id=str(given.key_id),
            privileges=privileges_of_key(key.rights.groups),
            units=key.rights.units,
            request_id=request_id,
        )
