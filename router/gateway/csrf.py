"""Refuses requests that another site's page made a browser send.

A POST needs ``application/json``, which no page can send elsewhere without a CORS preflight. A GET is executed
unless the browser itself says that it crosses sites. A preflight header allows both.
"""

from __future__ import annotations

from collections.abc import Mapping

from router.gateway.config import CsrfConfig
from router.gateway.errors import RequestError

__all__ = ["refuse_forged_get"]

_PREFLIGHT_HEADERS = (b"apollo-require-preflight", b"graphql-require-preflight", b"x-apollo-operation-name")
_SIMPLE_TYPES = (b"application/x-www-form-urlencoded", b"multipart/form-data", b"text/plain")
_OWN_SITES = (b"same-origin", b"none")


def refuse_forged_get(headers: Mapping[bytes, bytes], config: CsrfConfig) -> None:
    """Raises ``RequestError`` (400, CSRF_PREVENTION) for a GET that may have been forged, by ``Sec-Fetch-Site`` (Fetch
    Metadata Request Headers)."""
    if not config.enabled or _is_preflighted(headers):
        return
    site = headers.get(b"sec-fetch-site")
    if config.strict or (site is not None and site not in _OWN_SITES):
        raise RequestError(
            400,
            "CSRF_PREVENTION",
            "This GET could have been forged by another site. Send it with a non-empty "
            "GraphQL-Require-Preflight or Apollo-Require-Preflight header, or use POST with application/json.",
        )


def _is_preflighted(headers: Mapping[bytes, bytes]) -> bool:
    if any(headers.get(name) for name in _PREFLIGHT_HEADERS):
        return True
    content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    return bool(content_type) and content_type not in _SIMPLE_TYPES
