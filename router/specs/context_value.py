"""The value of ``@fromContext(field:)``: ``$context { selection }`` (https://specs.apollo.dev/context/v0.1)."""

from __future__ import annotations

import re

__all__ = ["parse_context_value"]

_VALUE = re.compile(r"\s*\$\s*([A-Za-z_]\w*)\s*(\S.*)", re.DOTALL)


def parse_context_value(text: str) -> tuple[str, str] | None:
    """The context's name and the selection after it, or None if the value does not begin with a context."""
    match = _VALUE.fullmatch(text)
    return (match[1], match[2]) if match else None
