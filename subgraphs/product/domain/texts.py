"""Texts that staff write, checked all together; and names in addresses made from them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

from subgraphs.kernel.refusals import Invalid, Refusal, Refusals

_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_ONE_LINE = re.compile(r"[\t\r\n\u2028\u2029]")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NOT_IN_SLUGS = re.compile(r"[^a-z0-9]+")
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i", "ħ": "h"})


class Checker:
    """Collects every refusal of a request, so that the client learns all of them at once."""

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def refuse(self, message: str, code: str, path: Sequence[str], constraint: str | None = None) -> None:
        self.refusals.append(Invalid(message, code=code, path=path, constraint=constraint))

    def finish(self, limit: int = 100) -> None:
        """Raise Refusals, the first ``limit`` of them, if there are any."""
        if self.refusals:
            raise Refusals(self.refusals[:limit])

    def text(self, value: str, longest: int, path: Sequence[str], *, lines: bool = False) -> str:
        """The trimmed text, perhaps of several ``lines``; complains if it is too long or not text."""
        if _NOT_TEXT.search(value) or (not lines and _NOT_ONE_LINE.search(value.strip())):
            self.refuse("This has a character that is not text.", "TEXT_INVALID", path)
        trimmed = value.strip()
        if len(trimmed) > longest:
            self.refuse(f"At most {longest} characters.", "TEXT_TOO_LONG", path)
        return trimmed

    def required_text(self, value: str, longest: int, path: Sequence[str], *, lines: bool = False) -> str:
        """Likewise; complains also if there is nothing to see."""
        trimmed = self.text(value, longest, path, lines=lines)
        if not any(letter.isprintable() and not letter.isspace() for letter in trimmed):
            self.refuse("This must not be empty.", "TEXT_EMPTY", path)
        return trimmed

    def optional_text(self, value: str | None, longest: int, path: Sequence[str], *, lines: bool = False) -> str | None:
        """Likewise; nothing to see is None."""
        return None if value is None else self.text(value, longest, path, lines=lines) or None

    def slug(self, value: str | None, longest: int, path: Sequence[str]) -> str | None:
        """The slug as it is."""
        if value is not None and (len(value) > longest or not _SLUG.fullmatch(value)):
            self.refuse(
                f"A slug is at most {longest} lower case letters, digits and single hyphens between them.",
                "SLUG_INVALID",
                path,
            )
        return value


def slugged(text: str, longest: int) -> str:
    """The text as a slug; empty when it has neither Latin letters nor digits."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NOT_IN_SLUGS.sub("-", bare).strip("-")[:longest].strip("-")


def slug_candidates(names: Sequence[str], identity: UUID, kind: str, longest: int) -> tuple[str, ...]:
    """Slugs to try in this order: the first name, that with the second one, that with a part of the identity.

    The last is nobody else's; ``kind`` stands in for names that cannot be written in slugs.
    """
    room = (longest - 14) // 2
    parts = [part for name in names if (part := slugged(name, room))] or [kind]
    candidates = (parts[0], "-".join(parts[:2]), f"{parts[0]}-{identity.hex[:12]}")
    return tuple(dict.fromkeys(candidates))
