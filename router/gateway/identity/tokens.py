"""Verifying access tokens: JWS with an allowed asymmetric algorithm, issuer, audience and times (RFC 8725)."""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt
from jwt.exceptions import ExpiredSignatureError, PyJWTError

from router.gateway.config import IdentityConfig
from router.gateway.identity.caller import Caller, caller_of_claims
from router.gateway.identity.keys import ALGORITHMS, KeySet, key_source
from router.gateway.lru import LruCache

__all__ = ["InvalidTokenError", "TokenVerifier"]

_KEPT_TOKENS = 10_000
_MAX_TOKEN_LENGTH = 8_192
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]


class InvalidTokenError(Exception):
    """The token proves nothing; the message is for the client and names no key and no claim value."""


class TokenVerifier:
    """Says who a token speaks of. A verified token is remembered until it expires or the key set changes."""

    def __init__(
        self, config: IdentityConfig, keys: KeySet | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._config = config
        self._clock = clock
        self._verified: LruCache[bytes, Caller] = LruCache(_KEPT_TOKENS)
        self.keys = KeySet(key_source(config), on_change=self._verified.clear) if keys is None else keys

    def remembered(self, token: bytes) -> Caller | None:
        """The caller of a token verified before, ``None`` when it was not; raises ``InvalidTokenError`` when its time
        is over."""
        caller = self._verified.get(token)
        if caller is not None and self.is_expired(caller):
            self._verified.discard(token)
            raise InvalidTokenError("The access token has expired.")
        return caller

    def is_expired(self, caller: Caller) -> bool:
        """Whether the time of the caller's token is over."""
        return caller.expires + self._config.leeway <= self._clock()

    async def verify(self, token: bytes) -> Caller:
        """The token's caller; raises ``InvalidTokenError``, or ``KeysUnavailableError``.

        The signature is checked on the event loop. May wait for a key set to be fetched when it names an unknown key.
        """
        if len(token) > _MAX_TOKEN_LENGTH:
            raise InvalidTokenError("The access token is not valid.")
        try:
            header = jwt.get_unverified_header(token)
            kid, algorithm = header.get("kid"), header.get("alg")
            if not isinstance(kid, str) or algorithm not in ALGORITHMS:
                raise InvalidTokenError("The access token is not valid.")
            key = await self.keys.find(kid)
            if key is None or key.algorithm_name != algorithm:
                raise InvalidTokenError("The access token is not valid.")
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm_name],
                issuer=self._config.issuer,
                audience=self._config.audience,
                leeway=self._config.leeway,
                options={"require": _REQUIRED},
            )
        except ExpiredSignatureError:
            raise InvalidTokenError("The access token has expired.") from None
        except (PyJWTError, ValueError):
            raise InvalidTokenError("The access token is not valid.") from None
        caller = caller_of_claims(claims)
        self._verified.put(token, caller)
        return caller
