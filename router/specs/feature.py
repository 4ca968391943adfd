"""The URL by which a schema links a specification (https://specs.apollo.dev/link/v1.0, section "url")."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

__all__ = ["SPECS", "FeatureUrl", "FeatureVersion", "InvalidFeatureUrlError"]

SPECS = "https://specs.apollo.dev/"
_VERSION = re.compile(r"v(\d+)\.(\d+)")


class InvalidFeatureUrlError(ValueError):
    """The URL names no specification and version."""


class FeatureVersion(NamedTuple):
    """``vMAJOR.MINOR``; ordered as numbers."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> FeatureVersion:
        """Read ``v2.9``; raises InvalidFeatureUrlError."""
        match = _VERSION.fullmatch(text)
        if match is None:
            raise InvalidFeatureUrlError(f'Expected a version string of the form "v1.2", found "{text}"')
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}"


@dataclass(frozen=True, slots=True)
class FeatureUrl:
    """``identity`` is the URL up to the version; ``name`` its last segment, the default prefix of its elements."""

    identity: str
    name: str
    version: FeatureVersion

    @classmethod
    def parse(cls, url: str) -> FeatureUrl:
        """Split a specification URL; raises InvalidFeatureUrlError."""
        parts = urlsplit(url)
        if not parts.scheme or not parts.netloc:
            raise InvalidFeatureUrlError(f'"{url}" is not a URL')
        segments = [segment for segment in parts.path.split("/") if segment]
        if len(segments) < 2:
            raise InvalidFeatureUrlError(f'"{url}" lacks a path ending in the name and version of a specification')
        version = FeatureVersion.parse(segments[-1])
        identity = f"{parts.scheme}://{parts.netloc}/{'/'.join(segments[:-1])}"
        return cls(identity, segments[-2], version)

    def __str__(self) -> str:
        return f"{self.identity}/{self.version}"
