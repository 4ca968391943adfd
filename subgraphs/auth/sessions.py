"""Every SQL statement on sessions and refresh tokens.

Whoever renews or ends a session first locks its row. A token is therefore minted either before the session ends, and
revoked with it, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from subgraphs.auth.domain import (
    REUSE_GRACE,
    SESSION_LIFETIME,
    Device,
    Ending,
    OpaqueToken,
    Role,
    Session,
    refresh_expiry,
)
from subgraphs.auth.tables import DB

MAX_LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class Renewal:
    """A session locked for renewal, with what its next access token says."""

    session_id: UUID
    user_id: UUID
    role: Role
    expires_at: datetime
    now: datetime


async def open_session(user_id: UUID, role: Role, token: OpaqueToken, device: Device) -> Renewal:
    """Create a session with its first refresh token."""
    row = await DB.fetch_row(
        """
        INSERT INTO sessions (user_id, user_agent, ip, expires_at) VALUES ($1, $2, $3, now() + $4::interval)
        RETURNING id, expires_at, now() AS now
        """,
        user_id,
        device.user_agent,
        device.ip,
        SESSION_LIFETIME,
    )
    renewal = Renewal(row["id"], user_id, role, row["expires_at"], row["now"])
    await insert_token(uuid4(), renewal, token, device)
    return renewal


async def lock_session_of_token(digest: str, device: Device) -> Renewal | None:
    """Lock the session a refresh token belongs to and note that it was seen.

    None when the token is unknown, or its session was ended, is past its lifetime or belongs to a closed account.
    """
    row = await DB.fetch_row(
        """
        UPDATE sessions SET last_seen_at = now(), ip = coalesce($2, sessions.ip)
        FROM refresh_tokens, users
        WHERE refresh_tokens.token_hash = $1
          AND sessions.id = refresh_tokens.family_id AND users.id = sessions.user_id
          AND sessions.revoked_at IS NULL AND sessions.expires_at > now()
          AND users.is_active AND users.deleted_at IS NULL
        RETURNING sessions.id, sessions.user_id, sessions.expires_at, users.role, now() AS now
        """,
        digest,
        device.ip,
    )
    return None if row is None else Renewal(row["id"], row["user_id"], Role(row["role"]), row["expires_at"], row["now"])


async def take_token(digest: str, successor: UUID) -> bool:
    """Exchange a token for its successor; True for exactly one caller, and for one more within the grace (D11)."""
    taken = await DB.execute(
        """
        UPDATE refresh_tokens SET used_at = clock_timestamp(), replaced_by = $2
        WHERE token_hash = $1 AND used_at IS NULL AND NOT revoked AND expires_at > now()
        """,
        digest,
        successor,
    )
    if taken:
        return True
    again = await DB.execute(
        """
        UPDATE refresh_tokens SET grace_used_at = clock_timestamp()
        WHERE token_hash = $1 AND used_at > clock_timestamp() - $2::interval AND grace_used_at IS NULL AND NOT revoked
        """,
        digest,
        REUSE_GRACE,
    )
    return bool(again)


async def token_was_used(digest: str) -> bool:
    """Whether a token was exchanged before: what tells a stolen token from an expired one."""
    return bool(await DB.fetch_value("SELECT used_at IS NOT NULL FROM refresh_tokens WHERE token_hash = $1", digest))


async def insert_token(token_id: UUID, renewal: Renewal, token: OpaqueToken, device: Device) -> None:
    """Add a token to a session's line."""
    await DB.execute(
        """
        INSERT INTO refresh_tokens (id, user_id, family_id, token_hash, expires_at, user_agent, ip)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        token_id,
        renewal.user_id,
        renewal.session_id,
        token.digest,
        refresh_expiry(renewal.now, renewal.expires_at),
        device.user_agent,
        device.ip,
    )


async def end_session(user_id: UUID, session_id: UUID, reason: Ending) -> bool:
    """End one session of a user; False when there is none that is alive."""
    return bool(await _end("user_id = $1 AND id = $3", user_id, reason, session_id))


async def end_sessions(user_id: UUID, reason: Ending) -> Sequence[UUID]:
    """End every session of a user; return those that were alive."""
    return await _end("user_id = $1", user_id, reason)


async def delete_all(user_id: UUID) -> None:
    """Remove every session of a user with its tokens, and the devices they tell of."""
    await DB.execute("DELETE FROM sessions WHERE user_id = $1", user_id)


async def alive_ids(user_id: UUID) -> Sequence[UUID]:
    """Sessions of a user that may still be renewed."""
    rows = await DB.fetch(
        "SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()", user_id
    )
    return [row["id"] for row in rows]


async def sessions_of(user_id: UUID) -> Sequence[Session]:
    """The user's sessions that may still be renewed, last seen first, a hundred at most."""
    rows = await DB.fetch(
        """
        SELECT id, user_agent, host(ip) AS ip, created_at, last_seen_at FROM sessions
        WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()
          AND EXISTS (
              SELECT 1 FROM refresh_tokens
              WHERE family_id = sessions.id AND used_at IS NULL AND NOT revoked AND expires_at > now()
          )
        ORDER BY last_seen_at DESC, id DESC LIMIT $2
        """,
        user_id,
        MAX_LISTED,
    )
    return [_session(row) for row in rows]


async def _end(which: str, user_id: UUID, reason: Ending, *arguments: object) -> list[UUID]:
    """Revoke sessions, then their tokens: the second statement sees tokens minted while the first waited."""
    rows = await DB.fetch(
        f"""
        UPDATE sessions SET revoked_at = now(), revoked_reason = $2 WHERE {which} AND revoked_at IS NULL RETURNING id
        """,
        user_id,
        reason.value,
        *arguments,
    )
    ended = [row["id"] for row in rows]
    if ended:
        await DB.execute("UPDATE refresh_tokens SET revoked = true WHERE family_id = ANY($1::uuid[])", ended)
    return ended


def _session(row: Any) -> Session:
    return Session(row["id"], row["user_agent"], row["ip"], row["created_at"], row["last_seen_at"])
