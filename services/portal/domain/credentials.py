"""Secrets that people and machines carry: how they look, and what is kept of them."""

import hmac
import unicodedata
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 200
API_KEY_PREFIX = "rlk"
"""An API key is `rlk_<id>_<secret>`: found by its id, proven by its secret, and easy for scanners to spot."""

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyText:
    """The two parts of an API key."""

    key_id: UUID
    secret: str


def as_text(raw: bytes) -> str:
    """Random bytes as a secret that fits a header, a cookie and a form."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def hash_of(secret: str) -> bytes:
    """What is kept of a secret of 256 random bits."""
    return sha256(secret.encode()).digest()


def is_secret(given: str, kept: bytes) -> bool:
    """Whether the secret is the one that was kept, compared in constant time."""
    return hmac.compare_digest(hash_of(given), kept)


def api_key_text(key_id: UUID, secret: str) -> str:
    """The whole key, as it is shown once."""
    return f"{API_KEY_PREFIX}_{key_id.hex}_{secret}"


def read_api_key(text: str) -> ApiKeyText | None:
    """The parts of a key; None for what is none."""
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    if prefix != API_KEY_PREFIX or not secret.isascii():
        return None
    try:
        return ApiKeyText(key_id=UUID(hex=key_id), secret=secret)
    except ValueError:
        return None


def form_token(session_token: str) -> str:
    """The token that every form of a session carries: only who has the cookie's page can know it."""
    return as_text(sha256(f"form\n{session_token}".encode()).digest())


def is_form_token(given: str, session_token: str) -> bool:
    """Whether a form came from a page of this session."""
    return hmac.compare_digest(given.encode(), form_token(session_token).encode())


def folded_name(name: str) -> str:
    """A sign-in name as it is kept and looked for."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def normal_password(password: str) -> str:
    """The same password typed on any keyboard is the same password."""
    return unicodedata.normalize("NFKC", password)


def password_problem(password: str) -> str | None:
    """None, or what is wrong with a new password."""
    if len(password) < PASSWORD_LENGTH_MIN:
        return f"A password has at least {PASSWORD_LENGTH_MIN} characters."
    if len(password) > PASSWORD_LENGTH_MAX:
        return f"A password has at most {PASSWORD_LENGTH_MAX} characters."
    return None
