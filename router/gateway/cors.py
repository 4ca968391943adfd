"""Cross-origin reading of answers (Fetch standard, "CORS protocol")."""

from __future__ import annotations

from collections.abc import Mapping

from router.gateway.config import CorsConfig
from router.gateway.errors import Headers

__all__ = ["Cors"]


class Cors:
    """Which headers let a page of another origin read an answer; none for origins that are not configured."""

    def __init__(self, config: CorsConfig) -> None:
        self._any = "*" in config.origins
        self._origins = frozenset(origin.encode() for origin in config.origins)
        self._credentials = ((b"access-control-allow-credentials", b"true"),) if config.credentials else ()
        self._max_age = str(config.max_age).encode()

    def answer_headers(self, origin: bytes | None) -> Headers:
        """Headers of an answer to a request from ``origin``."""
        if origin is None:
            return ()
        if self._any:
            allowed = b"*"
        elif origin in self._origins:
            allowed = origin
        else:
            return ()
        return (
            (b"access-control-allow-origin", allowed),
            (b"access-control-expose-headers", b"x-request-id, retry-after"),
            *self._credentials,
        )

    def preflight_headers(self, headers: Mapping[bytes, bytes]) -> Headers:
        """What the answer to a preflight has besides ``answer_headers``."""
        if not self.answer_headers(headers.get(b"origin")):
            return ()
        return (
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", headers.get(b"access-control-request-headers", b"content-type")),
            (b"access-control-max-age", self._max_age),
        )
