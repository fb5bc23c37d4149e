"""Pseudonyms of the other party's number: the same number of an account always has the same token (DESIGN §4)."""

import hmac
from functools import lru_cache

TOKEN_BYTES = 16
_INFO = b"ringledger other-party token v1 "


@lru_cache(maxsize=1024)
def account_key(secret: bytes, account_id: str) -> bytes:
    """The account's own key: HKDF-SHA-256 (RFC 5869), no salt, one block, the account in the info."""
    extracted = hmac.digest(b"\x00" * 32, secret, "sha256")
    return hmac.digest(extracted, _INFO + account_id.encode() + b"\x01", "sha256")


def token_of(number: str, *, key: bytes, key_id: str) -> str:
    """`<key id>.<hex>`: HMAC-SHA-256 of the number under the account's key, cut to 128 bits."""
    return f"{key_id}.{hmac.digest(key, number.encode(), 'sha256')[:TOKEN_BYTES].hex()}"
