"""What graphql-core says of values that cannot be coerced, in the words clients know: it shows them as Python does."""

from __future__ import annotations

import re

__all__ = ["of_literal", "of_variable"]

_TOKENS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\b(?:None|True|False)\b""")
_WORDS = {"None": "null", "True": "true", "False": "false"}
_NULL = "not to be None."


def of_variable(message: str) -> str:
    """A message about the value of a variable; what is quoted in it stays as it is. O(its length)."""
    return _TOKENS.sub(lambda found: _WORDS.get(found[0], found[0]), message)


def of_literal(message: str) -> str:
    """A message about a document: values stand in it as the client wrote them, and ``None`` may be an enum's, so only
    the end of the message is changed."""
    return message.removesuffix(_NULL) + "not to be null." if message.endswith(_NULL) else message
