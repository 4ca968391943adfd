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
        exposed = b"x-request-id, retry-after"
        return (
            (b"access-control-allow-origin", allowed),
            (b"access-control-expose-headers", exposed),
            *self._credentials,
        )

    def preflight_headers(self, headers: Mapping[bytes, bytes]) -> Headers:
        """Headers of the answer to a preflight; without ``access-control-allow-origin`` the browser gives up."""
        allowed = self.answer_headers(headers.get(b"origin"))
        if not allowed:
            return ()
        asked = headers.get(b"access-control-request-headers", b"content-type")
        return (
            *allowed,
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", asked),
            (b"access-control-max-age", self._max_age),
        )
