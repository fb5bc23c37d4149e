"""How many attempts to sign in are let through, and how long one waits after too many."""

from datetime import timedelta
from hashlib import sha256

WINDOW = timedelta(minutes=15)
NAME_ATTEMPTS_MAX = 10
"""Attempts in the window for one name."""

ADDRESS_ATTEMPTS_MAX = 60
"""… and from one address, behind which may be an office."""


def subject_of(kind: str, value: str) -> bytes:
    """What attempts are counted by; a hash, so that the table holds neither names nor addresses."""
    return sha256(f"{kind}\n{value}".encode()).digest()


def too_many(*, of_name: int, of_address: int) -> bool:
    """Whether this attempt is one too many, itself counted."""
    return of_name > NAME_ATTEMPTS_MAX or of_address > ADDRESS_ATTEMPTS_MAX
