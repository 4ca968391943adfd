"""Adapter to JWT: signs the access tokens that clients show to the router, and publishes the public keys.

Tokens are EdDSA with a `kid`, issuer `stoa-auth`, audience `stoa`. The key file is an Ed25519 private key as PEM or
JWK, or a JWKS of several: the first signs, all are published, so a key can be announced before it signs and trusted
after it stopped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from subgraphs.auth.domain import ACCESS_TOKEN_LIFETIME
from subgraphs.kernel.identity import load_private_key
from subgraphs.kernel.settings import SettingsError

ISSUER = "stoa-auth"
AUDIENCE = "stoa"
ALGORITHM = "EdDSA"
_KID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the name it is published under."""

    kid: str
    private: Ed25519PrivateKey

    def public_jwk(self) -> dict[str, Any]:
        """The public half as an entry of a JWKS."""
        jwk: dict[str, Any] = OKPAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**jwk, "kid": self.kid, "use": "sig", "alg": ALGORITHM}


@dataclass(frozen=True, slots=True)
class GuestClaim:
    """What a guest's access token proves: its subject and its session."""

    guest_id: UUID
    session_id: UUID


class AccessTokens:
    """Issues access tokens with the first of its keys."""

    def __init__(self, keys: Sequence[SigningKey]) -> None:
        if not keys:
            raise ValueError("at least one key is needed to sign")
        self._signer = keys[0]
        self._public = {key.kid: key.private.public_key() for key in keys}
        self.jwks: Mapping[str, Any] = {"keys": [key.public_jwk() for key in keys]}

    @classmethod
    def from_file(cls, path: Path) -> AccessTokens:
        """Read the key file; raises SettingsError when it holds no Ed25519 private key."""
        try:
            return cls(_read_keys(path.read_bytes()))
        except (OSError, ValueError, TypeError, KeyError, jwt.InvalidKeyError) as error:
            raise SettingsError(f"AUTH_TOKEN_KEY: {path} holds no readable Ed25519 private key ({error}).") from error

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
        return jwt.encode(claims, self._signer.private, algorithm=ALGORITHM, headers={"kid": self._signer.kid})

    def read_guest(self, token: str) -> GuestClaim | None:
        """Return whom a guest's access token names, None when we did not sign it or it is not a guest's.

        Its age does not matter here: the guest's session must be alive besides, and that outlives access tokens.
        """
        try:
            key = self._public[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(
                token, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options={"verify_exp": False}
            )
            if claims.get("kind") != "guest":
                return None
            return GuestClaim(UUID(claims["sub"]), UUID(claims["sid"]))
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError):
            return None


def _read_keys(data: bytes) -> list[SigningKey]:
    if not data.lstrip().startswith(b"{"):
        return [_signing_key(load_private_key(data), None)]
    document = json.loads(data)
    jwks = document.get("keys", [document])
    return [_signing_key(load_private_key(json.dumps(jwk).encode()), jwk.get("kid")) for jwk in jwks]


def _signing_key(private: Ed25519PrivateKey, kid: str | None) -> SigningKey:
    """A key without a name is called by the beginning of its public half, as `ops` does for the router's copy."""
    public: dict[str, Any] = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return SigningKey(kid or str(public["x"])[:_KID_LENGTH], private)
