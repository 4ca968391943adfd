"""Request bodies: everything that does not depend on the request is encoded when the plan is compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

__all__ = ["Encode", "compile_body"]

Encode = Callable[[Mapping[str, Any], Mapping[str, Any]], bytes]
"""From the client's variables and the fetch's own (representations) to the body."""


def compile_body(document: str, names: Sequence[str]) -> Encode:
    """``names`` are the client's variables the document declares; one without a value is not sent."""
    bare = b'{"query":%b}' % orjson.dumps(document.strip())
    start = bare[:-1] + b',"variables":'

    def encode_own(variables: Mapping[str, Any], own: Mapping[str, Any]) -> bytes:
        return start + orjson.dumps(own) + b"}" if own else bare

    def encode_all(variables: Mapping[str, Any], own: Mapping[str, Any]) -> bytes:
        sent = {name: variables[name] for name in names if name in variables}
        sent.update(own)
        return start + orjson.dumps(sent) + b"}" if sent else bare

    return encode_all if names else encode_own
