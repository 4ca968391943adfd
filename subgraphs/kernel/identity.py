"""Who calls: verification of the signed identity that the router or a sibling service forwards.

Only the router accepts client credentials; a subgraph believes a JWT that one of its trusted issuers signed. The key id
of a token is its issuer's name, and only ``router`` may speak for users and guests: any other issuer is a service.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import OKPAlgorithm

from subgraphs.kernel.refusals import Forbidden
from subgraphs.kernel.settings import SettingsError

AUDIENCE = "stoa-subgraphs"
ROUTER = "router"
_ALGORITHM = "EdDSA"
_LEEWAY_SECONDS = 30
_SERVICE_TOKEN_SECONDS = 60
_REMEMBERED_TOKENS = 2048

Kind = Literal["anonymous", "user", "guest", "service"]


@dataclass(frozen=True, slots=True)
class Principal:
    """The caller of one request."""

    kind: Kind = "anonymous"
    user_id: UUID | None = None
    scopes: frozenset[str] = frozenset()
    role: str | None = None
    session: str | None = None
    service: str | None = None  # name of the calling service

    @property
    def authenticated(self) -> bool:
        return self.kind != "anonymous"

    def has_scope(self, scope: str) -> bool:
        return scope in self.scopes

    def owns(self, user_id: UUID | str | None) -> bool:
        """Whether ``user_id`` is this caller."""
        return self.user_id is not None and user_id is not None and str(self.user_id) == str(user_id)

    def may_read(self, owner: UUID | str | None, scope: str) -> bool:
        """Owner or scope: the rule of every personal field. Sibling services may read."""
        return self.kind == "service" or self.owns(owner) or scope in self.scopes

    def require(self, owner: UUID | str | None, scope: str) -> None:
        """Raise Forbidden unless the caller is the owner or has the scope."""
        if not self.may_read(owner, scope):
            raise Forbidden("The caller may not see or do this.")

    def required_user(self) -> UUID:
        """The caller's user id (a guest has one too); raises Forbidden ``UNAUTHENTICATED`` when there is none."""
        if self.user_id is None:
            raise Forbidden("This needs a signed-in caller.", code="UNAUTHENTICATED")
        return self.user_id


ANONYMOUS = Principal()


class InvalidIdentity(Exception):  # noqa: N818
    """The token is not acceptable; the request is answered 401."""


