"""Adapter to JWT: signs the access tokens that clients show to the router, and publishes the public keys.

Tokens are EdDSA with a `kid`, issuer `stoa-auth`, audience `stoa`; which key signs is the keyring's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt

from subgraphs.auth.domain import ACCESS_TOKEN_LIFETIME
from subgraphs.auth.keyring import ALGORITHM, KeyFile, Keyring

ISSUER = "stoa-auth"
AUDIENCE = "stoa"


@dataclass(frozen=True, slots=True)
class GuestClaim:
    """What a guest's access token proves: its subject and its session."""

    guest_id: UUID
    session_id: UUID


class AccessTokens:
    """Issues access tokens."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @classmethod
    def from_file(cls, path: Path) -> AccessTokens:
        """Read the key file; raises SettingsError when it holds no Ed25519 private key."""
        return cls(KeyFile(path))

    @property
    def jwks(self) -> Mapping[str, Any]:
        """The public key set as it is now."""
        return self._keyring.jwks()

    def issue(self, *, subject: UUID, session_id: UUID, kind: str, role: str | None, scopes: Sequence[str]) -> str:
        """Return a signed access token that lives ten minutes."""
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + ACCESS_TOKEN_LIFETIME,
            "sub": str(subject),
            "sid": str(session_id),
            "kind": kind,
            "role": role,
            "scopes": list(scopes),
        }
        signer = self._keyring.signer()
        return jwt.encode(claims, signer.private, algorithm=ALGORITHM, headers={"kid": signer.kid})

    def read_guest(self, token: str) -> GuestClaim | None:
        """Return whom a guest's access token names, None when we did not sign it or it is not a guest's.

        Its age does not matter here: the guest's session must be alive besides, and that outlives access tokens.
        """
        try:
            key = self._keyring.public_key(jwt.get_unverified_header(token)["kid"])
            if key is None:
                return None
            claims = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options={"verify_exp": False}
            )
            if claims.get("kind") != "guest":
                return None
            return GuestClaim(UUID(claims["sub"]), UUID(claims["sid"]))
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError):
            return None
