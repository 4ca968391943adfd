"""The data directory of a local stack: where everything that must survive a restart lives.

```
<data>/stack.lock   held while a stack runs on it
<data>/postgres/    cluster of the embedded PostgreSQL
<data>/redis/       append-only file of the embedded Redis
<data>/keys/        signing keys, 0600
<data>/mail/        mails that the local mail server took
<data>/passwords    login roles of the embedded PostgreSQL, 0600
<data>/provider/    books of the payment provider simulator
```
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.local.errors import StartError

__all__ = ["DataDirectory", "locked"]


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """Paths below one data directory."""

    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def redis(self) -> Path:
        return self.root / "redis"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def mail(self) -> Path:
        return self.root / "mail"

    @property
    def passwords(self) -> Path:
        return self.root / "passwords"

    @property
    def books(self) -> Path:
        return self.root / "provider" / "books.sqlite"

    @property
    def lock(self) -> Path:
        return self.root / "stack.lock"


@contextmanager
def locked(root: Path) -> Iterator[DataDirectory]:
    """Create the directory if need be and hold it for this process.

    Raises ``StartError`` when it cannot be written or another stack holds it.
    """
    directory = DataDirectory(root.resolve())
    try:
        directory.root.mkdir(parents=True, exist_ok=True)
        handle = os.open(directory.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StartError(
            f"The data directory {directory.root} cannot be used ({error.strerror}). Choose another with --data."
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
            raise StartError(
                f"Another stoa (process {holder}) runs on {directory.root}. Stop it, or choose another with --data."
            ) from None
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield directory
    finally:
        os.close(handle)


def socket_directory(prefix: str) -> Path:
    """A fresh short-named directory for Unix sockets, whose paths may not exceed about 100 bytes."""
    return Path(tempfile.mkdtemp(prefix=prefix))
