"""Six databases, six login roles, none able to open another's (S-001).

Done by a superuser and safe to repeat: what is there is left, rights and passwords are set again.
"""

from __future__ import annotations

from collections.abc import Callable

import asyncpg

from ops.local.errors import StartError
from ops.local.postgres import Cluster
from ops.rooms import ROOMS, database_name, role_name

__all__ = ["create_databases"]


async def create_databases(cluster: Cluster, password_of: Callable[[str], str]) -> None:
    """Create what is missing of the six roles and databases.

    Raises ``StartError`` when the superuser is refused.
    """
    try:
        connection = await asyncpg.connect(
            host=cluster.host,
            port=cluster.port,
            user=cluster.superuser,
            password=cluster.password,
            database="postgres",
            timeout=10,
            server_settings={"log_statement": "none"},  # passwords stand in the statements
        )
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise StartError(
            f"PostgreSQL at {cluster.host} refuses the role {cluster.superuser} ({error}). "
            "Restore the file with its passwords, or start on another --data."
        ) from error
    try:
        for room in ROOMS:
            await _create_role(connection, role_name(room), password_of(role_name(room)))
            await _create_database(connection, database_name(room), role_name(room))
        await connection.execute("REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC")
    finally:
        await connection.close(timeout=5)


async def _create_role(connection: asyncpg.Connection, role: str, password: str) -> None:
    exists = await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    # Utility statements take no parameters; quote_ident and quote_literal make the text safe.
    statement = await connection.fetchval(
        "SELECT format('%s ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L', "
        "$1::text, $2::text, $3::text)",
        verb,
        role,
        password,
    )
    await connection.execute(statement)


async def _create_database(connection: asyncpg.Connection, database: str, owner: str) -> None:
    if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
        await connection.execute(f'CREATE DATABASE "{database}" OWNER "{owner}"')
    await connection.execute(f'REVOKE CONNECT, TEMPORARY ON DATABASE "{database}" FROM PUBLIC')
    await connection.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{owner}"')
