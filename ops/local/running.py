"""Where the embedded servers of a running stack are, for commands that look at it from another process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ops.local.directory import DataDirectory
from ops.local.errors import StartError
from ops.local.servers import database_variables, has_own_postgres
from ops.rooms import ROOMS, role_name

__all__ = ["database_environment", "running_environment"]

_PORT_LINE, _SOCKET_LINE = 3, 4  # of postmaster.pid


def running_environment(data: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, with the variables that lead to both servers of the stack on ``data`` where it names none.

    Raises ``StartError`` when no stack runs there.
    """
    directory = DataDirectory(data.resolve())
    found: dict[str, str] = {}
    try:
        if not has_own_postgres(environ):
            found |= _postgres(directory)
        if not environ.get("REDIS_URL"):
            sockets = (directory.redis / "redis.pid").read_text().split("\n")[1]
            found["REDIS_URL"] = f"unix://{sockets}/redis.sock"
    except (OSError, ValueError, IndexError, KeyError):
        raise StartError(
            f"No stack runs on {directory.root}. Start one with `stoa up`, name another with --data, or set "
            "DATABASE_HOST and REDIS_URL."
        ) from None
    return {**environ, **found}


def database_environment(data: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The same for commands that need no Redis: where PostgreSQL is the operator's, no stack has to run."""
    return dict(environ) if has_own_postgres(environ) else running_environment(data, environ)


def _postgres(directory: DataDirectory) -> dict[str, str]:
    lines = (directory.postgres / "postmaster.pid").read_text().split("\n")
    passwords = json.loads(directory.passwords.read_text())
    found: dict[str, str] = {}
    for room in ROOMS:
        password = passwords[role_name(room)]
        found |= database_variables(room, lines[_SOCKET_LINE], int(lines[_PORT_LINE]), password)
    return found
