"""What portal's own operations answer with, as its OpenAPI document tells it."""

from typing import Literal

from pydantic import BaseModel

from contracts.events.fields import Instant, Uuid
from contracts.values.access import AccessModel, CallerKind, Privilege, Role


class CallerShown(BaseModel):
    """Who asks, and what they may do. units: the only ones they may see, null for all.

    access: what decides in the account what its people may do; API keys have rights of their own. Null for who asks
    about every account at once.
    """

    account_id: str
    kind: CallerKind
    id: str
    privileges: list[Privilege]
    units: list[Uuid] | None
    access: AccessModel | None


class _RightsShown(BaseModel):
    access_groups: list[Privilege]
    units: list[Uuid] | None
    created_at: Instant


class PersonShown(_RightsShown):
    """A person of the account."""

    person_id: Uuid
    version: int
    sign_in_name: str
    name: str
    role: Role
    active: bool


class SessionsEnded(BaseModel):
    """How many sessions there were."""

    sessions: int


class KeyIssued(BaseModel):
    """A new key with its secret, which is shown this once: null in a repeat."""

    key_id: Uuid
    api_key: str | None


class KeyShown(_RightsShown):
    """A key, without anything secret."""

    key_id: Uuid
    name: str
    created_by: str
    expires_at: Instant | None
    last_used_at: Instant | None
    revoked_at: Instant | None


class KeyRevoked(BaseModel):
    """The key that is no more."""

    key_id: Uuid


class EventResult(BaseModel):
    """What became of one event. topic: where it went; code, detail, pointer: why it was refused, and where."""

    status: Literal["accepted", "refused", "unconfirmed"]
    id: str | None
    topic: str | None = None
    code: str | None = None
    detail: str | None = None
    pointer: str | None = None


class EventsTaken(BaseModel):
    """What became of the events, each in its place."""

    accepted: int
    refused: int
    unconfirmed: int
    results: list[EventResult]
