"""The keys that sign access tokens: a file that may change while the service runs, and which of its keys counts when.

The file is an Ed25519 private key as PEM or JWK, or a JWKS of several. A key of a set may say from when it signs
(``signs_from``) and until when tokens of it are accepted (``retires_at``), in seconds since 1970: a new key is
published before it signs, an old one after it stopped, so no verifier ever meets a token whose key it cannot find.
``stoa keys rotate`` writes such sets. Without times the first key signs.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm

from subgraphs.kernel.identity import load_private_key
from subgraphs.kernel.settings import SettingsError

logger = logging.getLogger("stoa.auth.keys")

ALGORITHM: Final = "EdDSA"
_KID_LENGTH: Final = 16
_LOOK_EVERY_SECONDS: Final = 1.0
_BROKEN: Final = (OSError, ValueError, TypeError, KeyError, jwt.InvalidKeyError)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with the name it is published under, and when it counts."""

    kid: str
    private: Ed25519PrivateKey
    signs_from: float = 0.0
    retires_at: float = float("inf")

    def public_jwk(self) -> dict[str, Any]:
        """The public half as an entry of a JWKS."""
        jwk: dict[str, Any] = OKPAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**jwk, "kid": self.kid, "use": "sig", "alg": ALGORITHM}


class Keyring:
    """Some keys, at least one; which of them counts is asked at every use."""

    def __init__(self, keys: Sequence[SigningKey], clock: Callable[[], float] = time.time) -> None:
        if not keys:
            raise ValueError("at least one key is needed to sign")
        self._keys = tuple(keys)
        self._clock = clock

    def signer(self) -> SigningKey:
        """The key that began to sign last; when none has begun, the one that will be first."""
        alive = self._alive()
        begun = [key for key in alive if key.signs_from <= self._clock()]
        if begun:
            return max(begun, key=lambda key: key.signs_from)  # the first of equals
        return min(alive or self._current(), key=lambda key: key.signs_from)

    def public_key(self, kid: str) -> Ed25519PublicKey | None:
        """The key that a token names, while its tokens are accepted."""
        return next((key.private.public_key() for key in self._alive() if key.kid == kid), None)

    def jwks(self) -> Mapping[str, Any]:
        """What is published: keys that will sign, sign, or have signed tokens that are still accepted."""
        return {"keys": [key.public_jwk() for key in self._alive()]}

    def _alive(self) -> list[SigningKey]:
        now = self._clock()
        return [key for key in self._current() if key.retires_at > now]

    def _current(self) -> tuple[SigningKey, ...]:
        return self._keys


class KeyFile(Keyring):
    """The keys of a file, read again when it has changed; a file that became unreadable changes nothing."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._looked_at = 0.0
        try:
            self._stamp = _stamp(path)
            keys = read_keys(path.read_bytes())
            super().__init__(keys, clock)
        except _BROKEN as error:
            raise SettingsError(f"AUTH_TOKEN_KEY: {path} holds no readable Ed25519 private key ({error}).") from error

    def _current(self) -> tuple[SigningKey, ...]:
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_EVERY_SECONDS:
            self._looked_at = now
            self._read_if_changed()
        return self._keys

    def _read_if_changed(self) -> None:
        try:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                keys = tuple(read_keys(self._path.read_bytes()))
                self._stamp, self._keys = stamp, keys or self._keys
                logger.info("signing keys are now %s", ", ".join(key.kid for key in self._keys))
        except _BROKEN as error:
            logger.error("%s cannot be read, the keys stay as they were: %s", self._path, error)  # noqa: TRY400


def read_keys(data: bytes) -> list[SigningKey]:
    """The keys of a file's content; raises ValueError, KeyError or TypeError when it is none."""
    if not data.lstrip().startswith(b"{"):
        return [_signing_key(load_private_key(data), {})]
    document = json.loads(data)
    jwks = document.get("keys", [document])
    return [_signing_key(load_private_key(json.dumps(jwk).encode()), jwk) for jwk in jwks]


def _signing_key(private: Ed25519PrivateKey, jwk: Mapping[str, Any]) -> SigningKey:
    """A key without a name is called by the beginning of its public half, as `ops` does for the router's copy."""
    public: dict[str, Any] = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
    kid = jwk.get("kid") or str(public["x"])[:_KID_LENGTH]
    return SigningKey(kid, private, float(jwk.get("signs_from", 0.0)), float(jwk.get("retires_at", "inf")))


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size
