"""Which media type answers a request (GraphQL over HTTP, "Accept"; RFC 9110 §12.5.1).

``application/graphql-response+json`` and ``application/json`` are offered; GET also offers ``text/html`` when the
explorer is on. The highest quality wins, of equals the one named first, of one wildcard ``application/json``.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from router.gateway.errors import RequestError

__all__ = ["MediaType", "media_type", "prefers_html", "require_json_body"]


class MediaType(Enum):
    """What an answer can be."""

    JSON = b"application/json; charset=utf-8"
    GRAPHQL = b"application/graphql-response+json; charset=utf-8"
    HTML = b"text/html; charset=utf-8"
    EVENT_STREAM = b"text/event-stream; charset=utf-8"
    """For clients that accept nothing else: they read every answer as an event."""

    __hash__ = object.__hash__  # that of Enum calls Python code, at every look into a table


_RANGES = {
    "application/graphql-response+json": MediaType.GRAPHQL,
    "application/json": MediaType.JSON,
    "application/*": MediaType.JSON,
    "*/*": MediaType.JSON,
    "text/html": MediaType.HTML,
    "application/xhtml+xml": MediaType.HTML,
}
_SPECIFICITY = {"*/*": 0, "application/*": 1}


@lru_cache(maxsize=256)
def media_type(accept: bytes | None) -> MediaType | None:
    """The type of a GraphQL answer, ``None`` when the client accepts none of ours (GraphQL over HTTP, "Body": 406).

    Who sends no ``Accept`` is given ``application/json``, which every client reads.
    """
    return _best(accept, (MediaType.JSON, MediaType.GRAPHQL))


@lru_cache(maxsize=256)
def prefers_html(accept: bytes | None) -> bool:
    """Whether a GET asks for a page: browsers name ``text/html``, GraphQL clients do not."""
    return _best(accept, (MediaType.HTML, MediaType.JSON, MediaType.GRAPHQL)) is MediaType.HTML


@lru_cache(maxsize=256)
def require_json_body(content_type: bytes | None) -> RequestError | None:
    """What is wrong with the content type of a POST, ``None`` when it is JSON in UTF-8 (GraphQL over HTTP, "POST"):
    415, UNSUPPORTED_MEDIA_TYPE."""
    name, _, parameters = (content_type or b"").decode("latin-1").lower().partition(";")
    if name.strip() != "application/json":
        return RequestError(415, "UNSUPPORTED_MEDIA_TYPE", "Send POST bodies as application/json.")
    for parameter in parameters.split(";"):
        key, _, value = parameter.strip().partition("=")
        if key == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            return RequestError(415, "UNSUPPORTED_MEDIA_TYPE", "Send POST bodies in UTF-8.")
    return None


def _best(accept: bytes | None, offered: tuple[MediaType, ...]) -> MediaType | None:
    if accept is None or not accept.strip():
        return MediaType.JSON
    quality: dict[MediaType, tuple[int, float, int]] = {}
    for position, item in enumerate(accept.decode("latin-1").lower().split(",")):
        name, _, parameters = item.partition(";")
        name = name.strip()
        for media in offered if name in _SPECIFICITY else (_RANGES.get(name),):
            if media is None or media not in offered or (name == "application/*" and media is MediaType.HTML):
                continue
            specificity = _SPECIFICITY.get(name, 2)
            if media not in quality or specificity > quality[media][0]:
                quality[media] = (specificity, _quality(parameters), -position)
    return _preferred(quality)


def _preferred(quality: dict[MediaType, tuple[int, float, int]]) -> MediaType | None:
    acceptable = {media: rank for media, rank in quality.items() if rank[1] > 0}
    if not acceptable:
        return None
    return max(acceptable, key=lambda media: (acceptable[media][1], acceptable[media][2], media is MediaType.JSON))


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        key, _, value = parameter.strip().partition("=")
        if key.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
