"""Every SQL statement on accounts. Reads never select `password_hash`, but for the one a sign-in needs (S-015)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from subgraphs.auth.domain import Account, AccountFilter, Role
from subgraphs.auth.tables import DB
from subgraphs.kernel.pagination import Column, Keyset, PageRequest

NEWEST: Final = Keyset("NEWEST", (Column("created_at", datetime, descending=True), Column("id", UUID, descending=True)))

_COLUMNS: Final = "id, email, is_verified, is_active, role, last_login_at, created_at"
_ADDRESS: Final = 'lower(email) COLLATE "C"'
"""As idx_users_email has it: one index serves sign-in, uniqueness and search by prefix."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is compared with."""

    user_id: UUID
    password_hash: str
    is_active: bool


async def accounts_by_id(ids: list[UUID]) -> Mapping[UUID, Account]:
    """Live accounts; deleted ones are absent."""
    rows = await DB.fetch(f"SELECT {_COLUMNS} FROM users WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL", ids)
    return {row["id"]: _account(row) for row in rows}


async def accounts_page(wanted: AccountFilter, request: PageRequest) -> Sequence[Account]:
    """At most one account more than the page holds, newest first."""
    where, arguments = _conditions(wanted)
    beyond, position = request.where(len(arguments) + 1)
    rows = await DB.fetch(
        f"SELECT {_COLUMNS} FROM users WHERE {where} AND {beyond} ORDER BY {request.order_by} LIMIT {request.limit}",
        *arguments,
        *position,
    )
    return [_account(row) for row in rows]


async def count_accounts(wanted: AccountFilter) -> int:
    """How many accounts the filter keeps."""
    where, arguments = _conditions(wanted)
    count: int = await DB.fetch_value(f"SELECT count(*) FROM users WHERE {where}", *arguments)
    return count


async def credentials_by_email(email: str) -> Credentials | None:
    """What to compare a sign-in with; None when no live account has the address."""
    row = await DB.fetch_row(
        f"SELECT id, password_hash, is_active FROM users WHERE {_ADDRESS} = lower($1) AND deleted_at IS NULL", email
    )
    return None if row is None else _credentials(row)


async def credentials_by_id(user_id: UUID) -> Credentials | None:
    """What to compare the current password of a signed-in user with."""
    row = await DB.fetch_row(
        "SELECT id, password_hash, is_active FROM users WHERE id = $1 AND deleted_at IS NULL", user_id
    )
    return None if row is None else _credentials(row)


async def insert_account(email: str, password_hash: str) -> UUID | None:
    """Create an account; None when a live one has the address, in whatever case."""
    user_id: UUID | None = await DB.fetch_value(
        f"""
        INSERT INTO users (email, password_hash) VALUES ($1, $2)
        ON CONFLICT ({_ADDRESS}) WHERE deleted_at IS NULL DO NOTHING
        RETURNING id
        """,
        email,
        password_hash,
    )
    return user_id


async def user_id_by_email(email: str) -> UUID | None:
    """The live account with this address."""
    user_id: UUID | None = await DB.fetch_value(
        f"SELECT id FROM users WHERE {_ADDRESS} = lower($1) AND deleted_at IS NULL", email
    )
    return user_id


async def record_login(verified: Credentials, replacement: str | None) -> Account | None:
    """Note the sign-in and, if given, the hash with current parameters.

    None when the account was deactivated, deleted or got another password since it was verified. Locks the row, so a
    deactivation that runs beside it also ends the session about to be opened.
    """
    row = await DB.fetch_row(
        f"""
        UPDATE users SET last_login_at = now(), password_hash = coalesce($3, password_hash)
        WHERE id = $1 AND password_hash = $2 AND is_active AND deleted_at IS NULL
        RETURNING {_COLUMNS}
        """,
        verified.user_id,
        verified.password_hash,
        replacement,
    )
    return None if row is None else _account(row)


async def replace_password(verified: Credentials, password_hash: str) -> Account | None:
    """Set a new hash in place of the verified one; None when that changed meanwhile or the account is gone."""
    row = await DB.fetch_row(
        f"""
        UPDATE users SET password_hash = $3
        WHERE id = $1 AND password_hash = $2 AND is_active AND deleted_at IS NULL
        RETURNING {_COLUMNS}
        """,
        verified.user_id,
        verified.password_hash,
        password_hash,
    )
    return None if row is None else _account(row)