class IdentityVerifier:
    """Turns an Authorization header into a Principal, with the public keys of the trusted issuers."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = dict(keys)
        self._remembered: dict[str, tuple[float, Principal]] = {}

    @classmethod
    def from_jwks(cls, path: Path | None) -> IdentityVerifier:
        """Keys of a JWKS file whose kids are issuer names; without a file nobody is trusted."""
        if path is None:
            return cls({})
        try:
            keys = json.loads(path.read_text())["keys"]
            return cls({key["kid"]: _public_key(key) for key in keys})
        except (OSError, ValueError, KeyError, jwt.InvalidKeyError) as error:
            raise SettingsError(f"STOA_TRUSTED_JWKS: {path} is not a readable JWKS file ({error}).") from error

    def verify(self, authorization: str | None) -> Principal:
        """The caller; ANONYMOUS without a header; raises :class:`InvalidIdentity` for any token that does not hold."""
        if not authorization:
            return ANONYMOUS
        known = self._remembered.get(authorization)
        if known is not None and known[0] > time.time():
            return known[1]
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise InvalidIdentity("Authorization must be a bearer token.")
        claims = self._claims(token.strip())
        principal = _principal(claims)
        if len(self._remembered) >= _REMEMBERED_TOKENS:
            self._remembered.clear()
        self._remembered[authorization] = (float(claims["exp"]), principal)
        return principal

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys.get(header.get("kid", ""))
            if key is None:
                raise InvalidIdentity("The token's issuer is not trusted.")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=AUDIENCE,
                issuer=header["kid"],
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.InvalidTokenError as error:
            raise InvalidIdentity(f"The token is not valid: {error}") from error
        return claims


def _principal(claims: Mapping[str, Any]) -> Principal:
    issuer = claims["iss"]
    kind = claims.get("kind", "service")
    if issuer != ROUTER:
        if kind != "service" or "sub" in claims:
            raise InvalidIdentity("Only the router may speak for users.")
        return Principal(kind="service", service=issuer)
    if kind not in ("user", "guest"):
        raise InvalidIdentity("The router speaks for users and guests only.")
    try:
        user_id = UUID(claims["sub"])
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidIdentity("The token's subject is not a user id.") from error
    return Principal(
        kind=kind,
        user_id=user_id,
        scopes=frozenset(claims.get("scopes") or ()),
        role=claims.get("role"),
        session=claims.get("sid"),
    )


# -- keys and tokens of services --------------------------------------------------------------------------------------


class ServiceSigner:
    """Mints this service's tokens for its calls to siblings; one token serves until it is nearly old."""

    def __init__(self, service: str, key: Ed25519PrivateKey) -> None:
        self.service = service
        self._key = key
        self._token = ""
        self._renew_at = 0.0

    @classmethod
    def from_file(cls, service: str, path: Path) -> ServiceSigner:
        try:
            return cls(service, load_private_key(path.read_bytes()))
        except (OSError, ValueError, TypeError, jwt.InvalidKeyError) as error:
            raise SettingsError(f"STOA_SERVICE_KEY: {path} is not a readable Ed25519 key ({error}).") from error

    def authorization(self) -> str:
        """Value of the Authorization header."""
        now = time.time()
        if now >= self._renew_at:
            claims = {"iss": self.service, "aud": AUDIENCE, "kind": "service", "jti": str(uuid4())}
            claims_in_time = {**claims, "iat": int(now), "exp": int(now) + _SERVICE_TOKEN_SECONDS}
            self._token = jwt.encode(claims_in_time, self._key, algorithm=_ALGORITHM, headers={"kid": self.service})
            self._renew_at = now + _SERVICE_TOKEN_SECONDS / 2
        return f"Bearer {self._token}"


def sign_identity(key: Ed25519PrivateKey, claims: Mapping[str, Any], *, seconds: int = 60) -> str:
    """A token as the router would forward it for ``claims`` (sub, kind, role, scopes, sid); for tools and tests."""
    now = int(time.time())
    complete = {"iss": ROUTER, "aud": AUDIENCE, "iat": now, "exp": now + seconds, **claims}
    return jwt.encode(complete, key, algorithm=_ALGORITHM, headers={"kid": complete["iss"]})


def generate_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def private_jwk(kid: str, key: Ed25519PrivateKey) -> dict[str, Any]:
    """The private key as a JWK object; what STOA_SERVICE_KEY points to."""
    return {**OKPAlgorithm.to_jwk(key, as_dict=True), "kid": kid, "use": "sig", "alg": _ALGORITHM}


def public_jwks(keys: Iterable[tuple[str, Ed25519PrivateKey]]) -> dict[str, Any]:
    """A JWKS document with the public halves; what STOA_TRUSTED_JWKS points to."""
    return {
        "keys": [
            {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": _ALGORITHM}
            for kid, key in keys
        ]
    }


def load_private_key(data: bytes) -> Ed25519PrivateKey:
    """An Ed25519 private key from JWK or PEM; raises ValueError for anything else."""
    key: Any = (
        OKPAlgorithm.from_jwk(data.decode()) if data.lstrip().startswith(b"{") else load_pem_private_key(data, None)
    )
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 private key")  # noqa: TRY004
    return key


def _public_key(jwk: Mapping[str, Any]) -> Ed25519PublicKey:
    key = OKPAlgorithm.from_jwk(dict(jwk))
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"key {jwk.get('kid')!r} is not an Ed25519 public key")  # noqa: TRY004
    return key
