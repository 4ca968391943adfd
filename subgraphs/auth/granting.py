"""What a sign-in gives: a session with its first tokens. Parts of the use cases in `service`, `recovery`, `erasure`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from subgraphs.auth import sessions
from subgraphs.auth.domain import (
    ACCESS_TOKEN_LIFETIME,
    SCOPES_BY_ROLE,
    USER_TOKEN_PREFIX,
    Account,
    Device,
    Role,
    mint_token,
    refresh_expiry,
)
from subgraphs.auth.links import Links
from subgraphs.auth.passwords import Passwords
from subgraphs.auth.presence import GuestSession, Presence
from subgraphs.auth.sessions import Renewal
from subgraphs.auth.tokens import AccessTokens
from subgraphs.kernel.identity import Principal
from subgraphs.kernel.refusals import Forbidden


@dataclass(frozen=True, slots=True)
class Adapters:
    """Where this room touches the world."""

    passwords: Passwords
    tokens: AccessTokens
    presence: Presence
    links: Links


@dataclass(frozen=True, slots=True)
class Grant:
    """What a successful sign-in gives a client."""

    subject: UUID
    access_token: str
    refresh_token: str
    expires_in: int
    is_guest: bool = False


async def open_session(adapters: Adapters, account: Account, device: Device) -> Grant:
    """Open a session for an account whose row the transaction holds."""
    token = mint_token(USER_TOKEN_PREFIX)
    renewal = await sessions.open_session(account.id, account.role, token, device)
    return await announce(adapters, renewal, token.value)


async def announce(adapters: Adapters, renewal: Renewal, refresh_token: str) -> Grant:
    """Make the session live as long as its refresh token, and sign its access token; before the commit."""
    lifetime = refresh_expiry(renewal.now, renewal.expires_at) - renewal.now
    await adapters.presence.open(renewal.session_id, renewal.user_id, "user", max(lifetime, timedelta(seconds=1)))
    access = adapters.tokens.issue(
        subject=renewal.user_id,
        session_id=renewal.session_id,
        kind="user",
        role=renewal.role.name,
        scopes=SCOPES_BY_ROLE[Role(renewal.role)],
    )
    return Grant(renewal.user_id, access, refresh_token, int(ACCESS_TOKEN_LIFETIME.total_seconds()))


def guest_grant(adapters: Adapters, guest: GuestSession) -> Grant:
    """What a guest is given."""
    access = adapters.tokens.issue(
        subject=guest.guest_id, session_id=guest.session_id, kind="guest", role=None, scopes=()
    )
    lifetime = int(ACCESS_TOKEN_LIFETIME.total_seconds())
    return Grant(guest.guest_id, access, guest.refresh_token, lifetime, is_guest=True)


def require_account(principal: Principal) -> UUID:
    """The caller's account; raises Forbidden for guests and services."""
    if principal.kind != "user" or principal.user_id is None:
        raise Forbidden("This needs an account; sign in first.", code="ACCOUNT_REQUIRED")
    return principal.user_id