async def lock_account(user_id: UUID) -> Account | None:
    """An open account, locked until the transaction ends."""
    row = await DB.fetch_row(
        f"SELECT {_COLUMNS} FROM users WHERE id = $1 AND is_active AND deleted_at IS NULL FOR UPDATE", user_id
    )
    return None if row is None else _account(row)


async def lock_account_by_email(email: str) -> Account | None:
    """The live account with this address, locked until the transaction ends."""
    row = await DB.fetch_row(
        f"SELECT {_COLUMNS} FROM users WHERE {_ADDRESS} = lower($1) AND deleted_at IS NULL FOR UPDATE", email
    )
    return None if row is None else _account(row)


async def set_verified(user_id: UUID) -> Account:
    """Mark the address of a locked account verified."""
    return _account(
        await DB.fetch_row(f"UPDATE users SET is_verified = true WHERE id = $1 RETURNING {_COLUMNS}", user_id)
    )


async def reset_password(user_id: UUID, password_hash: str) -> Account:
    """Set a new hash on a locked account whose owner has just read mail at its address."""
    row = await DB.fetch_row(
        f"UPDATE users SET password_hash = $2, is_verified = true WHERE id = $1 RETURNING {_COLUMNS}",
        user_id,
        password_hash,
    )
    return _account(row)


async def set_email(user_id: UUID, email: str) -> Account:
    """Move a locked account to an address whose mail its owner reads; violates idx_users_email when that is taken."""
    row = await DB.fetch_row(
        f"UPDATE users SET email = $2, is_verified = true WHERE id = $1 RETURNING {_COLUMNS}", user_id, email
    )
    return _account(row)


async def anonymise(user_id: UUID) -> None:
    """Leave of a locked account its id alone: deleted, without address, password, role or past."""
    await DB.execute(
        """
        UPDATE users SET email = 'erased-' || id || '@erased.invalid', password_hash = '!', is_verified = false,
            is_active = false, role = 'user', last_login_at = NULL, deleted_at = now()
        WHERE id = $1
        """,
        user_id,
    )


async def set_role(user_id: UUID, role: Role) -> Account | None:
    """Give a live account a role."""
    row = await DB.fetch_row(
        f"UPDATE users SET role = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING {_COLUMNS}", user_id, role.value
    )
    return None if row is None else _account(row)


async def set_active(user_id: UUID, *, active: bool) -> Account | None:
    """Open or close a live account."""
    row = await DB.fetch_row(
        f"UPDATE users SET is_active = $2 WHERE id = $1 AND deleted_at IS NULL RETURNING {_COLUMNS}", user_id, active
    )
    return None if row is None else _account(row)


def _conditions(wanted: AccountFilter) -> tuple[str, list[object]]:
    """The filter in SQL; only constants of this file reach the text."""
    conditions = ["deleted_at IS NULL"]
    arguments: list[object] = []

    def keep(condition: str, value: object) -> None:
        arguments.append(value)
        conditions.append(condition.format(parameter=f"${len(arguments)}"))

    if wanted.email_prefix:
        keep(_ADDRESS + " LIKE lower({parameter}) || '%'", _escaped_for_like(wanted.email_prefix))
    if wanted.role is not None:
        keep("role = {parameter}", wanted.role.value)
    if wanted.active is not None:
        keep("is_active = {parameter}", wanted.active)
    if wanted.verified is not None:
        keep("is_verified = {parameter}", wanted.verified)
    return " AND ".join(conditions), arguments


def _escaped_for_like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _account(row: Any) -> Account:
    return Account(
        id=row["id"],
        email=row["email"],
        is_verified=row["is_verified"],
        is_active=row["is_active"],
        role=Role(row["role"]),
        last_login_at=row["last_login_at"],
        created_at=row["created_at"],
    )


def _credentials(row: Any) -> Credentials:
    return Credentials(row["id"], row["password_hash"], row["is_active"])
