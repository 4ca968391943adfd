"""The choices made while a plan is built, so that the same plan can be built again with one of them changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

__all__ = ["Choices"]


class Choices:
    """Answers each choice from a script, and with the first alternative where the script says nothing.

    ``unlikely`` counts the answers that are not expected to make a plan shorter.
    """

    def __init__(self, script: Mapping[int, int] | None = None, unlikely: int = 0) -> None:
        self.unlikely = unlikely
        self._script = script or {}
        self._made: list[tuple[int, int]] = []

    @property
    def identity(self) -> frozenset[tuple[int, int]]:
        """Equal for equal scripts."""
        return frozenset(self._script.items())

    def pick(self, width: int, likely: int = 1) -> int:
        """Index of the alternative to take, of ``width`` ordered best first; the first ``likely`` may well be better
        than they look. One alternative is no choice."""
        if width == 1:
            return 0
        number = len(self._made)
        self._made.append((width, likely))
        return self._picked(number)

    def variations(self) -> Iterator[Choices]:
        """Choices that differ from these, as they came up, in a single one."""
        for number, (width, likely) in enumerate(self._made):
            for alternative in range(width):
                if alternative != self._picked(number):
                    yield Choices({**self._script, number: alternative}, self.unlikely + (alternative >= likely))

    def _picked(self, number: int) -> int:
        return min(self._script.get(number, 0), self._made[number][0] - 1)
