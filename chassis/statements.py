"""Statements of who is asking: signed with Ed25519, for one service, good for 60 seconds.

A statement is `v1.<key id>.<payload>.<signature>`, the last two in base64url; the signature covers all that stands
before it. There is one way to sign, so nothing in a statement says how it is to be verified.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contracts.values.access import UNITS_MAX, Caller, CallerKind, Privilege

LIFETIME = timedelta(seconds=60)
CLOCK_SKEW = timedelta(seconds=5)
"""How far the clock of who signs may be ahead of ours."""

STATEMENT_BYTES_MAX = 12_000
SCHEME = "Statement"
"""`Authorization: Statement v1.…`"""

OPERATOR_KEY_ID = "operator"
"""The key of the command line: configured at each service, never published."""

_VERSION = "v1"
_CONTEXT = b"ringledger statement "
"""Signed in front of every statement, so that no other message of ours can pass for one."""

FindKey = Callable[[str, datetime], Ed25519PublicKey | None]
"""The public key of that id, if it is valid at that instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key and the id by which services know its public half."""

    key_id: str
    private: Ed25519PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproven:
    """A statement that proves nothing, and why; for logs, not for who sent it."""

    why: str


def sign(caller: Caller, *, audience: str, now: datetime, key: SigningKey) -> str:
    """A statement of `caller` for the service `audience`, good from now for LIFETIME."""
    payload: dict[str, Any] = {
        "aud": audience,
        "acc": caller.account_id,
        "kind": caller.kind,
        "sub": caller.caller_id,
        "prv": sorted(caller.privileges),
        "req": caller.request_id,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
    }
    if caller.units is not None:
        payload["units"] = sorted(caller.units)
    signed = f"{_VERSION}.{key.key_id}.{_text(orjson.dumps(payload))}"
    return f"{signed}.{_text(key.private.sign(_CONTEXT + signed.encode()))}"


def verify(statement: str, *, audience: str, now: datetime, find_key: FindKey) -> Caller | Unproven:
    """Who is asking, if the statement proves it to this service now."""
    if len(statement) > STATEMENT_BYTES_MAX or not statement.isascii():
        return Unproven(why="too long or not ASCII")
    signed, _, signature = statement.rpartition(".")
    version, _, rest = signed.partition(".")
    key_id, _, payload = rest.partition(".")
    if version != _VERSION:
        return Unproven(why="not a statement of version 1")
    key = find_key(key_id, now)
    if key is None:
        return Unproven(why="the key is unknown or not valid now")
    try:
        key.verify(_bytes(signature), _CONTEXT + signed.encode())
        said = orjson.loads(_bytes(payload))
        return _caller(said, audience, now)
    except InvalidSignature:
        return Unproven(why="the signature is wrong")
    except (NotBase64, ValueError, KeyError, TypeError) as error:
        return Unproven(why=f"cannot be read: {error!r}")


def _caller(said: dict[str, Any], audience: str, now: datetime) -> Caller | Unproven:
    issued_at = datetime.fromtimestamp(said["iat"], UTC)
    expires_at = datetime.fromtimestamp(said["exp"], UTC)
    if said["aud"] != audience:
        return Unproven(why=f"it is for {said['aud']}")
    if not issued_at - CLOCK_SKEW <= now < expires_at or expires_at - issued_at > LIFETIME:
        return Unproven(why="it is not good now")
    units = said.get("units")
    if units is not None and len(units) > UNITS_MAX:
        return Unproven(why="it names too many units")
    return Caller(
        account_id=said["acc"],
        kind=CallerKind(said["kind"]),
        caller_id=said["sub"],
        privileges=frozenset(map(Privilege, said["prv"])),
        units=None if units is None else frozenset(units),
        request_id=said["req"],
    )


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as facts and settings write it: base64url of its 32 bytes, without padding."""
    return _text(key.public_bytes_raw())


def read_public(text: str) -> Ed25519PublicKey:
    """The key of `public_text`. Raises ValueError for what is none."""
    return Ed25519PublicKey.from_public_bytes(_bytes(text))


def read_private(text: str) -> Ed25519PrivateKey:
    """A private key from base64url of its 32 bytes. Raises ValueError for what is none."""
    return Ed25519PrivateKey.from_private_bytes(_bytes(text))


def private_text(key: Ed25519PrivateKey) -> str:
    """A private key as `read_private` reads it."""
    return _text(key.private_bytes_raw())


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
