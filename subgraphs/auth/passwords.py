"""Adapter to argon2id: hash and verify passwords off the event loop (S-015).

At most `PARALLEL_HASHES` run at once: each takes tens of megabytes and a core, and a flood of sign-ins must queue
here rather than starve the process.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PARALLEL_HASHES = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a verification; `replacement` is a new hash when the stored one used older parameters."""

    correct: bool
    replacement: str | None = None


class Passwords:
    """Hashes with one set of parameters; verifies hashes made with any."""

    def __init__(self, *, time_cost: int = 2, memory_kib: int = 19 * 1024, parallelism: int = 1) -> None:
        """Defaults are OWASP's recommended argon2id setting; tests pass cheaper ones."""
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
        self._threads = ThreadPoolExecutor(PARALLEL_HASHES, thread_name_prefix="argon2")
        self._nobody = self._hasher.hash("no account has this password")

    async def hash(self, password: str) -> str:
        """Return the encoded hash with a fresh salt and the parameters inside the string."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, _octets(password))

    async def verify(self, stored: str | None, password: str) -> Verdict:
        """Compare the password with a stored hash.

        None stands for an unknown account: the same work is done against a hash nobody has, so that time does not
        tell which addresses are registered.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, stored, _octets(password))

    def close(self) -> None:
        """Let running hashes finish and refuse new ones."""
        self._threads.shutdown(wait=False)

    def _verify(self, stored: str | None, password: bytes) -> Verdict:
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return Verdict(correct=False)
        if stored is None:
            return Verdict(correct=False)
        outdated = self._hasher.check_needs_rehash(stored)
        return Verdict(correct=True, replacement=self._hasher.hash(password) if outdated else None)


def _octets(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
