"""The public keys of the token issuer: a JSON Web Key Set (RFC 7517) from a file or a URL.

Keys are kept; an unknown ``kid`` makes the set be fetched again, at most every ten seconds, so neither a key rotation
nor a flood of invented key ids needs an operator. A set older than five minutes is renewed in the background, which
is how long a withdrawn key can still be trusted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import orjson
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

from router.gateway.config import IdentityConfig

__all__ = ["ALGORITHMS", "KeySet", "KeysUnavailableError", "key_source"]

ALGORITHMS = frozenset({"EdDSA", "ES256", "RS256"})
"""Asymmetric only: with a shared-secret algorithm the public key could be used to sign."""

_RETRY_SECONDS = 10.0
_RENEW_SECONDS = 300.0
_MAX_BYTES = 1_000_000

_log = logging.getLogger("router.identity")

KeySource = Callable[[], Awaitable[bytes]]


class KeysUnavailableError(Exception):
    """No key set could be fetched yet: tokens can be neither accepted nor refused."""


class KeySet:
    """The issuer's keys by ``kid``. ``on_change`` is called when a fetched set differs from the one before."""

    def __init__(
        self,
        source: KeySource,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._on_change = on_change
        self._keys: dict[str, PyJWK] = {}
        self._text = b""
        self._fetched_at: float | None = None
        self._tried_at = float("-inf")
        self._lock = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether a set was ever fetched."""
        return self._fetched_at is not None

    async def find(self, kid: str) -> PyJWK | None:
        """The key ``kid``, ``None`` when the issuer has no such key; raises ``KeysUnavailableError``."""
        if kid not in self._keys:
            await self.refresh()
        elif self._clock() - (self._fetched_at or 0.0) > _RENEW_SECONDS:
            self.renew()
        if not self.is_loaded:
            raise KeysUnavailableError
        return self._keys.get(kid)

    def renew(self) -> None:
        """Fetch the set in the background, when that is due."""
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self.refresh())

    async def refresh(self) -> None:
        """Fetch the set unless that was tried in the last ten seconds; on failure the old keys stay."""
        async with self._lock:
            if self._clock() - self._tried_at < _RETRY_SECONDS:
                return
            self._tried_at = self._clock()
            try:
                text = await self._source()
                keys = _parse(text)
            except (OSError, httpx.HTTPError, ValueError, PyJWTError) as error:
                _log.warning("The key set cannot be fetched: %s", error)
                return
            self._fetched_at = self._clock()
            if text != self._text:
                self._text, self._keys = text, keys
                self._on_change()

    async def close(self) -> None:
        """Stop a renewal under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)


def key_source(config: IdentityConfig) -> KeySource:
    """Where the configuration says the key set is."""
    if config.jwks_file is not None:
        return _FileSource(config.jwks_file)
    if config.jwks_url is None:
        raise ValueError("neither file nor URL")  # excluded by IdentityConfig
    return _UrlSource(config.jwks_url)


class _FileSource:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def __call__(self) -> bytes:
        return await asyncio.to_thread(self._path.read_bytes)


class _UrlSource:
    def __init__(self, url: str) -> None:
        self._url = url

    async def __call__(self) -> bytes:
        async with httpx.AsyncClient(timeout=5.0, follow_redirects=False) as client:
            response = await client.get(self._url, headers={"accept": "application/jwk-set+json, application/json"})
            response.raise_for_status()
            if len(response.content) > _MAX_BYTES:
                raise ValueError("the key set is larger than 1 MB")
            return response.content


def _parse(text: bytes) -> dict[str, PyJWK]:
    """The usable keys: with a ``kid``, for signatures, of an allowed algorithm. Others in the set are passed over."""
    document = orjson.loads(text)
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - bad data from outside, as in any other key set
    return {
        key.key_id: key
        for key in PyJWKSet.from_dict(document).keys
        if key.key_id is not None and key.algorithm_name in ALGORITHMS and key.public_key_use in (None, "sig")
    }
