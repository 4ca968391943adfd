"""Adapter to auth's public keys: whether a token really is a guest's own access token.

Guest tokens are client credentials that auth signs (issuer ``stoa-auth``, audience ``stoa``, ten minutes); showing one
is how a signed-in customer proves that the guest's cart is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import jwt

from subgraphs.kernel.refusals import Invalid, Unavailable
from subgraphs.kernel.service_client import ServiceClient

_ISSUER = "stoa-auth"
_AUDIENCE = "stoa"
_LEEWAY_SECONDS = 30


async def guest_of(token: str, peers: Mapping[str, ServiceClient]) -> UUID:
    """The guest whom the token names; raises Invalid ``GUEST_TOKEN_INVALID`` for any other token, Unavailable."""
    auth = peers.get("auth")
    if auth is None:
        raise Unavailable("No address of the auth service is configured.")
    claims = _claims(token, await auth.get_json("/.well-known/jwks.json"))
    try:
        if claims.get("kind") == "guest":
            return UUID(claims["sub"])
    except (KeyError, ValueError, TypeError):
        pass
    raise _invalid()


def _claims(token: str, jwks: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        name = jwt.get_unverified_header(token).get("kid")
        key = next(jwt.PyJWK(item, algorithm="EdDSA") for item in jwks["keys"] if item.get("kid") == name)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["EdDSA"],
            audience=_AUDIENCE,
            issuer=_ISSUER,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, StopIteration, KeyError, TypeError) as error:
        raise _invalid() from error
    return claims


def _invalid() -> Invalid:
    return Invalid("This is no valid guest token.", code="GUEST_TOKEN_INVALID", path=["guestToken"])
