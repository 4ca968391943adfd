"""Which format of incremental delivery a client accepts.

Two are in use. In the first, patches carry their path (``multipart/mixed;deferSpec=20220824``). In the second, which
is graphql-core's, they carry the id of a fragment announced before (``multipart/mixed;incrementalSpec=v0.2``); so do
server-sent events.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Literal

__all__ = ["IncrementalFormat", "incremental_format"]

Unlabelled = Literal["v0.2", "20220824"]


class IncrementalFormat(Enum):
    """A format with its framing."""

    PATHS = "deferSpec=20220824"
    IDS = "incrementalSpec=v0.2"
    UNLABELLED_PATHS = "multipart/mixed, 20220824"
    UNLABELLED_IDS = "multipart/mixed, v0.2"
    EVENTS = "text/event-stream"

    @property
    def has_paths(self) -> bool:
        """Whether it is the format of 2022."""
        return self in (IncrementalFormat.PATHS, IncrementalFormat.UNLABELLED_PATHS)


_UNLABELLED: dict[Unlabelled, IncrementalFormat] = {
    "v0.2": IncrementalFormat.UNLABELLED_IDS,
    "20220824": IncrementalFormat.UNLABELLED_PATHS,
}


@lru_cache(maxsize=256)
def incremental_format(accept: bytes | None, unlabelled: Unlabelled) -> IncrementalFormat | None:
    """Of the formats named in ``Accept`` the one with the highest quality, of equals the first; None: none.

    JSON may be named before them: ``application/json, multipart/mixed`` means that an answer may come in parts.
    Wildcards do not count: who sends them reads one JSON document. ``unlabelled`` is what ``multipart/mixed`` means.
    """
    best: tuple[float, IncrementalFormat | None] = (0.0, None)
    for item in (accept or b"").decode("latin-1").lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        values = dict(_parameter(text) for text in parameters)
        found = _format(name, values, unlabelled)
        quality = _quality(values.get("q", "1"))
        if found is not None and quality > best[0]:
            best = quality, found
    return best[1]


def _format(name: str, values: dict[str, str], unlabelled: Unlabelled) -> IncrementalFormat | None:
    if name == "text/event-stream":
        return IncrementalFormat.EVENTS
    if name != "multipart/mixed" or "subscriptionspec" in values:
        return None
    if "deferspec" in values:
        return IncrementalFormat.PATHS if values["deferspec"] == "20220824" else None
    if "incrementalspec" in values:
        return IncrementalFormat.IDS if values["incrementalspec"] == "v0.2" else None
    return _UNLABELLED[unlabelled]


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip().strip('"')


def _quality(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 0.0
