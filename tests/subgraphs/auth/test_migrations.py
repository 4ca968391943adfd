"""Migrations of auth with data in the tables: order, ways down, what they refuse (S-048, S-051, S-053, S-056)."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from subgraphs.kernel.migrations import MigrationError, Migrator, room_migrations
from tests.fixtures.databases import Databases

FIRST_FOUR = [
    "auth_0001_create_users",
    "auth_0002_create_refresh_tokens",
    "auth_0003_add_user_roles",
    "auth_0004_add_indexes",
]


def test_the_first_four_steps_are_the_source_documents() -> None:
    assert [migration.id for migration in room_migrations("auth")][:4] == FIRST_FOUR


async def test_the_users_step_goes_down_alone(databases: Databases) -> None:
    settings = databases.empty("auth")
    try:
        async with Migrator.connect("auth", settings) as migrator:
            await migrator.up(1)
            await _add_user(migrator.connection, "ada@example.com")
            with pytest.raises(asyncpg.UniqueViolationError, match="idx_users_email"):
                await _add_user(migrator.connection, "ADA@example.com")
            assert await migrator.down(1) == FIRST_FOUR[:1]
            assert await migrator.connection.fetchval("SELECT to_regclass('users') IS NULL")
    finally:
        databases.drop(settings)


async def test_accounts_survive_the_way_down_to_the_first_step_and_back(databases: Databases) -> None:
    settings = databases.empty("auth")
    try:
        async with Migrator.connect("auth", settings) as migrator:
            steps = len(await migrator.up())
            user_id = await _add_user(migrator.connection, "ada@example.com")
            session_id = await migrator.connection.fetchval(
                "INSERT INTO sessions (user_id, expires_at) VALUES ($1, now() + interval '90 days') RETURNING id",
                user_id,
            )
            await migrator.connection.execute(
                "INSERT INTO refresh_tokens (user_id, family_id, token_hash, expires_at) VALUES ($1, $2, $3, now())",
                user_id,
                session_id,
                "0" * 64,
            )
            await migrator.down(steps - 1)
            assert await migrator.connection.fetchval("SELECT id FROM users") == user_id
            await migrator.up()
            row = await migrator.connection.fetchrow("SELECT id, role, is_active, deleted_at FROM users")
            assert tuple(row) == (user_id, "user", True, None)
    finally:
        databases.drop(settings)


async def test_the_unique_address_refuses_a_way_down_that_would_lose_it(databases: Databases) -> None:
    settings = databases.empty("auth")
    try:
        async with Migrator.connect("auth", settings) as migrator:
            names = await migrator.up()
            await _add_user(migrator.connection, "ada@example.com")
            await migrator.connection.execute("UPDATE users SET deleted_at = now()")
            await _add_user(migrator.connection, "ada@example.com")
            with pytest.raises(MigrationError, match="idx_users_email"):
                await migrator.down(len(names) - names.index("auth_0009_add_user_soft_delete"))
            assert await migrator.connection.fetchval("SELECT count(*) FROM users") == 2
    finally:
        databases.drop(settings)


@pytest.mark.parametrize(
    "junk",
    [
        "INSERT INTO users (email, password_hash, role) VALUES ('a@x.io', 'x', 'emperor')",
        "INSERT INTO users (email, password_hash, is_active) VALUES ('a@x.io', 'x', NULL)",
        "INSERT INTO users (email, password_hash) VALUES (' a@x.io', 'x')",
        "INSERT INTO users (email, password_hash) VALUES ('nonsense', 'x')",
        """WITH u AS (INSERT INTO users (email, password_hash) VALUES ('a@x.io', 'x') RETURNING id)
           INSERT INTO password_reset_tokens (user_id, token_hash, expires_at) SELECT id, 'plain', now() FROM u""",
        """WITH u AS (INSERT INTO users (email, password_hash) VALUES ('a@x.io', 'x') RETURNING id)
           INSERT INTO sessions (user_id, expires_at, revoked_at) SELECT id, now(), now() FROM u""",
    ],
)
async def test_the_database_itself_refuses_junk(databases: Databases, junk: str) -> None:
    settings = databases.clone("auth")
    connection = await asyncpg.connect(**settings.connect_arguments())
    try:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await connection.execute(junk)
    finally:
        await connection.close()
        databases.drop(settings)


async def test_updated_at_moves_with_any_update(databases: Databases) -> None:
    settings = databases.clone("auth")
    connection = await asyncpg.connect(**settings.connect_arguments())
    try:
        await _add_user(connection, "ada@example.com")
        await connection.execute("UPDATE users SET updated_at = TIMESTAMPTZ '2000-01-01 00:00:00Z', is_verified = true")
        assert await connection.fetchval("SELECT updated_at >= created_at FROM users")
    finally:
        await connection.close()
        databases.drop(settings)


async def _add_user(connection: Any, email: str) -> Any:
    return await connection.fetchval("INSERT INTO users (email, password_hash) VALUES ($1, 'x') RETURNING id", email)
