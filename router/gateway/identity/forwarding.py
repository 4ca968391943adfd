"""The identity that subgraphs are sent: a token of the router's own, signed with Ed25519, a minute long.

The client's token never leaves the router.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.exceptions import PyJWTError

from router.gateway.config import ConfigError, ForwardConfig
from router.gateway.identity.caller import Caller
from router.gateway.lru import LruCache

__all__ = ["Forwarder"]

_KEPT = 10_000


class Forwarder:
    """Signs who calls for subgraphs. One signature serves a caller for ``reuse`` seconds."""

    def __init__(self, config: ForwardConfig, clock: Callable[[], float] = time.time) -> None:
        self._config = config
        self._clock = clock
        self._key = _private_key(config)
        self._signed: LruCache[int, tuple[Caller, float, bytes]] = LruCache(_KEPT)

    def authorization(self, caller: Caller) -> bytes:
        """The value of the ``Authorization`` header for subgraphs."""
        now = self._clock()
        signed = self._signed.get(id(caller))
        if signed is None or signed[0] is not caller or now >= signed[1]:
            signed = (caller, now + self._config.reuse, self._sign(caller, int(now)))
            self._signed.put(id(caller), signed)
        return signed[2]

    def _sign(self, caller: Caller, now: int) -> bytes:
        claims: dict[str, Any] = {
            "iss": self._config.issuer,
            "aud": self._config.audience,
            "iat": now,
            "exp": now + self._config.lifetime,
            "sub": caller.subject,
            "scopes": sorted(caller.scopes),
        }
        optional = {"kind": caller.kind, "role": caller.role, "sid": caller.session}
        claims |= {name: value for name, value in optional.items() if value is not None}
        return b"Bearer " + jwt.encode(claims, self._key, "EdDSA", headers={"kid": self._config.issuer}).encode()


def _private_key(config: ForwardConfig) -> Ed25519PrivateKey:
    try:
        text = config.key_file.read_bytes()
        key = jwt.PyJWK(orjson.loads(text)).key if text.lstrip().startswith(b"{") else load_pem_private_key(text, None)
    except OSError as error:
        raise ConfigError(f"identity.forward.key_file {config.key_file} cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, PyJWTError) as error:
        raise ConfigError(f"identity.forward.key_file {config.key_file} is not a private key in PEM or JWK") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"identity.forward.key_file {config.key_file} is not an Ed25519 private key")
    return key
