"""Passwords by argon2id, worked out on threads of their own: one takes tens of milliseconds and 64 MiB."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.portal.domain.credentials import normal_password

Answer = TypeVar("Answer")
THREADS = 2
"""At once; more would let sign-ins take the machine's memory."""


class Passwords:
    """Hashes and verifies. A name that nobody has costs as much time as one with a wrong password."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._nobody = self._hasher.hash("of nobody")

    async def hashed(self, password: str) -> str:
        """The hash to keep, with its parameters and salt."""
        return await self._off_the_loop(self._hasher.hash, normal_password(password))

    async def is_right(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one whose hash was kept; None, for a name that nobody has, never is."""
        right = await self._off_the_loop(self._verify, kept or self._nobody, normal_password(password))
        return right and kept is not None

    async def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _off_the_loop(self, work: Callable[..., Answer], *arguments: str) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
