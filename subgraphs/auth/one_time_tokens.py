"""Every SQL statement on one-time tokens: verification, password reset, change of address (S-018, S-019).

Whoever makes a token holds the account's row, so of two made at once only the later works.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from subgraphs.auth.domain import LINK_LIFETIMES, LinkKind
from subgraphs.auth.tables import DB

_TABLES: Final = {
    LinkKind.VERIFY_EMAIL: "email_verification_tokens",
    LinkKind.RESET_PASSWORD: "password_reset_tokens",
    LinkKind.CHANGE_EMAIL: "email_change_tokens",
}
_USABLE: Final = "NOT t.used AND t.expires_at > now() AND u.is_active AND u.deleted_at IS NULL"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a token that may be used proves: its bearer reads mail for the account at ``email``."""

    user_id: UUID
    email: str


async def issue(kind: LinkKind, token_id: UUID, digest: str, user_id: UUID | None) -> None:
    """Store a token in place of the account's older ones; for no account, do the same work and store nothing."""
    await replace_older(kind, user_id)
    await DB.execute(
        f"""
        INSERT INTO {_TABLES[kind]} (id, user_id, token_hash, expires_at)
        SELECT $1::uuid, $2::uuid, $3::text, now() + $4::interval WHERE $2::uuid IS NOT NULL
        """,
        token_id,
        user_id,
        digest,
        LINK_LIFETIMES[kind],
    )


async def issue_change(token_id: UUID, digest: str, user_id: UUID, new_email: str) -> None:
    """Store a token that moves the account to another address, in place of older ones."""
    await replace_older(LinkKind.CHANGE_EMAIL, user_id)
    lifetime: timedelta = LINK_LIFETIMES[LinkKind.CHANGE_EMAIL]
    await DB.execute(
        """
        INSERT INTO email_change_tokens (id, user_id, new_email, token_hash, expires_at)
        VALUES ($1, $2, $3, $4, now() + $5::interval)
        """,
        token_id,
        user_id,
        new_email,
        digest,
        lifetime,
    )


async def replace_older(kind: LinkKind, user_id: UUID | None) -> None:
    """Make the account's tokens of a kind useless."""
    await DB.execute(f"UPDATE {_TABLES[kind]} SET used = true WHERE user_id = $1 AND NOT used", user_id)


async def find(kind: LinkKind, digest: str) -> Proof | None:
    """What a token proves, without using it; None when it may not be used."""
    row = await DB.fetch_row(
        f"""
        SELECT t.user_id, {_address(kind)} AS email FROM {_TABLES[kind]} t JOIN users u ON u.id = t.user_id
        WHERE t.token_hash = $1 AND {_USABLE}
        """,
        digest,
    )
    return None if row is None else _proof(row)


async def use(kind: LinkKind, digest: str) -> Proof | None:
    """What a token proves, to exactly one caller; None when it may not be used."""
    row = await DB.fetch_row(
        f"""
        UPDATE {_TABLES[kind]} t SET used = true FROM users u
        WHERE t.token_hash = $1 AND u.id = t.user_id AND {_USABLE}
        RETURNING t.user_id, {_address(kind)} AS email
        """,
        digest,
    )
    return None if row is None else _proof(row)


async def is_usable(kind: LinkKind, token_id: UUID) -> bool:
    """Whether the token of an id may still be used."""
    found = await DB.fetch_value(
        f"SELECT true FROM {_TABLES[kind]} t JOIN users u ON u.id = t.user_id WHERE t.id = $1 AND {_USABLE}", token_id
    )
    return found is True


async def delete_all(user_id: UUID) -> None:
    """Remove every token of an account."""
    for table in _TABLES.values():
        await DB.execute(f"DELETE FROM {table} WHERE user_id = $1", user_id)


def _address(kind: LinkKind) -> str:
    return "t.new_email" if kind is LinkKind.CHANGE_EMAIL else "u.email"


def _proof(row: Any) -> Proof:
    return Proof(row["user_id"], row["email"])
