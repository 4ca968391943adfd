"""Six roles, six databases, and no way from one into another: neither by connecting nor by a bridge (S-001)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import asyncpg
import pytest
import yaml

from ops.local.databases import create_databases
from ops.local.postgres import Cluster
from ops.rooms import ROOMS, ROOT, database_name, role_name
from subgraphs.kernel.migrations import room_migrations
from tests.fixtures.databases import RoomDatabases
from tests.fixtures.postgres import OwnServer, own_server

BRIDGES = re.compile(r"\b(dblink\w*|postgres_fdw|file_fdw|foreign\s+(table|server|data)|create\s+server)\b", re.I)
OPENS = {"connect", "create_pool", "create_engine", "PostgresEngine"}
TABLE = re.compile(r"\bCREATE TABLE\s+(?:IF NOT EXISTS\s+)?(\w+)", re.I)
REFERENCE = re.compile(r"\bREFERENCES\s+([\w.]+)", re.I)


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server("six-databases") as running:
        yield running


@pytest.fixture
async def created(server: OwnServer) -> OwnServer:
    """Made twice: repeating it gives nobody a right."""
    at = server.at
    for _ in range(2):
        await create_databases(Cluster(at.host, at.port, at.user, at.password), lambda role: f"{role}-password")
    return server


async def connect(server: OwnServer, role: str, database: str) -> Any:
    at = server.at
    return await asyncpg.connect(host=at.host, port=at.port, user=role, database=database, timeout=30)


async def test_a_role_opens_its_own_database_and_none_of_the_others(created: OwnServer) -> None:
    for room in ROOMS:
        connection = await connect(created, role_name(room), database_name(room))
        await connection.execute("CREATE TABLE IF NOT EXISTS mine (id integer)")
        await connection.close()
    pairs = list(permutations(ROOMS, 2))
    assert len(pairs) == 30
    for room, other in pairs:
        with pytest.raises(asyncpg.InsufficientPrivilegeError) as refused:
            await connect(created, role_name(room), database_name(other))
        assert refused.value.detail == "User does not have CONNECT privilege.", f"{room} in {other}_db"
    for room in ROOMS:
        for database in ("postgres", "template1"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
                await connect(created, role_name(room), database)


async def test_a_role_may_neither_build_a_bridge_nor_become_another(created: OwnServer) -> None:
    connection = await connect(created, "order_svc", "order_db")
    try:
        for statement in (
            "SET ROLE auth_svc",
            "GRANT auth_svc TO order_svc",
            "GRANT CONNECT ON DATABASE auth_db TO order_svc",
            "ALTER ROLE order_svc SUPERUSER",
            "CREATE FOREIGN DATA WRAPPER bridge",
            "COPY (SELECT 1) TO PROGRAM 'true'",
        ):
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.InvalidGrantOperationError)):
                await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("room", ROOMS)
async def test_a_migrated_database_has_no_bridge(room: str, room_database: RoomDatabases) -> None:
    connection = await asyncpg.connect(**room_database(room).connect_arguments())
    try:
        for catalog in ("pg_foreign_data_wrapper", "pg_foreign_server", "pg_foreign_table"):
            assert await connection.fetchval(f"SELECT count(*) FROM {catalog}") == 0, catalog
        extensions = await connection.fetch("SELECT extname FROM pg_extension")
        assert not [row for row in extensions if BRIDGES.search(row["extname"])]
    finally:
        await connection.close()


# -- the code, without a server --------------------------------------------------------------------------------------


def ways_out(source: str, room: str) -> list[str]:
    """What in a room's source names another room's database, or opens one that it was not given."""
    others = "|".join(other for other in ROOMS if other != room)
    foreign = re.compile(
        rf"\b({others})_(db|svc)\b|\b({others})_DATABASE_|postgres(ql)?://|\bDATABASE_(HOST|NAME)\b", re.I
    )
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found += [match[0] for match in (foreign.search(node.value), BRIDGES.search(node.value)) if match]
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            owner = ast.unparse(node.func).rpartition(".")[0]
            if (name in OPENS and owner in ("", "asyncpg")) or (
                name == "Database" and ast.unparse(node) != f"Database('{room}')"
            ):
                found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_no_other_database(room: str) -> None:
    sources = sorted((ROOT / "subgraphs" / room).rglob("*.py"))
    assert sources
    assert {str(source): found for source in sources if (found := ways_out(source.read_text(), room))} == {}


def test_the_rule_finds_what_it_forbids() -> None:
    for source in (
        'DSN = "postgresql://auth_svc:x@localhost/auth_db"',
        "import os; os.environ['AUTH_DATABASE_HOST']",
        "from subgraphs.kernel.database import Database; DB = Database('auth')",
        "import asyncpg; asyncpg.connect(dsn)",
        "from asyncpg import create_pool; create_pool(dsn)",
        "SQL = 'SELECT id FROM dblink($1, $2) AS t (id uuid)'",
        "SQL = 'CREATE FOREIGN TABLE users (id uuid) SERVER auth'",
    ):
        assert ways_out(source, "order"), source
    assert ways_out("DB = Database('order')  # of order_db", "order") == []


@pytest.mark.parametrize("room", ROOMS)
def test_migrations_refer_to_this_rooms_tables_alone(room: str) -> None:
    statements = [text for migration in room_migrations(room) for text in migration.module.FORWARDS]
    made = {name for text in statements for name in TABLE.findall(text)}
    referred = {name for text in statements for name in REFERENCE.findall(text)}
    assert made
    assert referred - made == set()
    assert [text for text in statements if BRIDGES.search(text)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_deployment_is_given_its_own_database_alone(room: str) -> None:
    manifests = yaml.safe_load_all((ROOT / "k8s" / "base" / f"{room}.yaml").read_text())
    pods = [item["spec"]["template"]["spec"] for item in manifests if item["kind"] == "Deployment"]
    text = yaml.safe_dump(pods)
    assert set(re.findall(r"\b(\w+)_db\b", text)) == {room}
    assert set(re.findall(r"\b(\w+)-database\b", text)) == {room}
