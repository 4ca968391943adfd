"""Where the embedded servers of a running stack are, for commands that look at it from another process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ops.local.directory import DataDirectory
from ops.local.errors import StartError
from ops.local.servers import database_variables, has_own_postgres
from ops.rooms import ROOMS, role_name

__all__ = ["database_environment", "running_environment", "superuser_environment"]

_PORT_LINE, _SOCKET_LINE = 3, 4  # of postmaster.pid
_SUPERUSER = {"PGHOST": "127.0.0.1", "PGPORT": "5432", "PGUSER": "postgres", "PGPASSWORD": ""}


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


def superuser_environment(data: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """PGHOST, PGPORT, PGUSER and PGPASSWORD of a superuser: the environment's own, or the embedded server's.

    Raises ``StartError`` when there is neither.
    """
    if environ.get("PGUSER") or has_own_postgres(environ):
        if not environ.get("PGUSER"):
            raise StartError("A superuser has to create databases: set PGHOST, PGPORT, PGUSER and PGPASSWORD.")
        return {name: environ.get(name, default) for name, default in _SUPERUSER.items()}
    found = running_environment(data, environ)
    password = json.loads(DataDirectory(data.resolve()).passwords.read_text())["postgres"]
    host, port = (found[f"{ROOMS[0].upper()}_DATABASE_{name}"] for name in ("HOST", "PORT"))
    return {"PGHOST": host, "PGPORT": port, "PGUSER": "postgres", "PGPASSWORD": password}


def _postgres(directory: DataDirectory) -> dict[str, str]:
    lines = (directory.postgres / "postmaster.pid").read_text().split("\n")
    passwords = json.loads(directory.passwords.read_text())
    found: dict[str, str] = {}
    for room in ROOMS:
        password = passwords[role_name(room)]
        found |= database_variables(room, lines[_SOCKET_LINE], int(lines[_PORT_LINE]), password)
    return found
